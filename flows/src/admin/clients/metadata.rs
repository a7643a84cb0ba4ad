//! What an operator chooses of a client: the metadata of RFC 7591 §2, and what is ours.

use protocol::{
    ClientId, Realm, Timestamp,
    client::{
        AnswerPolicy, AssertionPolicy, Client, ClientKind, ConsentPolicy, GrantType,
        IdTokenSigningAlgorithm, LogoutChannels, ResponseType, SubjectPolicy,
        TokenEndpointAuthMethod, TokenPolicy,
    },
    epochs,
    jose::ClientJwks,
    resource::is_own,
    scope::ScopeSet,
    web_uri::WebUri,
};

use super::{ClientRefused, Redirects};

/// All that can be chosen of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientMetadata {
    /// What people are shown.
    pub name: String,
    /// How it proves who it is; a public client does not.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// Where it may be answered.
    pub redirects: Redirects,
    /// What it may ask the token endpoint for.
    pub grant_types: Vec<GrantType>,
    /// What it may ask the authorization endpoint for.
    pub response_types: Vec<ResponseType>,
    /// What it may ask of end-users.
    pub scopes: ScopeSet,
    /// Whether its codes must be bound by PKCE. A public client's always are.
    pub require_pkce: bool,
    /// What its ID tokens are signed with.
    pub id_token_signed_response_alg: IdTokenSigningAlgorithm,
    /// Whether end-users are asked.
    pub consent: ConsentPolicy,
    /// Its home page, what it does with what it learns, its terms of use, and its picture.
    pub pages: Pages,
    /// The public keys that it signs with, and those that its answers are encrypted with.
    pub jwks: ClientJwks,
    /// Where they are, if elsewhere.
    pub jwks_uri: Option<WebUri>,
    /// How its assertions are judged.
    pub assertions: AssertionPolicy,
    /// What its tokens are.
    pub tokens: TokenPolicy,
    /// How it is told that a session is over.
    pub logout: LogoutChannels,
    /// What is done to its answers.
    pub answers: AnswerPolicy,
    /// What it calls end-users.
    pub subjects: SubjectPolicy,
}

/// Where a client tells people of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pages {
    /// Its home page.
    pub client_uri: Option<WebUri>,
    /// What it does with what it learns.
    pub policy_uri: Option<WebUri>,
    /// Its terms of use.
    pub tos_uri: Option<WebUri>,
    /// Its picture.
    pub logo_uri: Option<WebUri>,
}

/// A client to be, as most are.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// What people are shown.
    pub name: String,
    /// How it proves who it is; a public client does not.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// Where it may be answered.
    pub redirects: Redirects,
    /// What it may ask the token endpoint for, and what it may be given at once. What it may ask the authorization endpoint
    /// for follows from it.
    pub grant_types: Vec<GrantType>,
    /// What it may ask of end-users.
    pub scopes: ScopeSet,
    /// Whether its codes must be bound by PKCE. A public client's always are.
    pub require_pkce: bool,
    /// Whether end-users are asked.
    pub consent: ConsentPolicy,
}

impl From<NewClient> for ClientMetadata {
    fn from(new: NewClient) -> Self {
        // All that can be asked for with its grant types, and nothing of which a part could not be given.
        let has = |grant_type| new.grant_types.contains(&grant_type);
        let (codes, implicit) = (has(GrantType::AuthorizationCode), has(GrantType::Implicit));
        let fits = |one: &ResponseType| {
            (codes || !one.has_code()) && (implicit || !one.is_front_channel())
        };
        let response_types = ResponseType::ALL.into_iter().filter(fits).collect();
        Self {
            name: new.name,
            token_endpoint_auth_method: new.token_endpoint_auth_method,
            redirects: new.redirects,
            grant_types: new.grant_types,
            response_types,
            scopes: new.scopes,
            require_pkce: new.require_pkce,
            id_token_signed_response_alg: IdTokenSigningAlgorithm::default(),
            consent: new.consent,
            pages: Pages::default(),
            jwks: ClientJwks::default(),
            jwks_uri: None,
            assertions: AssertionPolicy::default(),
            tokens: TokenPolicy::default(),
            logout: LogoutChannels::default(),
            answers: AnswerPolicy::default(),
            subjects: SubjectPolicy::default(),
        }
    }
}

impl ClientMetadata {
    /// As it was chosen last.
    pub fn of(client: &Client) -> Self {
        let client = client.clone();
        Self {
            token_endpoint_auth_method: client.token_endpoint_auth_method().clone(),
            name: client.name,
            redirects: Redirects {
                redirect_uris: client.redirect_uris,
                post_logout_redirect_uris: client.post_logout_redirect_uris,
            },
            grant_types: client.grant_types,
            response_types: client.response_types,
            scopes: client.scopes,
            require_pkce: client.require_pkce,
            id_token_signed_response_alg: client.id_token_signed_response_alg,
            consent: client.consent,
            pages: Pages {
                client_uri: client.client_uri,
                policy_uri: client.policy_uri,
                tos_uri: client.tos_uri,
                logo_uri: client.logo_uri,
            },
            jwks: client.jwks,
            jwks_uri: client.jwks_uri,
            assertions: client.assertions,
            tokens: client.tokens,
            logout: client.logout,
            answers: client.answers,
            subjects: client.subjects,
        }
    }

    /// Refuses what cannot be at the provider with this issuer.
    pub fn judge(&self, issuer: &str) -> Result<(), ClientRefused> {
        match &self.tokens.resource_server {
            Some(served) if is_own(served, issuer) => Err(ClientRefused::OwnResource),
            _ => Ok(()),
        }
    }

    /// As a new client.
    pub(super) fn into_client(
        self,
        (client_id, realm, created_at): (ClientId, &Realm, Timestamp),
        kind: ClientKind,
    ) -> Client {
        let is_public = kind == ClientKind::Public;
        Client {
            client_id,
            realm: realm.clone(),
            organisation_id: None,
            name: self.name,
            kind,
            redirect_uris: self.redirects.redirect_uris,
            post_logout_redirect_uris: self.redirects.post_logout_redirect_uris,
            grant_types: self.grant_types,
            response_types: self.response_types,
            scopes: self.scopes,
            require_pkce: self.require_pkce || is_public,
            id_token_signed_response_alg: self.id_token_signed_response_alg,
            consent: self.consent,
            logo_uri: self.pages.logo_uri,
            client_uri: self.pages.client_uri,
            policy_uri: self.pages.policy_uri,
            tos_uri: self.pages.tos_uri,
            jwks: self.jwks,
            jwks_uri: self.jwks_uri,
            created_at,
            assertions: self.assertions,
            tokens: self.tokens,
            logout: self.logout,
            answers: self.answers,
            subjects: self.subjects,
            tokens_revoked_at: None,
            disabled_at: None,
        }
    }

    /// In place of what was chosen of `old` before. What nobody chooses stays.
    ///
    /// Where it calls end-users otherwise from `now` on, all that it was given ends: a token that is refreshed must not name
    /// somebody else (OpenID Connect Core 1.0 §12.2).
    pub(super) fn put_on(self, (old, now): (&Client, Timestamp), kind: ClientKind) -> Client {
        let new = Client {
            organisation_id: old.organisation_id,
            tokens_revoked_at: old.tokens_revoked_at,
            disabled_at: old.disabled_at,
            ..self.into_client((old.client_id, &old.realm, old.created_at), kind)
        };
        if new.sector() == old.sector() {
            return new;
        }
        Client { tokens_revoked_at: Some(epochs::next(old.tokens_revoked_at, now)), ..new }
    }
}
