//! An engine that counts what it is asked, and fails when it is told to.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use protocol::Timestamp;
use storage::{
    Engine, StorageError,
    engine::{
        Batch, BatchId, Changes, Cursor, Found, IndexKey, Key, Outcome, Position, Range, Row, Swept,
    },
};

use super::gates::{Gates, Held};

/// What was done between two questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Work {
    /// Passwords hashed.
    pub(crate) hashes: u64,
    /// Rows and pages read.
    pub(crate) reads: u64,
    /// Batches committed, or tried.
    pub(crate) commits: u64,
    /// Rows in those batches.
    pub(crate) rows: u64,
}

/// Stands before another engine.
pub(crate) struct Watched {
    engine: Arc<dyn Engine>,
    is_down: AtomicBool,
    takes_no_writes: AtomicBool,
    hesitates: AtomicBool,
    hears_nothing: AtomicBool,
    is_shared: AtomicBool,
    reads: AtomicU64,
    commits: AtomicU64,
    rows: AtomicU64,
    hashes_before: AtomicU64,
    gates: Gates,
}

impl Watched {
    /// `is_shared` where other nodes of the world stand over the same engine.
    pub(super) fn new(engine: Arc<dyn Engine>, is_shared: bool) -> Self {
        Self {
            engine,
            is_down: AtomicBool::default(),
            takes_no_writes: AtomicBool::default(),
            hesitates: AtomicBool::default(),
            hears_nothing: AtomicBool::default(),
            is_shared: is_shared.into(),
            reads: AtomicU64::default(),
            commits: AtomicU64::default(),
            rows: AtomicU64::default(),
            hashes_before: AtomicU64::default(),
            gates: Gates::default(),
        }
    }

    /// What is behind it, for another node of this world.
    pub(super) fn behind(&self) -> Arc<dyn Engine> {
        self.is_shared.store(true, Ordering::SeqCst);
        Arc::clone(&self.engine)
    }

    /// From now on the change log is not read, and all else is.
    pub(crate) fn hear_nothing(&self) {
        self.hears_nothing.store(true, Ordering::SeqCst);
    }

    /// From now on nothing is read or written.
    pub(crate) fn go_down(&self) {
        self.is_down.store(true, Ordering::SeqCst);
    }

    /// From now on nothing is written.
    pub(crate) fn take_no_writes(&self) {
        self.takes_no_writes.store(true, Ordering::SeqCst);
    }

    /// From now on every call waits a moment before and after, as one to a server elsewhere does.
    pub(crate) fn hesitate(&self) {
        self.hesitates.store(true, Ordering::SeqCst);
    }

    async fn waits(&self) {
        if self.hesitates.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
    }

    /// All is well again.
    pub(crate) fn come_back(&self) {
        self.is_down.store(false, Ordering::SeqCst);
        self.hears_nothing.store(false, Ordering::SeqCst);
        self.takes_no_writes.store(false, Ordering::SeqCst);
    }

    /// Holds the next commit that writes `table`, until it is let through.
    pub(crate) fn hold(&self, table: &'static str) -> Held {
        self.gates.close(table)
    }

    pub(super) fn work(&self, hashes: u64) -> Work {
        Work {
            hashes: hashes - self.hashes_before.swap(hashes, Ordering::SeqCst),
            reads: self.reads.swap(0, Ordering::SeqCst),
            commits: self.commits.swap(0, Ordering::SeqCst),
            rows: self.rows.swap(0, Ordering::SeqCst),
        }
    }

    /// Counts a read of a table.
    fn read_of(&self, table: &str) -> Result<&dyn Engine, StorageError> {
        let counts = !is_of_timers(table) && table != "events";
        self.reads.fetch_add(u64::from(counts), Ordering::SeqCst);
        self.read()
    }

    fn read(&self) -> Result<&dyn Engine, StorageError> {
        if self.is_down.load(Ordering::SeqCst) { Err(down()) } else { Ok(&*self.engine) }
    }
}

/// Whether only timers write a table: what they do is nobody's work, and comes when it comes.
fn is_of_timers(table: &str) -> bool {
    ["audit_", "lease", "fence", "signing_key", "refusals", "settings", "limit_", "logout_"]
        .iter()
        .any(|head| table.starts_with(head))
}

fn down() -> StorageError {
    StorageError::Unavailable { reason: "told to be down".into() }
}

#[async_trait]
impl Engine for Watched {
    async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<Row>, StorageError> {
        self.waits().await;
        let row = self.read_of(key.table)?.get(key, now).await;
        self.waits().await;
        row
    }

    async fn find(&self, index: &IndexKey, now: Timestamp) -> Result<Option<Row>, StorageError> {
        self.read_of(index.table)?.find(index, now).await
    }

    async fn scan(
        &self,
        range: &Range,
        after: Option<&Position>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Found>, StorageError> {
        self.waits().await;
        self.read_of(range.table)?.scan(range, after, limit, now).await
    }

    async fn commit(&self, batch: Batch) -> Outcome {
        let tables = || batch.writes.iter().map(|write| write.key().table);
        if !tables().any(is_of_timers) {
            self.commits.fetch_add(1, Ordering::SeqCst);
            self.rows.fetch_add(batch.writes.len() as u64, Ordering::SeqCst);
        }
        for table in tables() {
            self.gates.pass(table).await;
        }
        let refuses =
            self.is_down.load(Ordering::SeqCst) || self.takes_no_writes.load(Ordering::SeqCst);
        self.waits().await;
        let outcome =
            if refuses { Outcome::NotApplied(down()) } else { self.engine.commit(batch).await };
        self.waits().await;
        outcome
    }

    async fn is_committed(&self, batch_id: BatchId) -> Result<bool, StorageError> {
        self.read()?.is_committed(batch_id).await
    }

    async fn changes(&self, after: Option<Cursor>, limit: usize) -> Result<Changes, StorageError> {
        if self.hears_nothing.load(Ordering::SeqCst) {
            return Err(down());
        }
        self.read()?.changes(after, limit).await
    }

    fn changes_overlap(&self) -> Duration {
        self.engine.changes_overlap()
    }

    async fn hint(&self) {
        self.engine.hint().await
    }

    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<Swept, StorageError> {
        self.read()?.sweep(now, limit).await
    }

    fn is_available(&self) -> bool {
        !self.is_down.load(Ordering::SeqCst) && self.engine.is_available()
    }

    fn is_exclusive(&self) -> bool {
        !self.is_shared.load(Ordering::SeqCst) && self.engine.is_exclusive()
    }
}
