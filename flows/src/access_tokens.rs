//! What an access token must survive, at whichever endpoint it is presented: that it is believed, and that what stands
//! behind it was not taken back.

use std::sync::Arc;

use futures_util::future::try_join;
use protocol::{
    client::{Client, GrantType},
    jose::{Expectations, Refused},
    tokens::{AccessTokenClaims, PresentedAccessToken},
};
use storage::{StorageError, Stored, accounts::Account, grants::Grant};

use crate::{Context, Flows, remembered::Given, userinfo::BearerRefused};

/// Who stands behind an access token.
#[derive(Debug, Clone)]
pub(crate) struct Behind {
    /// The client that it was given to.
    pub(crate) client: Arc<Stored<Client>>,
    /// The end-user for whom; nobody where the client acts in its own name (RFC 6749 §4.4).
    pub(crate) account: Option<Arc<Stored<Account>>>,
    /// What they gave it.
    pub(crate) grant: Option<Arc<Stored<Grant>>>,
}

impl Flows {
    /// The claims of an access token, where it is believed: it is ours, its time is not over, and it is meant for
    /// `audience`, where that is named. Whether it was taken back is another question: [`Self::behind`].
    pub(crate) async fn believed(
        &self,
        context: &Context,
        token: &PresentedAccessToken,
        audience: Option<&str>,
    ) -> Result<Result<AccessTokenClaims, BearerRefused>, StorageError> {
        let (issuer, now) = (context.issuer.as_str(), self.store.now());
        match token {
            PresentedAccessToken::Jwt(token) => {
                let expected = Expectations { issuer, audience, now };
                let claims = self
                    .keys
                    .snapshot()
                    .access_token(token)
                    .and_then(|authentic| authentic.believed(&expected).cloned());
                Ok(claims.map_err(Into::into))
            }
            PresentedAccessToken::Opaque(token) => {
                let kept = &self.remembered.opaque_tokens;
                let found = kept.get(&context.realm, &token.hash()).await?;
                let Some(found) = found else { return Ok(Err(BearerRefused::Revoked)) };
                let claims = found.claims.clone();
                if claims.iss != issuer {
                    return Ok(Err(Refused::Issuer.into()));
                }
                if audience.is_some_and(|audience| !claims.aud.contains(audience)) {
                    return Ok(Err(Refused::Audience.into()));
                }
                Ok(Ok(claims))
            }
        }
    }

    /// Who stands behind an access token that was believed; nothing where that was taken back: the token itself, its
    /// grant, the session of the grant, the client, the account, or all that either had been given.
    pub(crate) async fn behind(
        &self,
        context: &Context,
        claims: &AccessTokenClaims,
    ) -> Result<Option<Behind>, StorageError> {
        let Some(grant_id) = claims.grant_id else {
            return self.client_behind(context, claims).await;
        };
        // Neither waits for the other: where nothing may be believed from memory both ask the store.
        let named = self.remembered.revoked_tokens.get(&context.realm, &claims.jti);
        let (given, named) = try_join(self.given(context, grant_id), named).await?;
        let given = given
            .filter(|given| named.is_none() && !given.grant.revoked_access_tokens.contains(claims));
        Ok(given.map(|Given { grant, client, account }| Behind {
            client,
            account: Some(account),
            grant: Some(grant),
        }))
    }

    /// Behind what a client was given in its own name stands the client alone.
    async fn client_behind(
        &self,
        context: &Context,
        claims: &AccessTokenClaims,
    ) -> Result<Option<Behind>, StorageError> {
        let client = self.live_client(context, claims.client_id).await?;
        let client = client.filter(|client| {
            client.may_use(&GrantType::ClientCredentials)
                && client.tokens_revoked_at == claims.epoch
        });
        let Some(client) = client else { return Ok(None) };
        let revoked = self.remembered.revoked_tokens.get(&context.realm, &claims.jti).await?;
        Ok(revoked.is_none().then_some(Behind { client, account: None, grant: None }))
    }
}
