//! How many requests are answered within a while (MISSION L2): what is limited, by how much unless somebody sets it, and
//! the rules by which one key is counted, on one node and on many.
//!
//! docs/limits.md says what is promised.

mod meter;
mod patience;
mod route;
mod window;

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

pub use meter::{Consumption, Decision, Heard, Meter, NODES_MAX};
pub use patience::Patience;
pub use route::Route;
pub use window::{SLOTS, Window};

macro_rules! policies {
    ($($(#[$doc:meta])* $name:ident = $text:literal: $default:expr;)*) => {
        /// What is limited. Its text names it in settings, in the `RateLimit` fields and in metrics.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Policy {
            $($(#[$doc])* $name,)*
        }

        impl Policy {
            /// Every policy that there is.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its text.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// What holds where no setting says otherwise.
            pub const fn default_allowance(self) -> Allowance {
                match self {
                    $(Self::$name => $default,)*
                }
            }
        }
    };
}

policies! {
    /// Authorization requests of one address.
    Authorize = "authorize": Allowance::per_minute(1_200);
    /// Forms that one address submits on the pages of a sign-in.
    SignIn = "sign_in": Allowance::per_minute(600);
    /// Requests of one address to the token endpoint by whom no client secret vouches for.
    Token = "token": Allowance::per_minute(600);
    /// The same at the introspection endpoint.
    Introspect = "introspect": Allowance::per_minute(600);
    /// The same at the revocation endpoint.
    Revoke = "revoke": Allowance::per_minute(600);
    /// Requests of one address to the userinfo endpoint without a token that is believed.
    Userinfo = "userinfo": Allowance::per_minute(600);
    /// Requests of one address to the admin API without a credential that is believed.
    Admin = "admin": Allowance::per_minute(600);
    /// Whatever else one address asks.
    Other = "other": Allowance::per_minute(6_000);
    /// What one client asks at one endpoint, once it has proved who it is.
    Client = "client": Allowance::Unlimited;
    /// Attempts to sign in to one account, whatever comes of them.
    Account = "account": Allowance::per_minute(60);
    /// Sign-ins begun by everybody together: each is kept until it is over.
    SignIns = "sign_ins": Allowance::per_minute(12_000);
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No policy has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no policy of the limits has this name")]
pub struct NotAPolicy;

impl FromStr for Policy {
    type Err = NotAPolicy;

    fn from_str(text: &str) -> Result<Self, NotAPolicy> {
        Self::ALL.iter().copied().find(|policy| policy.as_str() == text).ok_or(NotAPolicy)
    }
}

/// The largest quota that can be set.
pub const QUOTA_MAX: u32 = 10_000_000;

/// The longest window that can be set, in seconds: an hour. Longer ones would be forgotten by a restart.
pub const WINDOW_SECONDS_MAX: u32 = 3_600;

/// So many within so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Limit {
    /// How many; 1 to [`QUOTA_MAX`].
    pub quota: u32,
    /// Within how many seconds; 1 to [`WINDOW_SECONDS_MAX`].
    pub window_seconds: u32,
}

impl Limit {
    /// Within how long.
    pub const fn window(self) -> Duration {
        Duration::from_secs(self.window_seconds as u64)
    }

    /// What one node may admit between two exchanges with the others: an eighth of the quota, at least one.
    ///
    /// Over `n` nodes any window holds at most `quota + (n - 1) * between_exchanges()` admissions.
    pub const fn between_exchanges(self) -> u32 {
        let eighth = self.quota.div_ceil(8);
        if eighth == 0 { 1 } else { eighth }
    }

    /// Whether it can be set.
    pub fn is_good(self) -> bool {
        (1..=QUOTA_MAX).contains(&self.quota)
            && (1..=WINDOW_SECONDS_MAX).contains(&self.window_seconds)
    }
}

/// A limit, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allowance {
    /// As many as come.
    Unlimited,
    /// No more than this.
    AtMost(Limit),
}

impl Allowance {
    /// So many in any minute.
    pub const fn per_minute(quota: u32) -> Self {
        Self::AtMost(Limit { quota, window_seconds: 60 })
    }

    /// The limit, if there is one.
    pub const fn limit(self) -> Option<Limit> {
        match self {
            Self::Unlimited => None,
            Self::AtMost(limit) => Some(limit),
        }
    }
}

#[cfg(test)]
mod tests;
