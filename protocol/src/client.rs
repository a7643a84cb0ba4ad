//! What a client may do, as it was registered (RFC 6749 §2, OpenID Connect Dynamic Client Registration 1.0 §2).

mod answers;
mod claims_policy;
mod logout;
mod not_a_client;
mod policy;
mod registered;
mod response_type;
mod secret;
mod subjects;

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    id::{ClientId, OrganisationId},
    jose::{ClientJwks, IdTokenAlgorithm},
    realm::Realm,
    redirect_uri::RedirectUri,
    scope::ScopeSet,
    web_uri::WebUri,
};

pub use answers::{AnswerPolicy, EncryptedResponse, OfALaterRelease};
pub use claims_policy::{
    CLAIM_NAME_BYTES_MAX, CUSTOM_CLAIMS_MAX, ClaimValue, CustomClaim, FIXED_VALUE_BYTES_MAX,
    KnownOfEndUser, RESERVED as RESERVED_CLAIMS, ToldIn, is_custom, told,
};
pub use logout::{LogoutChannel, LogoutChannels, LogoutUri, NotALogoutUri};
pub use not_a_client::NotAClient;
pub use policy::{
    ACCESS_TOKEN_LIFETIME_MAX, AccessTokenFormat, AssertionAudience, AssertionPolicy,
    AssertionSigningAlgorithm, ID_TOKEN_LIFETIME_MAX, REFRESH_TOKEN_LIFETIME_MAX, TokenPolicy,
};
pub use registered::{IdTokenSigningAlgorithm, Registered, SigningAlgorithm};
pub use response_type::ResponseType;
pub use secret::{ClientSecret, needs_readable_secrets};
pub use subjects::{NoSector, SubjectPolicy, SubjectType};

/// Redirect URIs of one client, of either kind.
pub const REDIRECT_URIS_MAX: usize = 64;
/// Secrets that one client has at a time; each authentication compares with this many.
pub const CLIENT_SECRETS_MAX: usize = 4;
/// Bytes of a client's name.
pub const CLIENT_NAME_BYTES_MAX: usize = 128;

/// A registered client. Whatever a later release may choose for it and this one does not know is refused, never guessed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its id.
    pub client_id: ClientId,
    /// The realm whose accounts it can ask for.
    pub realm: Realm,
    /// The organisation it belongs to, if to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation_id: Option<OrganisationId>,
    /// What people are shown.
    pub name: String,
    /// Whether it can keep a secret, and how it proves who it is.
    pub kind: ClientKind,
    /// Where answers may be sent.
    #[serde(default)]
    pub redirect_uris: Vec<RedirectUri>,
    /// Where a browser may be sent after a logout (OpenID Connect RP-Initiated Logout 1.0 §3.1).
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// What it may ask the token endpoint for.
    #[serde(default = "default_grant_types")]
    pub grant_types: Vec<GrantType>,
    /// What it may ask the authorization endpoint for.
    #[serde(default = "default_response_types")]
    pub response_types: Vec<ResponseType>,
    /// What it may ask of end-users.
    #[serde(default)]
    pub scopes: ScopeSet,
    /// Whether a code must be bound by PKCE. A public client's always is: see [`Client::requires_pkce`].
    #[serde(default = "default_true")]
    pub require_pkce: bool,
    /// What its ID tokens are signed with.
    #[serde(default)]
    pub id_token_signed_response_alg: IdTokenSigningAlgorithm,
    /// Whether end-users are asked.
    #[serde(default)]
    pub consent: ConsentPolicy,
    /// Its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<WebUri>,
    /// Its home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<WebUri>,
    /// What it does with what it learns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<WebUri>,
    /// Its terms of use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<WebUri>,
    /// The public keys that it signs with, and those that its answers are encrypted with, unless they are at `jwks_uri`.
    #[serde(default, skip_serializing_if = "ClientJwks::is_empty")]
    pub jwks: ClientJwks,
    /// Where its public keys are (RFC 7591 §2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<WebUri>,
    /// How its assertions are judged.
    #[serde(default, skip_serializing_if = "AssertionPolicy::is_default")]
    pub assertions: AssertionPolicy,
    /// What its tokens are.
    #[serde(default, skip_serializing_if = "TokenPolicy::is_default")]
    pub tokens: TokenPolicy,
    /// How it is told that a session is over.
    #[serde(default, skip_serializing_if = "LogoutChannels::is_none")]
    pub logout: LogoutChannels,
    /// What is done to its answers.
    #[serde(default, skip_serializing_if = "AnswerPolicy::is_default")]
    pub answers: AnswerPolicy,
    /// What it calls end-users.
    #[serde(default, skip_serializing_if = "SubjectPolicy::is_default")]
    pub subjects: SubjectPolicy,
    /// When it was registered.
    pub created_at: Timestamp,
    /// What it was given before holds no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_revoked_at: Option<Timestamp>,
    /// Since when it may do nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
}

