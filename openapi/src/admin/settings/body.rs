//! What can be set, for the server and for a client.

use poem_openapi::{
    Object,
    types::{Example, ParseFromJSON, ToJSON, Type},
};
use protocol::{
    ClientId,
    limits::{Allowance, Limit},
    settings::{ClientLimits, ClientSettings, Exclusions, Limits, ServerSettings, Settings},
};

use crate::admin::written::Written;

/// What can be set at one level.
pub(super) trait Set: Send + Sync + Type + ToJSON + ParseFromJSON {
    /// The settings, or which member cannot be followed and why.
    fn read(self) -> Result<Settings, String>;

    /// Settings of this level; those of another are none.
    fn of(settings: Settings) -> Self;
}

/// How many requests are answered: either `unlimited`, or a quota within a window.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Allowance", deny_unknown_fields, skip_serializing_if_is_none)]
struct AllowanceBody {
    /// How many requests are answered within the window.
    #[oai(validator(minimum(value = "1"), maximum(value = "10000000")))]
    quota: Option<u32>,
    /// How long the window is.
    #[oai(validator(minimum(value = "1"), maximum(value = "3600")))]
    window_seconds: Option<u32>,
    /// As many as come.
    unlimited: Option<bool>,
}

macro_rules! limits {
    ($(#[$doc:meta])* $body:ident = $name:literal, $limits:ident { $($(#[$field_doc:meta])* $field:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Object)]
        #[oai(rename = $name, deny_unknown_fields, skip_serializing_if_is_none)]
        struct $body {
            $($(#[$field_doc])* $field: Option<AllowanceBody>,)*
        }

        impl $body {
            fn read(self) -> Result<$limits, String> {
                $(let $field = read(stringify!($field), self.$field)?;)*
                Ok($limits { $($field,)* })
            }

            fn of(limits: &$limits) -> Self {
                Self { $($field: limits.$field.map(AllowanceBody::of),)* }
            }
        }
    };
}

limits! {
    /// How many requests are answered.
    ServerLimitsBody = "ServerLimits", Limits {
        /// Authorization requests of one address.
        authorize,
        /// Forms that one address submits to sign in.
        sign_in,
        /// Requests of one address to the token endpoint that no client's credentials vouch for.
        token,
        /// The same at the introspection endpoint.
        introspect,
        /// The same at the revocation endpoint.
        revoke,
        /// Requests of one address to userinfo without a good token.
        userinfo,
        /// Requests of one address to the admin API without a good credential.
        admin,
        /// Whatever else one address asks.
        other,
        /// What each client asks at each endpoint where it proves who it is.
        client,
        /// Attempts to sign in to one account.
        account,
        /// Sign-ins that all begin together.
        sign_ins,
    }
}

limits! {
    /// How many requests of one client are answered.
    ClientLimitsBody = "ClientLimits", ClientLimits {
        /// At the token endpoint.
        token,
        /// At the introspection endpoint.
        introspect,
        /// At the revocation endpoint.
        revoke,
        /// At the userinfo endpoint for each end-user, with the access tokens of a confidential client. A public one counts
        /// there by address.
        userinfo,
    }
}

/// Who is not counted.
#[derive(Debug, Clone, Default, Object)]
#[oai(rename = "Exclusions", deny_unknown_fields)]
struct ExclusionsBody {
    /// Whoever asks from one of these networks, such as `192.0.2.0/24`.
    #[oai(default, validator(max_items = 64))]
    networks: Vec<String>,
    /// Clients that have proved who they are.
    #[oai(default, validator(max_items = 256))]
    clients: Vec<Written<ClientId>>,
}

/// What can be set for the server.
#[derive(Debug, Clone, Default, Object)]
#[oai(rename = "ServerSettings", deny_unknown_fields, example)]
pub(super) struct ServerSettingsBody {
    /// How many requests are answered. What is missing is as the release has it.
    #[oai(default)]
    limits: ServerLimitsBody,
    /// Who is not counted.
    #[oai(default)]
    exclusions: ExclusionsBody,
}

/// What can be set for a client.
#[derive(Debug, Clone, Default, Object)]
#[oai(rename = "ClientSettings", deny_unknown_fields, example)]
pub(super) struct ClientSettingsBody {
    /// How many of its requests are answered. What is missing is as the server has it for every client.
    #[oai(default)]
    limits: ClientLimitsBody,
}

impl AllowanceBody {
    fn of(allowance: Allowance) -> Self {
        match allowance {
            Allowance::Unlimited => {
                Self { quota: None, window_seconds: None, unlimited: Some(true) }
            }
            Allowance::AtMost(Limit { quota, window_seconds }) => {
                Self { quota: Some(quota), window_seconds: Some(window_seconds), unlimited: None }
            }
        }
    }
}

fn read(name: &str, body: Option<AllowanceBody>) -> Result<Option<Allowance>, String> {
    let Some(body) = body else { return Ok(None) };
    match (body.quota, body.window_seconds, body.unlimited.unwrap_or(false)) {
        (None, None, true) => Ok(Some(Allowance::Unlimited)),
        (Some(quota), Some(window_seconds), false) => {
            Ok(Some(Allowance::AtMost(Limit { quota, window_seconds })))
        }
        _ => Err(format!(
            "limits.{name} must have quota and window_seconds, or unlimited and neither of them"
        )),
    }
}

impl Set for ServerSettingsBody {
    fn read(self) -> Result<Settings, String> {
        let network = |text: &String| {
            text.parse().map_err(|_| format!("exclusions.networks: {text:?} is not a network"))
        };
        let ExclusionsBody { networks, clients } = self.exclusions;
        let exclusions = Exclusions {
            networks: networks.iter().map(network).collect::<Result<_, _>>()?,
            clients: clients.into_iter().map(|client_id| client_id.0).collect(),
        };
        Ok(Settings::Server(ServerSettings { limits: self.limits.read()?, exclusions }))
    }

    fn of(settings: Settings) -> Self {
        let Settings::Server(ServerSettings { limits, exclusions }) = settings else {
            return Self::default();
        };
        let networks = exclusions.networks.iter().map(ToString::to_string).collect();
        let clients = exclusions.clients.into_iter().map(Written).collect();
        let exclusions = ExclusionsBody { networks, clients };
        Self { limits: ServerLimitsBody::of(&limits), exclusions }
    }
}

impl Set for ClientSettingsBody {
    fn read(self) -> Result<Settings, String> {
        Ok(Settings::Client(ClientSettings { limits: self.limits.read()? }))
    }

    fn of(settings: Settings) -> Self {
        match settings {
            Settings::Client(ClientSettings { limits }) => {
                Self { limits: ClientLimitsBody::of(&limits) }
            }
            Settings::Server(_) => Self::default(),
        }
    }
}

fn allowance() -> Option<AllowanceBody> {
    Some(AllowanceBody::of(Allowance::per_minute(1_200)))
}

impl Example for ServerSettingsBody {
    fn example() -> Self {
        Self {
            limits: ServerLimitsBody { authorize: allowance(), ..ServerLimitsBody::default() },
            exclusions: ExclusionsBody {
                networks: vec!["192.0.2.0/24".into()],
                clients: Vec::new(),
            },
        }
    }
}

impl Example for ClientSettingsBody {
    fn example() -> Self {
        Self { limits: ClientLimitsBody { token: allowance(), ..ClientLimitsBody::default() } }
    }
}
