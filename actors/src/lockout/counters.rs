//! Counts over the store: every change under the expectation that nobody else made one, whichever process they run in.

use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use protocol::{
    AccountId, Timestamp,
    event::{Act, LockSubject},
};
use storage::{
    CommitError, StorageError, Store, Stored, account_keys::AccountKey,
    lockouts::Lockout as Counter,
};
use tokio::sync::{Mutex, MutexGuard};

use super::{
    Meters,
    rules::{Policy, is_void, locked_until},
    subjects::Names,
};
use crate::{Origin, audit::Events};

/// How often a count begins again because a counter changed under it. Within one process attempts take turns, so this
/// is about other nodes.
const TRIES_MAX: usize = 16;

/// What one attempt came to.
#[derive(Debug)]
pub(super) enum Verdict {
    Counted { at: Timestamp },
    Locked { until: Timestamp, subject: LockSubject },
    NotCounted(CommitError),
}

/// The counters of one shard.
pub(super) struct Counters {
    pub(super) store: Store,
    pub(super) events: Events,
    pub(super) policy: Policy,
    pub(super) turns: Turns,
    pub(super) meters: Meters,
}

/// One counter as it was read, and how many failures lock it.
struct Read<'a> {
    name: &'a str,
    account_id: Option<AccountId>,
    lock_subject: LockSubject,
    max: u32,
    stored: Option<Stored<Counter>>,
}

impl Counters {
    /// Counts the attempt as failed, unless it is locked.
    pub(super) async fn count(&self, names: &Names, origin: &Origin) -> Verdict {
        let _turn = self.turns.of(names).await;
        let mut tried = self.try_count(names, origin).await;
        for _ in 1..TRIES_MAX {
            let Err(CommitError::Refused(_)) = tried else { break };
            tried = self.try_count(names, origin).await;
        }
        tried.unwrap_or_else(Verdict::NotCounted)
    }

    async fn try_count(&self, names: &Names, origin: &Origin) -> Result<Verdict, CommitError> {
        let mut batch = self.store.batch();
        let counters = self.read(names).await?;
        if let Some(locked) = locked(&counters, batch.now()) {
            return Ok(locked);
        }
        let mut locks = Vec::new();
        for read in &counters {
            let mut counter = match &read.stored {
                Some(stored) => stored.record.clone(),
                None => read.zero(names, batch.now()),
            };
            if let Some(lock) = self.policy.count(&mut counter, read.max, batch.now()) {
                let (subject, seconds) = (read.lock_subject, lock.as_secs());
                let event =
                    origin.event_of_node(read.account_id, Act::LockedOut { subject, seconds });
                self.even_out(read.lock_subject, names).await?;
                self.events.record(&names.realm, &mut batch, event).await?;
                locks.push(subject);
            }
            match &read.stored {
                Some(stored) => batch.replace(stored, &counter),
                None => batch.create(&counter),
            };
        }
        let at = batch.now();
        self.store.commit(batch).await?;
        locks.into_iter().for_each(|subject| self.meters.locked(subject));
        Ok(Verdict::Counted { at })
    }

    /// What the counters say of an attempt now, without counting it.
    pub(super) async fn judge(&self, names: &Names) -> Verdict {
        let now = self.store.now();
        match self.read(names).await {
            Ok(counters) => locked(&counters, now).unwrap_or(Verdict::Counted { at: now }),
            Err(error) => Verdict::NotCounted(error.into()),
        }
    }

    /// Clears after a success: the subject's failures are forgotten, the address gets back this one attempt and no
    /// more, or one good account would pay for guesses at all others.
    ///
    /// May be lost, which leaves the attempt counted as failed.
    pub(super) async fn clear(&self, names: &Names, counted_at: Timestamp) {
        let _turn = self.turns.of(names).await;
        let mut tried = self.try_clear(names, counted_at).await;
        for _ in 1..TRIES_MAX {
            let Err(CommitError::Refused(_)) = tried else { break };
            tried = self.try_clear(names, counted_at).await;
        }
        if let Err(error) = tried {
            tracing::warn!(%error, "a success stays counted as a failed attempt");
        }
    }

    async fn try_clear(&self, names: &Names, counted_at: Timestamp) -> Result<(), CommitError> {
        let mut batch = self.store.batch();
        for read in self.read(names).await? {
            let Some(stored) = read.stored else { continue };
            let is_address = read.lock_subject == LockSubject::Address;
            let mut counter = stored.record.clone();
            if is_address {
                self.policy.give_back(&mut counter, read.max, counted_at);
            }
            match () {
                () if !is_address || is_void(&counter) => batch.delete(&stored),
                () if counter != stored.record => batch.replace(&stored, &counter),
                () => continue,
            };
        }
        if !batch.is_empty() {
            self.store.commit(batch).await?;
        }
        Ok(())
    }

    async fn read<'a>(&self, names: &'a Names) -> Result<Vec<Read<'a>>, StorageError> {
        let Policy { failures_max, address_failures_max, .. } = self.policy;
        let subject = Read {
            name: &names.subject,
            account_id: names.account_id,
            lock_subject: names.lock_subject(),
            max: failures_max,
            stored: self.store.lockout(&names.realm, &names.subject).await?,
        };
        let Some(name) = &names.address else { return Ok(vec![subject]) };
        let address = Read {
            name,
            account_id: None,
            lock_subject: LockSubject::Address,
            max: address_failures_max,
            stored: self.store.lockout(&names.realm, name).await?,
        };
        Ok(vec![subject, address])
    }

    /// The event of an account is sealed under a key that is read. Where there is no account as much is read, or the
    /// time of the answer would tell so.
    async fn even_out(&self, subject: LockSubject, names: &Names) -> Result<(), StorageError> {
        if subject == LockSubject::Unknown {
            let nobody = AccountId::new(self.store.randomness());
            self.store.get::<AccountKey>(&names.realm, &nobody).await?;
        }
        Ok(())
    }
}

impl Read<'_> {
    fn zero(&self, names: &Names, now: Timestamp) -> Counter {
        Counter {
            subject: self.name.to_owned(),
            realm: names.realm.clone(),
            account_id: self.account_id,
            failures: 0,
            first_failed_at: now,
            last_failed_at: now,
            locks: 0,
            locked_until: None,
            expires_at: now,
        }
    }
}

/// The lock that lasts longest, if there is one.
fn locked(counters: &[Read<'_>], now: Timestamp) -> Option<Verdict> {
    let locks = counters.iter().filter_map(|read| {
        let until = locked_until(read.stored.as_deref()?, now)?;
        Some((until, read.lock_subject))
    });
    let (until, subject) = locks.max_by_key(|(until, _)| *until)?;
    Some(Verdict::Locked { until, subject })
}

/// Attempts from one address take turns, as its counter is one record for all shards. A bounded number of turns, each
/// for many addresses. They spare commits that would be refused; what holds, holds by expectations.
#[derive(Clone)]
pub(super) struct Turns {
    turns: Arc<[Mutex<()>; 64]>,
    hasher: RandomState,
}

impl Turns {
    pub(super) fn new() -> Self {
        let turns = Arc::new(std::array::from_fn(|_| Mutex::new(())));
        Self { turns, hasher: RandomState::new() }
    }

    async fn of(&self, names: &Names) -> Option<MutexGuard<'_, ()>> {
        let address = names.address.as_ref()?;
        let index = self.hasher.hash_one((&names.realm, address)) % self.turns.len() as u64;
        let turn = self.turns.get(usize::try_from(index).ok()?)?;
        Some(turn.lock().await)
    }
}
