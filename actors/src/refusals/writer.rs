//! Writes refusals, many in one batch, each with its event.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use protocol::{
    AccountId,
    event::{Act, Actor, Event},
    refusal::{Known, RefusedAt, explain},
};
use storage::{
    Batch, CommitError, Expectation, StorageError, Store, accounts::Account,
    refusals::RefusalRecord,
};

use super::{Meters, Noted, Waiting, found};
use crate::audit::Events;

/// Refusals of one batch: with their events, some megabytes at most.
const BATCH_MAX: usize = 50;

/// How often a batch begins again because an account of it was changed meanwhile.
const TRIES_MAX: usize = 3;

pub(super) struct Writer {
    pub(super) store: Store,
    pub(super) node: String,
    pub(super) events: Events,
    pub(super) waiting: Arc<Waiting>,
    pub(super) meters: Arc<Meters>,
}

impl Writer {
    /// Writes until none waits. What cannot be written while the store does not answer goes on waiting.
    pub(super) async fn write(&self) -> Result<(), CommitError> {
        loop {
            let noted = self.waiting.first(BATCH_MAX);
            if noted.is_empty() {
                return Ok(());
            }
            let mut tried = self.write_batch(&noted).await;
            for _ in 1..TRIES_MAX {
                let Err(CommitError::Refused(_)) = tried else { break };
                tried = self.write_batch(&noted).await;
            }
            match tried {
                Ok(written) => self.meters.written.increment(written as u64),
                Err(CommitError::NotApplied(error @ StorageError::Unavailable { .. })) => {
                    return Err(error.into());
                }
                // Never again: what is wrong with one must not hold up those behind it.
                Err(error) => {
                    self.meters.not_stored.increment(noted.len() as u64);
                    tracing::warn!(%error, "refusals are not kept");
                }
            }
            self.waiting.done(&noted);
        }
    }

    async fn write_batch(&self, noted: &[Arc<Noted>]) -> Result<usize, CommitError> {
        // A row is written once in a batch. Of one request the last refusal is what was answered.
        let by_id: BTreeMap<_, _> = noted.iter().map(|one| (one.id.to_string(), one)).collect();
        let mut batch = self.store.batch();
        let mut accounts = BTreeSet::new();
        for one in by_id.values() {
            let account_id = self.put(&mut batch, one).await?;
            accounts.extend(account_id.map(|account_id| (one.refused.realm.clone(), account_id)));
        }
        // An account that is erased at this moment leaves none behind.
        for (realm, account_id) in &accounts {
            batch.check::<Account>(realm, account_id, Expectation::Present);
        }
        self.store.commit(batch).await?;
        Ok(by_id.len())
    }

    /// Gives the account that it concerns.
    async fn put(
        &self,
        batch: &mut Batch,
        noted: &Noted,
    ) -> Result<Option<AccountId>, StorageError> {
        let Noted { id, at, refused } = noted;
        let named = match refused.by {
            Some(Actor::Client(client_id)) => Some(client_id),
            _ => refused.received.client_id(),
        };
        let client = match named {
            Some(client_id) => self.store.client(&refused.realm, client_id).await?,
            None => None,
        };
        let (found, account_id) = found::find(&self.store, refused).await?;
        let (client, issuer) = (client.as_deref(), refused.issuer.as_str());
        let known = Known { client, issuer, at: *at, found: &found };
        let facts = refused.facts.clone();
        let record = RefusalRecord {
            refusal_id: *id,
            realm: refused.realm.clone(),
            node: self.node.clone(),
            at: *at,
            endpoint: refused.endpoint.as_str().to_owned(),
            error: refused.error.as_str().to_owned(),
            reason: refused.reason.as_str().to_owned(),
            client_id: client.map(|client| client.client_id),
            is_proved: refused.is_proved(),
            account_id,
            explanation: explain(refused.reason, &refused.received, facts, &known),
        };
        batch.overwrite(&record);
        if !refused.reason.is_expected() {
            self.events.record(&refused.realm, batch, event(noted, &record)).await?;
        }
        Ok(account_id)
    }
}

fn event(noted: &Noted, record: &RefusalRecord) -> Event {
    let Noted { refused, .. } = noted;
    let actor = match (&refused.by, refused.endpoint, record.client_id) {
        (Some(by), ..) => by.clone(),
        (None, RefusedAt::Authorize | RefusedAt::SignIn | RefusedAt::Logout, _) => {
            Actor::EndUser(refused.account_id)
        }
        (None, _, Some(client_id)) if record.is_proved => Actor::Client(client_id),
        _ => Actor::Stranger,
    };
    Event {
        actor,
        act: Act::Refused { endpoint: record.endpoint.clone(), reason: record.reason.clone() },
        account_id: record.account_id,
        client_id: record.client_id,
        request_id: Some(refused.request_id.clone()),
        personal: refused.personal.clone(),
    }
}
