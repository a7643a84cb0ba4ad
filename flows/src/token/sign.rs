//! Signs what a grant has come to: the access token (RFC 9068) and the ID token (OpenID Connect Core 1.0 §2).

use protocol::{
    Timestamp, Token,
    client::Client,
    jose::{Algorithm, Audience, PrivateKey},
    oauth_error::TokenError,
    scope,
    tokens::{AccessTokenClaims, IdTokenClaims, Jti, at_hash},
};
use storage::grants::Grant;

use super::{Granted, Issued};
use crate::{Context, Failure, Flows, failure::Error};

/// What every installation signs access tokens with, so that a resource server needs to know one algorithm.
const ACCESS_TOKEN_ALGORITHM: Algorithm = Algorithm::Rs256;

impl Flows {
    pub(super) fn sign(
        &self,
        context: &Context,
        client: &Client,
        granted: Granted,
    ) -> Result<Issued, Error<TokenError>> {
        let now = self.store.now();
        let keys = self.keys.snapshot();
        let key = |algorithm| {
            keys.signing(algorithm, now)
                .ok_or_else(|| Failure::unavailable(format_args!("no key signs {algorithm} yet")))
        };
        let access_token =
            self.access_token(context, &granted, key(ACCESS_TOKEN_ALGORITHM)?, now)?;
        let id_token = if granted.scope.contains(scope::OPENID) {
            let key = key(algorithm_of(client)?)?;
            Some(self.id_token(context, &granted, (key, &access_token), now)?)
        } else {
            None
        };
        let Granted { scope, refresh_token, .. } = granted;
        let expires_in = self.lifetimes.access_token;
        Ok(Issued { access_token, expires_in, scope, refresh_token, id_token })
    }

    fn access_token(
        &self,
        context: &Context,
        granted: &Granted,
        key: &PrivateKey,
        now: Timestamp,
    ) -> Result<Token, Failure> {
        let Granted { grant, scope, .. } = granted;
        let claims = AccessTokenClaims {
            iss: context.issuer.clone(),
            aud: Audience::One(context.issuer.clone()),
            sub: subject(grant),
            client_id: grant.client_id,
            iat: now.into(),
            exp: (now + self.lifetimes.access_token).into(),
            jti: Jti::new(self.store.randomness()),
            scope: scope.to_string(),
            auth_time: Some(grant.authenticated_at.into()),
            acr: None,
            amr: grant.amr.clone(),
            sid: Some(grant.session_id),
            grant_id: Some(grant.grant_id),
        };
        Ok(Token::presented(key.sign(&claims)?))
    }

    fn id_token(
        &self,
        context: &Context,
        granted: &Granted,
        (key, access_token): (&PrivateKey, &Token),
        now: Timestamp,
    ) -> Result<Token, Failure> {
        let Granted { grant, nonce, .. } = granted;
        let claims = IdTokenClaims {
            iss: context.issuer.clone(),
            sub: subject(grant),
            aud: Audience::One(grant.client_id.to_string()),
            exp: (now + self.lifetimes.id_token).into(),
            iat: now.into(),
            auth_time: Some(grant.authenticated_at.into()),
            nonce: nonce.clone(),
            at_hash: Some(at_hash(key.algorithm(), access_token.expose())),
            c_hash: None,
            acr: None,
            amr: grant.amr.clone(),
            azp: None,
            sid: Some(grant.session_id),
        };
        Ok(Token::presented(key.sign(&claims)?))
    }
}

/// The `sub` of an account (OpenID Connect Core 1.0 §8): public, the same for every client.
fn subject(grant: &Grant) -> String {
    grant.account_id.to_string()
}

fn algorithm_of(client: &Client) -> Result<Algorithm, Failure> {
    client.id_token_algorithm().ok_or_else(|| {
        Failure::fault(format_args!(
            "{} is registered for an algorithm of a later release",
            client.client_id
        ))
    })
}