/// Whether a client can keep a secret (RFC 6749 §2.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientKind {
    /// It can.
    Confidential {
        /// How it proves who it is.
        token_endpoint_auth_method: TokenEndpointAuthMethod,
        /// What it proves it with; several while one replaces another. At most 4.
        #[serde(default)]
        secrets: Vec<ClientSecret>,
    },
    /// It cannot: an application on a device or in a browser.
    Public,
}

/// How a client proves who it is at the token endpoint (OpenID Connect Core 1.0 §9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenEndpointAuthMethod {
    /// The secret in the `Authorization` header (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// The secret in the body (RFC 6749 §2.3.1).
    ClientSecretPost,
    /// An assertion under the secret (RFC 7523 §2.2).
    ClientSecretJwt,
    /// An assertion under a key that only the client has (RFC 7523 §2.2).
    PrivateKeyJwt,
    /// Not at all: a public client.
    None,
    /// One of a later release.
    #[serde(untagged)]
    Unknown(String),
}

/// What a client may ask the token endpoint for (RFC 7591 §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 §4.1.
    AuthorizationCode,
    /// RFC 6749 §6.
    RefreshToken,
    /// RFC 6749 §4.4: in its own name. Confidential clients only.
    ClientCredentials,
    /// RFC 6749 §4.2: tokens from the authorization endpoint. Nothing is redeemed at the token endpoint.
    Implicit,
    /// One of a later release.
    #[serde(untagged)]
    Unknown(String),
}

/// Whether end-users are asked before a client is given anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentPolicy {
    /// Only where the request itself asks (`prompt=consent`), and for permissions of the admin API: the client is the
    /// operator's own.
    Skip,
    /// Once for each scope, and whenever the request asks. Also what a later release may call otherwise.
    #[default]
    #[serde(other)]
    Required,
}

impl Client {
    /// Whether it may do nothing.
    pub fn is_disabled(&self) -> bool {
        self.disabled_at.is_some()
    }

    /// How it proves who it is.
    pub fn token_endpoint_auth_method(&self) -> &TokenEndpointAuthMethod {
        match &self.kind {
            ClientKind::Confidential { token_endpoint_auth_method, .. } => {
                token_endpoint_auth_method
            }
            ClientKind::Public => &TokenEndpointAuthMethod::None,
        }
    }

    /// Whether it cannot keep a secret.
    pub fn is_public(&self) -> bool {
        self.kind == ClientKind::Public
    }

    /// Its secrets; a public client has none.
    pub fn secrets(&self) -> &[ClientSecret] {
        match &self.kind {
            ClientKind::Confidential { secrets, .. } => secrets,
            ClientKind::Public => &[],
        }
    }

    /// Whether its codes must be bound by PKCE (RFC 9700 §2.1.1).
    pub fn requires_pkce(&self) -> bool {
        self.require_pkce || self.is_public()
    }

    /// What its ID tokens are signed with; nothing when this release cannot.
    pub fn id_token_algorithm(&self) -> Option<IdTokenAlgorithm> {
        self.id_token_signed_response_alg.known()
    }

    /// Whether it may ask the token endpoint for this.
    pub fn may_use(&self, grant_type: &GrantType) -> bool {
        !matches!(grant_type, GrantType::Unknown(_)) && self.grant_types.contains(grant_type)
    }

