//! What the tests of this crate share: a clock to advance, chance that repeats, a store in memory that can fail.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use protocol::{Clock, KeyRing, MasterKey, Randomness, Timestamp};
use storage::{
    Engine, StorageError, Store,
    engine::{
        Batch, BatchId, Changes, Cursor, Found, IndexKey, Key, Outcome, Position, Range, Row, Swept,
    },
};

use tokio::sync::Notify;

use crate::audit::Events;

/// Stands still until it is advanced.
pub(crate) struct TestClock(AtomicU64);

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Different bytes at each call, the same in each run (SplitMix64).
#[derive(Default)]
pub(crate) struct Seeded(AtomicU64);

impl Randomness for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut word = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^= word >> 31;
            chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
        }
    }
}

/// An engine that fails when it is told to, and counts what it is asked.
pub(crate) struct Switched {
    engine: Arc<dyn Engine>,
    is_down: AtomicBool,
    takes_no_writes: AtomicBool,
    reads: AtomicUsize,
    commits: AtomicUsize,
    hints: Notify,
}

impl Switched {
    /// Says that there may be something new.
    pub(crate) fn give_hint(&self) {
        self.hints.notify_one();
    }

    /// From now on nothing is read or written.
    pub(crate) fn go_down(&self) {
        self.is_down.store(true, Ordering::SeqCst);
    }

    /// From now on nothing is written.
    pub(crate) fn take_no_writes(&self) {
        self.takes_no_writes.store(true, Ordering::SeqCst);
    }

    /// All is well again.
    pub(crate) fn come_back(&self) {
        self.is_down.store(false, Ordering::SeqCst);
        self.takes_no_writes.store(false, Ordering::SeqCst);
    }

    /// Reads and commits since this was last asked.
    pub(crate) fn work(&self) -> (usize, usize) {
        (self.reads.swap(0, Ordering::SeqCst), self.commits.swap(0, Ordering::SeqCst))
    }

    fn read(&self) -> Result<&dyn Engine, StorageError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        if self.is_down.load(Ordering::SeqCst) { Err(down()) } else { Ok(&*self.engine) }
    }
}

fn down() -> StorageError {
    StorageError::Unavailable { reason: "told to be down".into() }
}

#[async_trait]
impl Engine for Switched {
    async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<Row>, StorageError> {
        self.read()?.get(key, now).await
    }

    async fn find(&self, index: &IndexKey, now: Timestamp) -> Result<Option<Row>, StorageError> {
        self.read()?.find(index, now).await
    }

    async fn scan(
        &self,
        range: &Range,
        after: Option<&Position>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Found>, StorageError> {
        self.read()?.scan(range, after, limit, now).await
    }

    async fn commit(&self, batch: Batch) -> Outcome {
        self.commits.fetch_add(1, Ordering::SeqCst);
        let refuses =
            self.is_down.load(Ordering::SeqCst) || self.takes_no_writes.load(Ordering::SeqCst);
        if refuses { Outcome::NotApplied(down()) } else { self.engine.commit(batch).await }
    }

    async fn is_committed(&self, batch_id: BatchId) -> Result<bool, StorageError> {
        self.read()?.is_committed(batch_id).await
    }

    async fn changes(&self, after: Option<Cursor>, limit: usize) -> Result<Changes, StorageError> {
        self.read()?.changes(after, limit).await
    }

    fn changes_overlap(&self) -> Duration {
        self.engine.changes_overlap()
    }

    async fn hint(&self) {
        self.hints.notified().await;
    }

    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<Swept, StorageError> {
        self.read()?.sweep(now, limit).await
    }

    fn is_available(&self) -> bool {
        !self.is_down.load(Ordering::SeqCst) && self.engine.is_available()
    }
}

/// What an actor stands on.
pub(crate) struct Ground {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) engine: Arc<Switched>,
    pub(crate) randomness: Arc<Seeded>,
    pub(crate) store: Store,
    pub(crate) ring: Arc<KeyRing>,
    pub(crate) events: Events,
}

impl Ground {
    /// The store as a node of its own has it: by the same clock, and hearing of the others' changes only through the log.
    pub(crate) fn store_of_another_node(&self) -> Store {
        Store::new(self.engine.clone(), self.clock.clone(), self.randomness.clone())
    }
}

/// A new store in memory, in the autumn of 2026.
pub(crate) fn ground() -> Ground {
    let clock = Arc::new(TestClock(AtomicU64::new(1_790_000_000_000)));
    let randomness = Arc::new(Seeded::default());
    let engine = Arc::new(Switched {
        engine: Arc::new(storage_redb::Redb::in_memory().expect("it is in memory")),
        is_down: AtomicBool::new(false),
        takes_no_writes: AtomicBool::new(false),
        reads: AtomicUsize::new(0),
        commits: AtomicUsize::new(0),
        hints: Notify::new(),
    });
    let ring = Arc::new(KeyRing::new(MasterKey::new(&*randomness)));
    let store = Store::new(engine.clone(), clock.clone(), randomness.clone());
    let events = Events::new(store.clone(), ring.clone(), "node");
    Ground { clock, engine, randomness, store, ring, events }
}
