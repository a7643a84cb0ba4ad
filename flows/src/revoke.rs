//! The revocation endpoint (RFC 7009): a client gives back what it was given.
//!
//! A refresh token takes its grant with it, and so every token of that; an access token goes alone. When the client has
//! its answer, the revocation is durable, and whatever request begins then finds it.

use protocol::{
    AccountId, ClientId, Timestamp, Token,
    client::Client,
    discovery::Endpoint,
    event::{Act, Actor, Event},
    parameters::Parameters,
    revocation::{REMEMBERED, RevocationError},
    tokens::{AccessTokenClaims, PresentedAccessToken, PresentedToken},
};
use storage::{
    Batch, CommitError, Stored,
    grants::{Grant, RevocationReason},
    opaque_tokens::OpaqueToken,
    revoked_tokens::RevokedToken,
};

use crate::{Context, Error, Failure, Flows, finish::finish};

/// How often a revocation may lose a race against another write of the grant: each that wins is another revocation.
const ATTEMPTS_MAX: usize = 32;

impl Flows {
    /// Takes back the token that its client presents (RFC 7009 §2). One that does not hold, or is none, is taken back
    /// already (§2.2).
    ///
    /// `authorization` is every `Authorization` header, as it came; `parameters` is the body.
    #[tracing::instrument(level = "debug", name = "flows.revoke", skip_all)]
    pub async fn revoke_token(
        &self,
        context: Context,
        authorization: &[&[u8]],
        parameters: &Parameters,
    ) -> Result<(), Error<RevocationError>> {
        parameters.refuse_repeated().map_err(Error::refused)?;
        let at = (&context, Endpoint::Revocation);
        let client = self.authenticate(at, authorization, parameters).await?;
        let presented = PresentedToken::read(parameters).map_err(Error::refused)?;
        let presented = presented.ok_or(Error::Refused(RevocationError::TokenMissing))?;
        let flows = self.clone();
        finish(async move {
            flows.use_up(&client).await?;
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
        token: &PresentedAccessToken,
    ) -> Result<(), Error<RevocationError>> {
        let of_another = Error::Refused(RevocationError::TokenOfAnotherClient);
        match token {
            PresentedAccessToken::Jwt(_) => {
                let believed = self.believed(context, token, None).await?;
                let Ok(claims) = believed else { return Ok(()) };
                if claims.client_id != client.client_id {
                    return Err(of_another);
                }
                match claims.grant_id {
                    Some(_) => Ok(self.remember_revoked(context, &claims).await?),
                    None => Ok(self.name_revoked(context, &claims).await?),
                }
            }
            PresentedAccessToken::Opaque(token) => {
                let found = self.store.opaque_token(&context.realm, &token.hash()).await?;
                match found {
                    None => Ok(()),
                    Some(found) if found.claims.client_id != client.client_id => Err(of_another),
                    Some(found) => Ok(self.delete_revoked(context, &found).await?),
                }
            }
        }
    }

    /// Names an access token that no grant stands behind: it is asked for wherever such a token is used.
    async fn name_revoked(
        &self,
        context: &Context,
        claims: &AccessTokenClaims,
    ) -> Result<(), Failure> {
        if self.store.revoked_token(&context.realm, &claims.jti).await?.is_some() {
            return Ok(());
        }
        let mut batch = self.store.batch();
        batch.create(&RevokedToken {
            jti: claims.jti.clone(),
            realm: context.realm.clone(),
            client_id: Some(claims.client_id),
            revoked_at: batch.now(),
            expires_at: Timestamp::from(claims.exp) + REMEMBERED,
        });
        let act = Act::ClientTokenRevoked { jti: claims.jti.clone() };
        self.commit_revocation(context, batch, (claims.client_id, None), act).await
    }

    /// Deletes an access token that says nothing: nobody can find what it stood for.
    async fn delete_revoked(
        &self,
        context: &Context,
        token: &Stored<OpaqueToken>,
    ) -> Result<(), Failure> {
        let mut batch = self.store.batch();
        batch.delete(token);
        let jti = token.claims.jti.clone();
        let act = match token.claims.grant_id {
            Some(grant_id) => Act::AccessTokenRevoked { grant_id, jti },
            None => Act::ClientTokenRevoked { jti },
        };
        let whose = (token.claims.client_id, token.account_id);
        self.commit_revocation(context, batch, whose, act).await
    }

    /// Commits what only another revocation of the same token can have done before.
    async fn commit_revocation(
        &self,
        context: &Context,
        mut batch: Batch,
        (client_id, account_id): (ClientId, Option<AccountId>),
        act: Act,
    ) -> Result<(), Failure> {
        let event = Event {
            actor: Actor::Client(client_id),
            act,
            account_id,
            client_id: Some(client_id),
            request_id: Some(context.request_id.clone()),
            personal: context.personal(),
        };
        self.events.record(&context.realm, &mut batch, event).await?;
        match self.store.commit(batch).await {
            Ok(_) | Err(CommitError::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
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
