//! Things that operators take back one by one: what was given at once, or one token of it.

use protocol::{
    AccountId, ClientId, GrantId, Timestamp, Token,
    client::ACCESS_TOKEN_LIFETIME_MAX,
    event::Act,
    revocation::{REMEMBERED, RevocationReason},
    tokens::{AccessTokenClaims, Jti, PresentedAccessToken},
};
use storage::{Batch, CommitError, grants::Grant, revoked_tokens::RevokedToken};

use super::ATTEMPTS_MAX;
use crate::{
    Context, Failure, Flows,
    admin::{Administrator, Why},
    finish::finish,
};

/// Things of one list.
pub const REVOKED_MAX: usize = 100;

/// Something that can be taken back.
#[derive(Debug, Clone)]
pub enum Revocable {
    /// All that one authorization gave.
    Grant(GrantId),
    /// An access token, by its name.
    Named(Jti),
    /// A token, by itself: an access token goes alone, a refresh token takes its grant along.
    Presented(Token),
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// It was taken back.
    Now,
    /// It had been taken back.
    Before,
    /// Nothing of it holds: there is none, it is of another realm, or its time is over.
    Unknown,
}

impl Flows {
    /// Takes back each of `items`, at most [`REVOKED_MAX`], in order; it does so to the end, whoever waits for it.
    pub async fn revoke_each(
        &self,
        (by, context): (&Administrator, &Context),
        items: Vec<Revocable>,
        why: &Why,
    ) -> Result<Vec<Revoked>, Failure> {
        let (flows, by, context) = (self.clone(), by.noting(why), context.clone());
        let reason = why.reason;
        finish(async move {
            let mut outcomes = Vec::with_capacity(items.len());
            for item in items.into_iter().take(REVOKED_MAX) {
                outcomes.push(flows.revoke_one((&by, &context), item, reason).await?);
            }
            Ok(outcomes)
        })
        .await?
    }

    async fn revoke_one(
        &self,
        (by, context): (&Administrator, &Context),
        item: Revocable,
        reason: RevocationReason,
    ) -> Result<Revoked, Failure> {
        match item {
            Revocable::Grant(grant_id) => self.withdraw_grant(by, grant_id, reason).await,
            Revocable::Named(jti) => {
                // Nothing else is known of it, so it is remembered as long as any could hold.
                let ends_at = self.store.now() + ACCESS_TOKEN_LIFETIME_MAX;
                self.withdraw_named(by, (jti, None), ends_at, reason).await
            }
            Revocable::Presented(token) => match PresentedAccessToken::read(token.expose()) {
                Some(PresentedAccessToken::Opaque(token)) => {
                    self.withdraw_opaque(by, &token, reason).await
                }
                Some(jwt) => match self.believed(context, &jwt, None).await? {
                    Ok(claims) => self.withdraw_believed(by, &claims, reason).await,
                    Err(_) => Ok(Revoked::Unknown),
                },
                None => self.withdraw_refresh_token(by, &token, reason).await,
            },
        }
    }

