//! Settings: how an installation behaves, as its operator sets it while it runs (DESIGN 11): for the server, and for one
//! client. What nobody has set is as this release has it.
//!
//! How a process runs is no setting: that is the configuration, and no key is in both.

use std::{fmt, net::IpAddr, str::FromStr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::{
    ClientId,
    id::NotAnId,
    limits::{Allowance, Policy, QUOTA_MAX, Route, WINDOW_SECONDS_MAX},
};

#[cfg(test)]
mod tests;

/// For whom settings hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// The whole realm.
    Server,
    /// One client.
    Client(ClientId),
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => f.write_str(SERVER),
            Self::Client(client_id) => client_id.fmt(f),
        }
    }
}

const SERVER: &str = "server";

impl FromStr for Level {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        match text {
            SERVER => Ok(Self::Server),
            client_id => client_id.parse().map(Self::Client),
        }
    }
}

impl Serialize for Level {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What was set, for the server or for a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settings {
    /// For the server.
    Server(ServerSettings),
    /// For a client.
    Client(ClientSettings),
}

impl Settings {
    /// What holds where nobody has set anything.
    pub fn unset(level: Level) -> Self {
        match level {
            Level::Server => Self::Server(ServerSettings::default()),
            Level::Client(_) => Self::Client(ClientSettings::default()),
        }
    }

    /// Whether they are of this level, and can be followed.
    pub fn judge(&self, level: Level) -> Result<(), NotSettings> {
        match (self, level) {
            (Self::Server(settings), Level::Server) => settings.judge(),
            (Self::Client(settings), Level::Client(_)) => settings.judge(),
            _ => Err(NotSettings::OtherLevel),
        }
    }
}

/// Why settings are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSettings {
    /// They are for another level.
    #[error("these settings are for another level")]
    OtherLevel,
    /// A limit is out of its range.
    #[error(
        "the limit {0} must have a quota from 1 to {QUOTA_MAX} and a window from 1 to {WINDOW_SECONDS_MAX} seconds"
    )]
    LimitOutOfRange(&'static str),
    /// More networks than are looked at.
    #[error("at most {NETWORKS_MAX} networks can be excluded")]
    TooManyNetworks,
    /// More clients than are looked at.
    #[error("at most {CLIENTS_MAX} clients can be excluded")]
    TooManyClients,
}

/// Networks that can be excluded: each request is compared with all.
pub const NETWORKS_MAX: usize = 64;

/// Clients that can be excluded.
pub const CLIENTS_MAX: usize = 256;

/// What an operator has set for the server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerSettings {
    /// How many requests are answered.
    pub limits: Limits,
    /// Who is not counted.
    pub exclusions: Exclusions,
}

macro_rules! limits {
    ($($(#[$doc:meta])* $field:ident = $policy:ident;)*) => {
        /// One allowance a policy. What is not here is [`Policy::default_allowance`].
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Limits {
            $(
                $(#[$doc])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<Allowance>,
            )*
        }

        impl Limits {
            /// What was set for `policy`.
            pub const fn set(&self, policy: Policy) -> Option<Allowance> {
                match policy {
                    $(Policy::$policy => self.$field,)*
                }
            }
        }
    };
}

limits! {
    /// Authorization requests of one address.
    authorize = Authorize;
    /// Forms that one address submits to sign in.
    sign_in = SignIn;
    /// Requests of one address to the token endpoint that no client's credentials vouch for.
    token = Token;
    /// The same at the introspection endpoint.
    introspect = Introspect;
    /// The same at the revocation endpoint.
    revoke = Revoke;
    /// Requests of one address to userinfo without a good token.
    userinfo = Userinfo;
    /// Requests of one address to the admin API without a good credential.
    admin = Admin;
    /// Whatever else one address asks.
    other = Other;
    /// What each client asks at each endpoint where it proves who it is.
    client = Client;
    /// Attempts to sign in to one account.
    account = Account;
    /// Sign-ins that all begin together.
    sign_ins = SignIns;
}

/// Who is not counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exclusions {
    /// Whoever asks from one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<IpNet>,
    /// Clients that have proved who they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<ClientId>,
}

impl Exclusions {
    /// Whether nobody at `address` is counted. An IPv4 address that is written as IPv6 is the IPv4 address.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }
}

impl ServerSettings {
    /// What holds for `policy`.
    pub fn allowance(&self, policy: Policy) -> Allowance {
        self.limits.set(policy).unwrap_or(policy.default_allowance())
    }

    fn judge(&self) -> Result<(), NotSettings> {
        for policy in Policy::ALL {
            in_range(self.limits.set(*policy), policy.as_str())?;
        }
        if self.exclusions.networks.len() > NETWORKS_MAX {
            return Err(NotSettings::TooManyNetworks);
        }
        if self.exclusions.clients.len() > CLIENTS_MAX {
            return Err(NotSettings::TooManyClients);
        }
        Ok(())
    }
}

/// What an operator has set for one client.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientSettings {
    /// How many of its requests are answered.
    pub limits: ClientLimits,
}

/// What one client may ask. What is not here is as the server has it for every client.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientLimits {
    /// At the token endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Allowance>,
    /// At the introspection endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspect: Option<Allowance>,
    /// At the revocation endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoke: Option<Allowance>,
    /// At the userinfo endpoint, each end-user of a client that can keep a secret by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo: Option<Allowance>,
}

impl ClientLimits {
    /// What was set for `route`.
    pub const fn set(&self, route: Route) -> Option<Allowance> {
        match route {
            Route::Token => self.token,
            Route::Introspect => self.introspect,
            Route::Revoke => self.revoke,
            Route::Userinfo => self.userinfo,
            _ => None,
        }
    }
}

impl ClientSettings {
    fn judge(&self) -> Result<(), NotSettings> {
        let ClientLimits { token, introspect, revoke, userinfo } = self.limits;
        in_range(token, "token")?;
        in_range(introspect, "introspect")?;
        in_range(revoke, "revoke")?;
        in_range(userinfo, "userinfo")
    }
}

fn in_range(allowance: Option<Allowance>, name: &'static str) -> Result<(), NotSettings> {
    match allowance.and_then(Allowance::limit) {
        Some(limit) if !limit.is_good() => Err(NotSettings::LimitOutOfRange(name)),
        _ => Ok(()),
    }
}
