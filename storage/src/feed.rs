//! What this node has been told of changes, its own and those of others: who keeps what was read and must forget it, and
//! since when they are known to have been told everything.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use protocol::{Realm, Timestamp};

use crate::engine::{Change, Key, Write};

mod reader;
#[cfg(test)]
mod tests;

pub use reader::{Polled, Reader};

/// Keeps what was read of one table. Forgetting too much is never wrong.
pub trait Forget: Send + Sync + 'static {
    /// This row may be another now. A read of it that is under way may have found the old one.
    fn forget(&self, realm: &Realm, id: &str);

    /// Any row may be another now.
    fn forget_all(&self);
}

/// Tells of changes. One for each [`crate::Store`] and its clones.
#[derive(Default)]
pub struct Feed {
    /// In milliseconds; zero is never.
    fresh_at: AtomicU64,
    forgetters: RwLock<Vec<Forgetter>>,
}

struct Forgetter {
    table: &'static str,
    forgets: Arc<dyn Forget>,
}

impl Feed {
    /// From now on `forgets` is told of changes of `table`. For parts that are there as long as the process; each once.
    pub fn register(&self, table: &'static str, forgets: Arc<dyn Forget>) {
        let mut forgetters = self.forgetters.write().unwrap_or_else(PoisonError::into_inner);
        forgetters.push(Forgetter { table, forgets });
    }

    /// Everybody has been told of whatever was acknowledged before this instant, on any node.
    pub fn fresh_at(&self) -> Option<Timestamp> {
        match self.fresh_at.load(Ordering::Acquire) {
            0 => None,
            at => Some(Timestamp::from_millis(at)),
        }
    }

    /// Whether [`Self::fresh_at`] is at most `staleness_max` ago. An instant as far ahead proves nothing: the clock was set
    /// back since.
    pub fn is_fresh(&self, staleness_max: Duration, now: Timestamp) -> bool {
        self.fresh_at().is_some_and(|at| now.since(at).max(at.since(now)) <= staleness_max)
    }

    /// What must be forgotten when these writes were tried, whatever came of it: forgotten when this is dropped.
    pub(crate) fn forgets(&self, writes: &[Write]) -> Forgets<'_> {
        let forgetters = self.forgetters.read().unwrap_or_else(PoisonError::into_inner);
        let is_kept = |key: &&Key| forgetters.iter().any(|kept| kept.table == key.table);
        let keys = writes.iter().map(Write::key).filter(is_kept).cloned().collect();
        Forgets { feed: self, keys }
    }

    fn tell(&self, change: &Change) {
        for (table, realm, id) in &change.rows {
            self.forget(table, realm, id);
        }
    }

    fn forget(&self, table: &str, realm: &Realm, id: &str) {
        let forgetters = self.forgetters.read().unwrap_or_else(PoisonError::into_inner);
        let of_table = forgetters.iter().filter(|forgetter| forgetter.table == table);
        of_table.for_each(|forgetter| forgetter.forgets.forget(realm, id));
    }

    fn forget_all(&self) {
        let forgetters = self.forgetters.read().unwrap_or_else(PoisonError::into_inner);
        forgetters.iter().for_each(|forgetter| forgetter.forgets.forget_all());
    }

    fn is_fresh_since(&self, at: Timestamp) {
        self.fresh_at.store(at.as_millis(), Ordering::Release);
    }
}

/// Rows that somebody may keep and that may change now. A request that is cancelled forgets them too.
pub(crate) struct Forgets<'a> {
    feed: &'a Feed,
    keys: Vec<Key>,
}

impl Drop for Forgets<'_> {
    fn drop(&mut self) {
        self.keys.iter().for_each(|key| self.feed.forget(key.table, &key.realm, &key.id));
    }
}
