//! Forgets the failures of one subject, and its lock with them, because an operator says so.
//!
//! Through the shard of the subject, and under the expectation that nobody counted meanwhile: what is counted after the
//! release is counted from one, on every node.

use protocol::{Realm, event::Event};
use storage::CommitError;

use super::counters::Counters;

/// How often a release begins again because somebody counted under it.
const TRIES_MAX: usize = 64;

/// What became of it.
#[derive(Debug)]
pub enum Release {
    /// It was forgotten, and an event tells so.
    Released,
    /// Nothing was counted.
    NothingCounted,
    /// It could not be written: all is as it was.
    NotWritten(CommitError),
}

/// What is to be forgotten, and how it is told.
pub(super) struct Forgotten {
    pub(super) realm: Realm,
    /// The name of the counter.
    pub(super) subject: String,
    pub(super) event: Event,
}

impl Counters {
    pub(super) async fn release(&self, forgotten: &Forgotten) -> Release {
        let mut tried = self.try_release(forgotten).await;
        for _ in 1..TRIES_MAX {
            let Err(CommitError::Refused(_)) = tried else { break };
            tried = self.try_release(forgotten).await;
        }
        tried.unwrap_or_else(Release::NotWritten)
    }

    async fn try_release(&self, forgotten: &Forgotten) -> Result<Release, CommitError> {
        let Forgotten { realm, subject, event } = forgotten;
        let Some(counter) = self.store.lockout(realm, subject).await? else {
            return Ok(Release::NothingCounted);
        };
        let mut batch = self.store.batch();
        batch.delete(&counter);
        self.events.record(realm, &mut batch, event.clone()).await?;
        self.store.commit(batch).await?;
        Ok(Release::Released)
    }
}
