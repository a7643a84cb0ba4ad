//! What the audit actor does when it looks: seals the events that wait, and makes a checkpoint once a minute.

use std::{sync::Arc, time::Duration};

use protocol::{
    KeyRing, Realm, Timestamp,
    jose::{PrivateKey, SignError},
};
use storage::{
    CommitError, StorageError, Store,
    audit::{Appended, AuditKey, Chain, HEADS_MAX, UnusableAuditKey},
};

use super::{Meters, acts};

/// Events of one batch: an entry and a deletion each.
const EVENTS_MAX: usize = 256;

/// Batches of one look.
const BATCHES_MAX: usize = 64;

/// How often one look reads its last link again because somebody else has moved the chain on.
const RACES_MAX: usize = 3;

/// The longest that an entry is not covered.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);

/// Checkpoints of one look; each states [`HEADS_MAX`] chains.
const CHECKPOINTS_MAX: usize = 16;

/// What every incarnation works with.
pub(super) struct Sealer {
    pub(super) store: Store,
    pub(super) realm: Realm,
    pub(super) node: String,
    pub(super) ring: Arc<KeyRing>,
    pub(super) meters: Meters,
}

/// What one incarnation remembers.
#[derive(Default)]
pub(super) struct Held {
    /// The chain after the last batch; `None` where it must be read.
    chain: Option<Chain>,
    key: Option<PrivateKey>,
    /// When a checkpoint was made, or none was needed.
    checked_at: Option<Timestamp>,
}

/// Why events wait longer, or a checkpoint is missing.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store did not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A batch may have been written or not.
    #[error("the outcome of a batch is not known")]
    Unknown,
    /// The chain does not stay where it is: another node has this one's name, or somebody has changed its head.
    #[error("the chain of this node is moved by somebody else")]
    Contested,
    /// The audit key cannot be used.
    #[error(transparent)]
    Key(#[from] UnusableAuditKey),
    /// A checkpoint cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl Sealer {
    /// Moves what waits into the chain.
    pub(super) async fn seal(&self, held: &mut Held) -> Result<(), Fault> {
        let mut races = 0;
        for _ in 0..BATCHES_MAX {
            let chain = match held.chain.take() {
                Some(chain) => chain,
                None => self.store.audit_chain(&self.realm, &self.node).await?,
            };
            match self.store.append_events(chain, EVENTS_MAX).await {
                Ok(Appended { chain, acts, has_more }) => {
                    held.chain = Some(chain);
                    self.meters.entries.increment(acts.len() as u64);
                    acts::count(&acts);
                    if !has_more {
                        break;
                    }
                }
                Err(CommitError::Refused(_)) if races < RACES_MAX => races += 1,
                Err(CommitError::Refused(_)) => return Err(Fault::Contested),
                Err(CommitError::NotApplied(error)) => return Err(error.into()),
                Err(CommitError::Unknown) => return Err(Fault::Unknown),
            }
        }
        Ok(())
    }

    /// Makes a checkpoint if the last is old enough and a chain has moved since.
    pub(super) async fn checkpoint(&self, held: &mut Held) -> Result<(), Fault> {
        let now = self.store.now();
        if held.checked_at.is_some_and(|at| is_recent(at, now)) {
            return Ok(());
        }
        let last = self.store.checkpoint_head(&self.realm).await?;
        if let Some(made_at) = last.map(|last| last.made_at).filter(|at| is_recent(*at, now)) {
            held.checked_at = Some(made_at);
            return Ok(());
        }
        for _ in 0..CHECKPOINTS_MAX {
            if !self.checkpoint_next(held).await? {
                break;
            }
        }
        held.checked_at = Some(now);
        Ok(())
    }

    /// Whether more chains are left than one checkpoint states.
    async fn checkpoint_next(&self, held: &mut Held) -> Result<bool, Fault> {
        let last = self.store.checkpoint_head(&self.realm).await?;
        let heads = self.store.uncovered_heads(&self.realm).await?;
        if heads.is_empty() {
            return Ok(false);
        }
        let key = match held.key.take() {
            Some(key) => key,
            None => self.key().await?,
        };
        let batch =
            self.store.checkpoint(&self.realm, last.as_ref(), &heads, held.key.insert(key))?;
        match self.store.commit(batch).await {
            Ok(_) => {
                self.meters.checkpoints.increment(1);
                Ok(heads.len() == HEADS_MAX)
            }
            // Another node made one at this moment.
            Err(CommitError::Refused(_)) => Ok(false),
            Err(CommitError::NotApplied(error)) => Err(error.into()),
            Err(CommitError::Unknown) => Err(Fault::Unknown),
        }
    }

    /// The audit key; the first node that needs it makes it.
    async fn key(&self) -> Result<PrivateKey, Fault> {
        if let Some(key) = self.stored_key().await? {
            return Ok(key);
        }
        let mut batch = self.store.batch();
        let sealing = (&*self.ring, self.store.randomness());
        batch.create(&AuditKey::new(&self.realm, sealing, batch.now())?);
        match self.store.commit(batch).await {
            // Refused: another node was first.
            Ok(_) | Err(CommitError::Refused(_)) => {
                self.stored_key().await?.ok_or(Fault::Contested)
            }
            Err(CommitError::NotApplied(error)) => Err(error.into()),
            Err(CommitError::Unknown) => Err(Fault::Unknown),
        }
    }

    async fn stored_key(&self) -> Result<Option<PrivateKey>, Fault> {
        let key = self.store.get::<AuditKey>(&self.realm, &AuditKey::the_id()).await?;
        Ok(key.map(|key| key.open(&self.ring)).transpose()?)
    }
}

/// Not an instant far ahead either: waiting for it would keep a clock that was wrong once from being put right.
fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    now.since(at).max(at.since(now)) < CHECKPOINT_EVERY
}
