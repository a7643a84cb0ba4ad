//! What clients were given: taken back, and told of in events.

use protocol::{
    AccountId, GrantId,
    event::{Act, Actor, Event},
    permission::Permissions,
    scope::ScopeSet,
};
use storage::{
    Batch, CommitError, StorageError, Stored,
    accounts::Account,
    grants::{Grant, RevocationReason},
};

use crate::{Context, Flows, failure::Failure};

/// How often a revocation may lose a race against another write of the grant.
const ATTEMPTS_MAX: usize = 10;

impl Flows {
    /// Takes a grant back, once: when this returns, every token of it is refused.
    pub(crate) async fn revoke(
        &self,
        context: &Context,
        grant_id: GrantId,
        reason: RevocationReason,
        act: Act,
    ) -> Result<(), Failure> {
        let mut lost = None;
        for _ in 0..ATTEMPTS_MAX {
            let grant = self.store.grant(&context.realm, grant_id).await?;
            let Some(grant) = grant.filter(|grant| grant.is_live()) else { return Ok(()) };
            let mut batch = self.store.batch();
            batch.replace(&grant, &grant.revoked(batch.now(), reason));
            self.record_grant_event(context, &mut batch, &grant, act.clone()).await?;
            match self.store.commit(batch).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Refused(refusal)) => lost = Some(refusal),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::unavailable(format_args!("a revocation lost too many races: {lost:?}")))
    }

    /// As [`Self::live_grant`], as the store has it now: for who writes what rests on it.
    pub(crate) async fn stored_live_grant(
        &self,
        context: &Context,
        grant_id: GrantId,
    ) -> Result<Option<Stored<Grant>>, StorageError> {
        let grant =
            self.store.grant(&context.realm, grant_id).await?.filter(|grant| grant.is_live());
        let Some(grant) = grant else { return Ok(None) };
        if !grant.offline
            && self.store.ended_session(&context.realm, grant.session_id).await?.is_some()
        {
            return Ok(None);
        }
        Ok(Some(grant))
    }

    /// Puts what a client did with a grant into the batch that does it.
    pub(crate) async fn record_grant_event(
        &self,
        context: &Context,
        batch: &mut Batch,
        grant: &Grant,
        act: Act,
    ) -> Result<(), StorageError> {
        let event = Event {
            actor: Actor::Client(grant.client_id),
            act,
            account_id: Some(grant.account_id),
            client_id: Some(grant.client_id),
            request_id: Some(context.request_id.clone()),
            personal: context.personal(),
        };
        self.events.record(&context.realm, batch, event).await
    }

    /// What an end-user may do as an operator, asked only where `scope` has a permission: nobody else gives one away.
    pub(crate) async fn permissions(
        &self,
        context: &Context,
        account_id: AccountId,
        scope: &ScopeSet,
    ) -> Result<Option<Permissions>, StorageError> {
        if Permissions::of_scopes(scope).is_empty() {
            return Ok(None);
        }
        let operator = self.store.operator_of(&context.realm, account_id).await?;
        Ok(operator.map(|operator| operator.record.permissions))
    }

    /// The account, if it may sign in and its tokens hold.
    pub(crate) async fn active_account(
        &self,
        context: &Context,
        account_id: AccountId,
    ) -> Result<Option<Stored<Account>>, StorageError> {
        let account = self.store.account(&context.realm, account_id).await?;
        Ok(account.filter(|account| account.is_active()))
    }
}
