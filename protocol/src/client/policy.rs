//! What an operator decides for one client beyond what it registers: how its assertions are judged and what its tokens are.
//!
//! Each is a value with a safe default, written only where it differs from it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::SigningAlgorithm;

/// How assertions by which a client authenticates are judged (RFC 7523 §3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssertionPolicy {
    /// Whom an assertion must be meant for.
    pub audience: AssertionAudience,
    /// The only algorithm that it may be signed with; any that its method allows where nothing is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_alg: Option<SigningAlgorithm>,
}

/// Whom an assertion must be meant for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssertionAudience {
    /// The issuer or the endpoint, as OpenID Connect Core 1.0 §9 and RFC 7523 §3 allow.
    #[default]
    IssuerOrEndpoint,
    /// The issuer alone, as one text, not a list (FAPI 2.0 Security Profile §5.3.2.1). Also what a later release may call
    /// otherwise.
    #[serde(other)]
    Issuer,
}

/// What the tokens of a client are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenPolicy {
    /// What its access tokens look like.
    pub access_token_format: AccessTokenFormat,
    /// What they are signed with.
    pub access_token_signed_response_alg: SigningAlgorithm,
    /// Seconds that an access token holds, where it is not what the installation says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_lifetime: Option<u32>,
    /// Seconds that an ID token holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_lifetime: Option<u32>,
    /// Seconds for which one sign-in lets the client refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token_lifetime: Option<u32>,
}

/// What an access token looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessTokenFormat {
    /// A JWT that a resource server can verify by itself (RFC 9068).
    #[default]
    Jwt,
    /// A random text that only introspection understands (RFC 7662). Also what a later release may call otherwise.
    #[serde(other)]
    Opaque,
}

impl AssertionPolicy {
    /// Whether nothing was decided.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl TokenPolicy {
    /// Whether nothing was decided.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// For how long an access token holds; `standard` where nothing was decided.
    pub fn access_token_lifetime(&self, standard: Duration) -> Duration {
        seconds_or(self.access_token_lifetime, standard)
    }

    /// For how long an ID token holds.
    pub fn id_token_lifetime(&self, standard: Duration) -> Duration {
        seconds_or(self.id_token_lifetime, standard)
    }

    /// For how long one sign-in lets the client refresh.
    pub fn refresh_token_lifetime(&self, standard: Duration) -> Duration {
        seconds_or(self.refresh_token_lifetime, standard)
    }
}

fn seconds_or(seconds: Option<u32>, standard: Duration) -> Duration {
    seconds.map_or(standard, |seconds| Duration::from_secs(seconds.into()))
}