    /// The URI to answer to when a request presents `presented`.
    pub fn accept_redirect_uri(&self, presented: &str) -> Option<RedirectUri> {
        self.redirect_uris.iter().find_map(|registered| registered.accept(presented))
    }

    /// Refuses what cannot work, before it is stored.
    pub fn judge(&self) -> Result<(), NotAClient> {
        let uris = self.redirect_uris.len().max(self.post_logout_redirect_uris.len());
        let codes = self.grant_types.contains(&GrantType::AuthorizationCode);
        let implicit = self.grant_types.contains(&GrantType::Implicit);
        let faults = [
            (!is_name(&self.name), NotAClient::Name),
            (uris > REDIRECT_URIS_MAX, NotAClient::TooManyRedirectUris),
            (self.secrets().len() > CLIENT_SECRETS_MAX, NotAClient::TooManySecrets),
            (self.names_what_is_unknown(), NotAClient::Unknown),
            (!self.is_public() && !self.can_authenticate(), NotAClient::NoAuthentication),
            (!self.jwks.is_empty() && self.jwks_uri.is_some(), NotAClient::TwoJwks),
            (self.assertions_contradict_method(), NotAClient::AssertionAlgorithm),
            (
                self.id_token_algorithm() == Some(IdTokenAlgorithm::Hs256)
                    && !self.has_readable_secrets(),
                NotAClient::UnreadableSecret,
            ),
            (
                self.is_public() && self.may_use(&GrantType::ClientCredentials),
                NotAClient::PublicClientCredentials,
            ),
            (codes != self.may_ask(ResponseType::has_code), NotAClient::CodeFlow),
            (implicit != self.may_ask(ResponseType::is_front_channel), NotAClient::FrontChannel),
            ((codes || implicit) && self.redirect_uris.is_empty(), NotAClient::NoRedirectUri),
        ];
        let fault = faults.into_iter().find(|(is, _)| *is);
        fault.map_or(Ok(()), |(_, fault)| Err(fault))?;
        self.logout.judge(&self.redirect_uris)?;
        self.tokens.judge()?;
        self.answers.judge(self)?;
        self.judge_subjects()
    }

    /// Whether any of its response types is such a one.
    fn may_ask(&self, is: impl Fn(&ResponseType) -> bool) -> bool {
        self.response_types.iter().any(is)
    }

    fn can_authenticate(&self) -> bool {
        use TokenEndpointAuthMethod as Method;
        match self.token_endpoint_auth_method() {
            Method::ClientSecretBasic | Method::ClientSecretPost => !self.secrets().is_empty(),
            Method::ClientSecretJwt => self.has_readable_secrets(),
            Method::PrivateKeyJwt => self.jwks.verifies() || self.jwks_uri.is_some(),
            Method::None | Method::Unknown(_) => false,
        }
    }

    fn assertions_contradict_method(&self) -> bool {
        let Some(algorithm) = self.assertions.known_algorithm() else { return false };
        match self.token_endpoint_auth_method() {
            TokenEndpointAuthMethod::ClientSecretJwt => !algorithm.is_symmetric(),
            TokenEndpointAuthMethod::PrivateKeyJwt => algorithm.is_symmetric(),
            _ => false,
        }
    }

    fn names_what_is_unknown(&self) -> bool {
        self.grant_types.iter().any(|one| matches!(one, GrantType::Unknown(_)))
            || self.response_types.iter().any(|one| matches!(one, ResponseType::Unknown(_)))
            || self.id_token_algorithm().is_none()
            || self.assertions.names_what_is_unknown()
    }
}

fn is_name(name: &str) -> bool {
    (1..=CLIENT_NAME_BYTES_MAX).contains(&name.len())
        && !name.chars().any(char::is_control)
        && name.trim() == name
}

fn default_grant_types() -> Vec<GrantType> {
    vec![GrantType::AuthorizationCode]
}

fn default_response_types() -> Vec<ResponseType> {
    vec![ResponseType::Code]
}

fn default_true() -> bool {
    true
}

#[cfg(test)]
pub(crate) mod tests;