    /// Takes a grant back, once: when this returns, every token of it is refused.
    pub(super) async fn withdraw_grant(
        &self,
        by: &Administrator,
        grant_id: GrantId,
        reason: RevocationReason,
    ) -> Result<Revoked, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let grant = self.store.grant(&by.realm, grant_id).await?;
            let Some(grant) = grant else { return Ok(Revoked::Unknown) };
            if !grant.is_live() {
                return Ok(Revoked::Before);
            }
            let mut batch = self.store.batch();
            batch.replace(&grant, &grant.withdrawn(batch.now(), reason, &by.actor));
            let act = Act::GrantWithdrawn { grant_id, reason };
            let whose = (Some(grant.account_id), Some(grant.client_id));
            if self.is_committed(by, batch, (act, whose)).await? {
                return Ok(Revoked::Now);
            }
        }
        Err(too_many_races())
    }

    async fn withdraw_refresh_token(
        &self,
        by: &Administrator,
        token: &Token,
        reason: RevocationReason,
    ) -> Result<Revoked, Failure> {
        match self.store.refresh_token(&by.realm, &token.hash()).await? {
            Some(found) => self.withdraw_grant(by, found.grant_id, reason).await,
            None => Ok(Revoked::Unknown),
        }
    }

    async fn withdraw_believed(
        &self,
        by: &Administrator,
        claims: &AccessTokenClaims,
        reason: RevocationReason,
    ) -> Result<Revoked, Failure> {
        let Some(grant_id) = claims.grant_id else {
            let named = (claims.jti.clone(), Some(claims.client_id));
            return self.withdraw_named(by, named, claims.exp.into(), reason).await;
        };
        for _ in 0..ATTEMPTS_MAX {
            let grant = self.store.grant(&by.realm, grant_id).await?;
            let Some(grant) = grant else { return Ok(Revoked::Unknown) };
            if !grant.is_live() || grant.revoked_access_tokens.contains(claims) {
                return Ok(Revoked::Before);
            }
            let mut batch = self.store.batch();
            let revoked_access_tokens = grant.revoked_access_tokens.with(claims, batch.now());
            batch.replace(&grant, &Grant { revoked_access_tokens, ..grant.record.clone() });
            let (grant_id, jti) = (Some(grant_id), claims.jti.clone());
            let act = Act::AccessTokenWithdrawn { grant_id, jti, reason };
            let whose = (Some(grant.account_id), Some(grant.client_id));
            if self.is_committed(by, batch, (act, whose)).await? {
                return Ok(Revoked::Now);
            }
        }
        Err(too_many_races())
    }

    async fn withdraw_named(
        &self,
        by: &Administrator,
        (jti, client_id): (Jti, Option<ClientId>),
        ends_at: Timestamp,
        reason: RevocationReason,
    ) -> Result<Revoked, Failure> {
        if self.store.revoked_token(&by.realm, &jti).await?.is_some() {
            return Ok(Revoked::Before);
        }
        let mut batch = self.store.batch();
        batch.create(&RevokedToken {
            jti: jti.clone(),
            realm: by.realm.clone(),
            client_id,
            revoked_at: batch.now(),
            expires_at: ends_at + REMEMBERED,
        });
        let act = Act::AccessTokenWithdrawn { grant_id: None, jti, reason };
        let is_first = self.is_committed(by, batch, (act, (None, client_id))).await?;
        Ok(if is_first { Revoked::Now } else { Revoked::Before })
    }

    async fn withdraw_opaque(
        &self,
        by: &Administrator,
        token: &Token,
        reason: RevocationReason,
    ) -> Result<Revoked, Failure> {
        let found = self.store.opaque_token(&by.realm, &token.hash()).await?;
        let Some(found) = found else { return Ok(Revoked::Unknown) };
        let mut batch = self.store.batch();
        batch.delete(&found);
        let (grant_id, jti) = (found.claims.grant_id, found.claims.jti.clone());
        let act = Act::AccessTokenWithdrawn { grant_id, jti, reason };
        let whose = (found.account_id, Some(found.claims.client_id));
        let is_first = self.is_committed(by, batch, (act, whose)).await?;
        Ok(if is_first { Revoked::Now } else { Revoked::Before })
    }

    /// Commits `batch` with its event; whether nobody was quicker.
    pub(super) async fn is_committed(
        &self,
        by: &Administrator,
        mut batch: Batch,
        (act, whose): (Act, (Option<AccountId>, Option<ClientId>)),
    ) -> Result<bool, Failure> {
        self.tell(by, &mut batch, act, whose).await?;
        match self.store.commit(batch).await {
            Ok(_) => Ok(true),
            Err(CommitError::Refused(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

pub(super) fn too_many_races() -> Failure {
    Failure::unavailable("a revocation lost too many races")
}
