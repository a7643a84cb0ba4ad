//! What an operator decides for one client beyond what it registers: how its assertions are judged and what its tokens are.
//!
//! Each is a value with a safe default, written only where it differs from it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{CustomClaim, NotAClient, SigningAlgorithm, claims_policy};
use crate::{
    jose::{Algorithm, ClientAlgorithm},
    resource::{Resource, Resources},
};

/// The longest that an access token of any client holds.
pub const ACCESS_TOKEN_LIFETIME_MAX: Duration = Duration::from_secs(3600);
/// The longest that an ID token of a client holds, where it is not what the installation says.
pub const ID_TOKEN_LIFETIME_MAX: Duration = Duration::from_secs(3600);
/// The longest for which one sign-in lets a client refresh.
pub const REFRESH_TOKEN_LIFETIME_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// How assertions by which a client authenticates are judged (RFC 7523 §3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssertionPolicy {
    /// Whom an assertion must be meant for.
    pub audience: AssertionAudience,
    /// The only algorithm that it may be signed with; any that its method allows where nothing is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_alg: Option<AssertionSigningAlgorithm>,
}

/// What assertions are signed with (`token_endpoint_auth_signing_alg`, OpenID Connect Dynamic Client Registration 1.0 §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AssertionSigningAlgorithm {
    /// One that we verify.
    Known(ClientAlgorithm),
    /// One of a later release.
    Unknown(String),
}

/// Whom an assertion must be meant for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssertionAudience {
    /// The issuer or the endpoint, as OpenID Connect Core 1.0 §9 and RFC 7523 §3 allow, and in a list nobody else beside
    /// them.
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
    /// What it may ask access tokens for (RFC 8707). At most 16.
    #[serde(skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// The resource that it serves itself: it may introspect every access token that is meant for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_server: Option<Resource>,
    /// What its tokens say beyond what the specifications ask. At most 16.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<CustomClaim>,
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

    /// Whether an assertion may be signed so.
    pub fn allows(&self, algorithm: ClientAlgorithm) -> bool {
        match &self.signing_alg {
            None => true,
            Some(AssertionSigningAlgorithm::Known(one)) => *one == algorithm,
            Some(AssertionSigningAlgorithm::Unknown(_)) => false,
        }
    }

    pub(super) fn known_algorithm(&self) -> Option<ClientAlgorithm> {
        match &self.signing_alg {
            Some(AssertionSigningAlgorithm::Known(one)) => Some(*one),
            _ => None,
        }
    }

    pub(super) fn names_what_is_unknown(&self) -> bool {
        matches!(self.signing_alg, Some(AssertionSigningAlgorithm::Unknown(_)))
    }
}

impl TokenPolicy {
    /// Whether nothing was decided.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// For how long an access token holds; `standard` where nothing was decided.
    pub fn access_token_lifetime(&self, standard: Duration) -> Duration {
        seconds_or(self.access_token_lifetime, standard).min(ACCESS_TOKEN_LIFETIME_MAX)
    }

    /// For how long an ID token holds.
    pub fn id_token_lifetime(&self, standard: Duration) -> Duration {
        seconds_or(self.id_token_lifetime, standard).min(ID_TOKEN_LIFETIME_MAX.max(standard))
    }

    /// For how long one sign-in lets the client refresh.
    pub fn refresh_token_lifetime(&self, standard: Duration) -> Duration {
        seconds_or(self.refresh_token_lifetime, standard).min(REFRESH_TOKEN_LIFETIME_MAX)
    }

    /// What access tokens are signed with; nothing when this release cannot.
    pub fn access_token_algorithm(&self) -> Option<Algorithm> {
        self.access_token_signed_response_alg.known()
    }

    /// Refuses what cannot work or must not be, before it is stored.
    pub(super) fn judge(&self) -> Result<(), NotAClient> {
        let lifetimes = [
            (self.access_token_lifetime, ACCESS_TOKEN_LIFETIME_MAX),
            (self.id_token_lifetime, ID_TOKEN_LIFETIME_MAX),
            (self.refresh_token_lifetime, REFRESH_TOKEN_LIFETIME_MAX),
        ];
        let is_fit = |(seconds, max): (Option<u32>, Duration)| {
            seconds.is_none_or(|seconds| (1..=max.as_secs()).contains(&seconds.into()))
        };
        if !lifetimes.into_iter().all(is_fit) {
            return Err(NotAClient::Lifetime);
        }
        if self.access_token_algorithm().is_none() {
            return Err(NotAClient::Unknown);
        }
        claims_policy::judge(&self.claims)
    }
}

fn seconds_or(seconds: Option<u32>, standard: Duration) -> Duration {
    seconds.map_or(standard, |seconds| Duration::from_secs(seconds.into()))
}
