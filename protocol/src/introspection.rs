//! What the introspection endpoint tells, and whom (RFC 7662).

use crate::{
    client::Client,
    client_authentication::{NotAuthenticated, NotPresented},
    id::ClientId,
    jose::{Audience, NumericDate},
    oauth_error::ErrorCode,
    parameters::Repeated,
    resource::{Resource, is_own},
    tokens::{AccessTokenClaims, CustomClaims, Jti},
};

/// What is told of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Introspection {
    /// It does not hold, or the client may not know of it. Nothing else is said (RFC 7662 §2.2).
    Inactive,
    /// It holds now.
    Active(Box<ActiveToken>),
}

/// What is told of a token that holds (RFC 7662 §2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveToken {
    /// The scopes, separated by single spaces.
    pub scope: String,
    /// The client that it was given to.
    pub client_id: ClientId,
    /// How it is presented (RFC 6749 §5.1); a refresh token is presented in no such way.
    pub token_type: Option<&'static str>,
    /// When it ends.
    pub exp: NumericDate,
    /// When it was issued.
    pub iat: NumericDate,
    /// The end-user.
    pub sub: String,
    /// The resource servers that it is meant for; a refresh token is for the issuer alone.
    pub aud: Option<Audience>,
    /// The issuer.
    pub iss: String,
    /// The token's own name; a refresh token has none.
    pub jti: Option<Jti>,
    /// What an operator has added to it.
    pub custom: CustomClaims,
}

impl From<AccessTokenClaims> for ActiveToken {
    fn from(claims: AccessTokenClaims) -> Self {
        Self {
            scope: claims.scope,
            client_id: claims.client_id,
            token_type: Some("Bearer"),
            exp: claims.exp,
            iat: claims.iat,
            sub: claims.sub,
            aud: Some(claims.aud),
            iss: claims.iss,
            jti: Some(claims.jti),
            custom: claims.custom,
        }
    }
}

/// Whether `client` may know of an access token: it was given to it, or is meant for it or for the resource that it serves
/// (RFC 7662 §4, RFC 8707 §2). Nobody serves the provider itself, whatever the client's record says.
pub fn may_know(client: &Client, claims: &AccessTokenClaims) -> bool {
    let serves =
        |served: &Resource| claims.aud.contains(served.as_str()) && !is_own(served, &claims.iss);
    claims.client_id == client.client_id
        || claims.aud.contains(&client.client_id.to_string())
        || client.tokens.resource_server.as_ref().is_some_and(serves)
}

/// Whether `client` may ask at all. What cannot keep a secret has not authenticated, and could scan tokens that it
/// found (RFC 7662 §2.1, §4).
pub fn may_ask(client: &Client) -> Result<(), NotAuthenticated> {
    if client.is_public() { Err(NotAuthenticated::OtherMethod) } else { Ok(()) }
}

/// Why the introspection endpoint refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntrospectionError {
    /// A parameter is sent twice.
    #[error(transparent)]
    Repeated(#[from] Repeated),
    /// How the client says who it is cannot be read.
    #[error(transparent)]
    NotPresented(#[from] NotPresented),
    /// The client did not prove who it is, or cannot.
    #[error(transparent)]
    NotAuthenticated(#[from] NotAuthenticated),
    /// There is nothing to tell of.
    #[error("the parameter token is missing")]
    TokenMissing,
}

impl IntrospectionError {
    /// The code (RFC 7662 §2.3, RFC 6749 §5.2). Only `invalid_client` may be answered by 401.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Repeated(_) | Self::TokenMissing => ErrorCode::InvalidRequest,
            Self::NotPresented(error) => error.code(),
            Self::NotAuthenticated(_) => ErrorCode::InvalidClient,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        client::{ClientKind, TokenEndpointAuthMethod, tests::client},
        clock::Timestamp,
        randomness::tests::Counting,
    };

    fn claims_for(client_id: ClientId, aud: &[String]) -> AccessTokenClaims {
        AccessTokenClaims {
            iss: "https://id.example".into(),
            aud: aud.iter().cloned().collect(),
            sub: "acc".into(),
            client_id,
            iat: Timestamp::from_seconds(1).into(),
            exp: Timestamp::from_seconds(2).into(),
            jti: Jti::new(&Counting::default()),
            scope: "openid".into(),
            auth_time: None,
            acr: None,
            amr: vec![],
            sid: None,
            grant_id: None,
            epoch: None,
            custom: Default::default(),
        }
    }

    #[test]
    fn a_client_knows_of_what_it_was_given_and_of_what_is_meant_for_it() {
        let client = client();
        let own = client.client_id;
        let randomness = Counting::default();
        let other = [(); 2].map(|()| ClientId::new(&randomness))[1];
        assert_ne!(own, other);
        let issuer = "https://id.example".to_owned();
        let cases = [
            (own, vec![issuer.clone()], true),
            (other, vec![own.to_string()], true),
            (other, vec![issuer.clone(), own.to_string()], true),
            (other, vec![issuer], false),
            (other, vec![other.to_string()], false),
        ];
        for (client_id, aud, expected) in cases {
            let claims = claims_for(client_id, &aud);
            assert_eq!(may_know(&client, &claims), expected, "{aud:?}");
        }
    }

    #[test]
    fn what_cannot_keep_a_secret_may_not_ask() {
        let public = client();
        assert_eq!(may_ask(&public), Err(NotAuthenticated::OtherMethod));
        let token_endpoint_auth_method = TokenEndpointAuthMethod::ClientSecretBasic;
        let kind = ClientKind::Confidential { token_endpoint_auth_method, secrets: vec![] };
        assert_eq!(may_ask(&Client { kind, ..public }), Ok(()));
    }
}
