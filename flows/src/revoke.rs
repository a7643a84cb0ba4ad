//! The revocation endpoint (RFC 7009): a client gives back what it was given.
//!
//! A refresh token takes its grant with it, and so every token of that; an access token goes alone. When the client has
//! its answer, the revocation is durable, and whatever request begins then finds it.

use protocol::{
    Token,
    client::Client,
    event::Act,
    jose::Expectations,
    parameters::Parameters,
    revocation::RevocationError,
    tokens::{AccessTokenClaims, PresentedToken},
};
use storage::{
    CommitError,
    grants::{Grant, RevocationReason},
};

use crate::{Context, Error, Failure, Flows, finish::finish};

/// How often a revocation may lose a race against another write of the grant: each that wins is another revocation.
const ATTEMPTS_MAX: usize = 32;

impl Flows {
    /// Takes back the token that its client presents (RFC 7009 §2). One that does not hold, or is none, is taken back
    /// already (§2.2).
    ///
    /// `authorization` is every `Authorization` header, as it came; `parameters` is the body.
    pub async fn revoke_token(
        &self,
        context: Context,
        authorization: &[&[u8]],
        parameters: &Parameters,
    ) -> Result<(), Error<RevocationError>> {
        parameters.refuse_repeated().map_err(Error::refused)?;
        let client: Client = self.authenticate(&context, authorization, parameters).await?;
        let presented = PresentedToken::read(parameters).map_err(Error::refused)?;
        let presented = presented.ok_or(Error::Refused(RevocationError::TokenMissing))?;
        let flows = self.clone();
        finish(async move {
            match presented {
                PresentedToken::AccessToken(token) => {
                    flows.revoke_access_token(&context, &client, &token).await
                }
                PresentedToken::RefreshToken(token) => {
                    flows.revoke_refresh_token(&context, &client, &token).await
                }
            }
        })
        .await?
    }

    async fn revoke_refresh_token(
        &self,
        context: &Context,
        client: &Client,
        token: &Token,
    ) -> Result<(), Error<RevocationError>> {
        let found = self.store.refresh_token(&context.realm, &token.hash()).await?;
        let Some(found) = found else { return Ok(()) };
        if found.client_id != client.client_id {
            return Err(Error::Refused(RevocationError::TokenOfAnotherClient));
        }
        let act = Act::GrantRevoked { grant_id: found.grant_id };
        Ok(self.revoke(context, found.grant_id, RevocationReason::ByClient, act).await?)
    }

    async fn revoke_access_token(
        &self,
        context: &Context,
        client: &Client,
        token: &Token,
    ) -> Result<(), Error<RevocationError>> {
        let now = self.store.now();
        let expected = Expectations { issuer: &context.issuer, audience: None, now };
        let believed = self.keys.snapshot().verifying().verify(token.expose(), &expected);
        let Ok(claims): Result<AccessTokenClaims, _> = believed else { return Ok(()) };
        if claims.client_id != client.client_id {
            return Err(Error::Refused(RevocationError::TokenOfAnotherClient));
        }
        Ok(self.remember_revoked(context, &claims).await?)
    }

    /// Writes into the grant that one of its access tokens was taken back, unless it is there already. The grant is what
    /// every use of the token is judged by, so that this costs no use a read more.
    async fn remember_revoked(
        &self,
        context: &Context,
        claims: &AccessTokenClaims,
    ) -> Result<(), Failure> {
        let Some(grant_id) = claims.grant_id else { return Ok(()) };
        let mut lost = None;
        for _ in 0..ATTEMPTS_MAX {
            let grant = self.store.grant(&context.realm, grant_id).await?;
            let grant = grant
                .filter(|grant| grant.is_live() && !grant.revoked_access_tokens.contains(claims));
            let Some(grant) = grant else { return Ok(()) };
            let mut batch = self.store.batch();
            let revoked_access_tokens = grant.revoked_access_tokens.with(claims, batch.now());
            batch.replace(&grant, &Grant { revoked_access_tokens, ..grant.record.clone() });
            let act = Act::AccessTokenRevoked { grant_id, jti: claims.jti.clone() };
            self.record_grant_event(context, &mut batch, &grant, act).await?;
            match self.store.commit(batch).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Refused(refusal)) => lost = Some(refusal),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::unavailable(format_args!("a revocation lost too many races: {lost:?}")))
    }
}
