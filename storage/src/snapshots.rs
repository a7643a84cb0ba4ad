//! Records that are asked for often, kept in memory for as long as they are known to be what is stored.
//!
//! A record is forgotten before a commit of this node that writes it is acknowledged, and when the change log tells of one
//! of another node. Where that log was not read to its end for longer than may be, memory is not asked and the store is.
//! Where there is no other node, and the store is there, memory may always be asked: what is kept is what is stored.

use std::{sync::Arc, time::Duration};

use protocol::{Realm, Timestamp, mutant::Mutant};

use crate::{
    engine::StorageError,
    record::{Record, Stored},
    store::Store,
};

mod memory;
#[cfg(test)]
mod tests;

use memory::{Looked, Memory};

/// Where nobody else writes, what is kept is believed for so long after the change log was last read: it tells of the one
/// kind of commit that is not forgotten in time, one that nobody waited for and that was never acknowledged.
const ALONE_STALENESS_MAX: Duration = Duration::from_secs(2);

/// Records of one table, read through memory. Cheap to clone.
pub struct Snapshots<R> {
    store: Store,
    memory: Arc<Memory<R>>,
    settings: Settings,
}

// Derived `Clone` would ask for `R: Clone`.
impl<R> Clone for Snapshots<R> {
    fn clone(&self) -> Self {
        let (store, memory) = (self.store.clone(), Arc::clone(&self.memory));
        Self { store, memory, settings: self.settings }
    }
}

/// What is kept, and for how long without news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Records, about.
    pub length_max: usize,
    /// How long ago everything was last known, at most, for what is kept to be believed. Zero keeps nothing, unless nobody
    /// else writes.
    pub staleness_max: Duration,
    /// Whether it is also kept that a record does not exist. Not where anybody can ask for ids that nobody made.
    pub keeps_absence: bool,
}

impl<R: Record> Snapshots<R> {
    /// Over `store`, whose feed tells it what to forget.
    pub fn new(store: &Store, settings: Settings) -> Self {
        let memory = Arc::new(Memory::new(settings.length_max));
        if !settings.staleness_max.is_zero() || store.engine().is_exclusive() {
            store.feed().register(R::TABLE, Arc::clone(&memory) as _);
        }
        Self { store: store.clone(), memory, settings }
    }

    /// The record with this id, as it was stored at most [`Settings::staleness_max`] ago, and at most not at all ago where
    /// this node has written it, or nobody else can.
    ///
    /// # Errors
    /// It is not kept, or what is kept cannot be believed any more, and the store does not answer.
    pub async fn get(
        &self,
        realm: &Realm,
        id: &R::Id,
    ) -> Result<Option<Arc<Stored<R>>>, StorageError> {
        let Settings { keeps_absence, .. } = self.settings;
        let staleness_max = self.staleness_max();
        if staleness_max.is_zero() {
            return self.read(realm, id).await;
        }
        let (key, now) = ((realm.clone(), id.to_string()), self.store.now());
        let is_fresh = self.store.feed().is_fresh(staleness_max, now);
        let reading = match self.memory.look(&key) {
            Looked::Kept(kept) if is_fresh || Mutant::StalenessRule.is_out() => {
                return Ok(kept.filter(|stored| exists(stored, now)));
            }
            Looked::Kept(_) => self.memory.read_again(&key),
            Looked::Nothing(reading) => reading,
        };
        let read = self.read(realm, id).await?;
        if read.is_some() || keeps_absence {
            self.memory.put(key, read.clone(), reading);
        }
        Ok(read)
    }

    /// A store that is not there is asked, and says so: nothing that may be revoked is told from memory then.
    fn staleness_max(&self) -> Duration {
        let (engine, set) = (self.store.engine(), self.settings.staleness_max);
        let is_alone = engine.is_exclusive() && engine.is_available();
        if is_alone { set.max(ALONE_STALENESS_MAX) } else { set }
    }

    async fn read(
        &self,
        realm: &Realm,
        id: &R::Id,
    ) -> Result<Option<Arc<Stored<R>>>, StorageError> {
        Ok(self.store.get(realm, id).await?.map(Arc::new))
    }
}

/// Time takes it away without a word in the change log.
fn exists<R: Record>(stored: &Stored<R>, now: Timestamp) -> bool {
    stored.expires_at().is_none_or(|expires_at| now < expires_at)
}
