//! What an engine promises. Each promise has a test in `conformance.rs`, and every engine passes all of them.

use std::{ops::Bound, time::Duration};

use async_trait::async_trait;
use protocol::{Realm, Tenant, Timestamp};

mod batch_id;
pub mod bounds;

pub use batch_id::{BatchId, NotABatchId};

/// Keeps rows. Reads see every batch that was acknowledged before they began.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// The row at `key`. An expired row does not exist.
    async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<Row>, StorageError>;

    /// The row that holds `value` in a unique index. An expired row does not exist.
    async fn find(&self, index: &IndexKey, now: Timestamp) -> Result<Option<Row>, StorageError>;

    /// At most `limit` rows of `range` after `after`, ordered by value and then by id, without expired rows.
    async fn scan(
        &self,
        range: &Range,
        after: Option<&Position>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Found>, StorageError>;

    /// All of the batch or nothing: expectations and unique indexes hold, against rows that have not expired at
    /// `batch.now`. Durable when it answers `Committed`. Conflicts within the engine are retried within a bound.
    ///
    /// A batch sent again is not applied again: while its id is kept it answers `Committed`. Dropping the future before
    /// its answer leaves all or nothing.
    async fn commit(&self, batch: Batch) -> Outcome;

    /// Whether the batch with this id was committed, while its id is kept ([`BATCH_IDS_KEPT`]).
    /// No answer to this question changes later: a batch that was not committed when this answers never will be.
    async fn is_committed(&self, batch_id: BatchId) -> Result<bool, StorageError>;

    /// At most `limit` entries of the change log after `after`, in order; `None` is the present end of the log. Fewer than
    /// `limit`, where that is no more than [`CHANGES_READ_MAX`], are all there are.
    async fn changes(&self, after: Option<Cursor>, limit: usize) -> Result<Changes, StorageError>;

    /// How much later than `Cursor::at` an entry may still appear before entries already read: the longest deadline of
    /// a transaction. Zero where commits are numbered in order.
    fn changes_overlap(&self) -> Duration;

    /// Resolves when there may be something new in the change log: only a hint, never a promise. By default it never does.
    async fn hint(&self) {
        std::future::pending().await
    }

    /// Removes at most `limit` rows that expired before `now`, batch ids and changes that need not be kept any more.
    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<Swept, StorageError>;

    /// Whether reads and commits are being served.
    fn is_available(&self) -> bool;

    /// Whether nobody else writes: no other process does, and in this one all goes through one [`crate::Store`] and its
    /// clones. What those write is forgotten before it is acknowledged, so that what they keep is what is stored.
    fn is_exclusive(&self) -> bool {
        false
    }
}

/// How long the id of a committed batch is kept, and how long a change.
pub const BATCH_IDS_KEPT: Duration = Duration::from_secs(600);

/// Changes that every engine gives at once, where there are as many.
pub const CHANGES_READ_MAX: usize = 256;

/// The address of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The table.
    pub table: &'static str,
    /// The realm.
    pub realm: Realm,
    /// The id within the realm: 1 to [`ID_BYTES_MAX`] bytes of UTF-8 without NUL.
    pub id: String,
}

/// The longest id and the longest value of an index, in bytes.
pub const ID_BYTES_MAX: usize = 512;

/// A value in an index.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IndexKey {
    /// The table.
    pub table: &'static str,
    /// The index.
    pub index: &'static str,
    /// Whose: leads the index.
    pub tenant: Tenant,
    /// The value: at most [`ID_BYTES_MAX`] bytes of UTF-8 without NUL; ordered by its bytes.
    pub value: String,
}

/// One entry of one row in an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// The index.
    pub index: &'static str,
    /// The value.
    pub value: String,
    /// Whether no other row of the tenant may hold the value.
    pub unique: bool,
}

/// A part of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The table.
    pub table: &'static str,
    /// The index; `None` goes by id, over the whole realm.
    pub index: Option<&'static str>,
    /// Whose.
    pub tenant: Tenant,
    /// The first value.
    pub from: Bound<String>,
    /// The last value.
    pub to: Bound<String>,
}

/// Where a scan stopped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The value in the index; the id where the scan goes by id.
    pub value: String,
    /// The id of the row.
    pub id: String,
}

/// A row of a scan, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it stands.
    pub position: Position,
    /// The row.
    pub row: Row,
}

/// A row as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it is.
    pub key: Key,
    /// The batch that wrote it last.
    pub version: Version,
    /// The encoding of the release that wrote it ([`crate::record::SCHEMA`]).
    pub schema: u16,
    /// A JSON object (RFC 8259). Its members may come back in another order.
    pub body: Vec<u8>,
    /// From this instant on it does not exist.
    pub expires_at: Option<Timestamp>,
}

/// Tells one state of a row from every other: the id of the batch that wrote it.
pub type Version = BatchId;

/// Writes and checks that hold together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its name.
    pub id: BatchId,
    /// The instant by which expiry is judged.
    pub now: Timestamp,
    /// Puts and deletes; at most one for each key.
    pub writes: Vec<Write>,
    /// What must hold of rows that the batch does not write.
    pub checks: Vec<Check>,
}

/// A change of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Puts a row, over what was there.
    Put {
        /// Where.
        key: Key,
        /// Whose: leads its indexes.
        tenant: Tenant,
        /// Its encoding.
        schema: u16,
        /// A JSON object.
        body: Vec<u8>,
        /// Its entries in indexes; they replace those it had.
        indexes: Vec<IndexEntry>,
        /// From when on it does not exist.
        expires_at: Option<Timestamp>,
        /// What must hold of the row before.
        expectation: Option<Expectation>,
    },
    /// Removes a row, if it is there.
    Delete {
        /// Where.
        key: Key,
        /// What must hold of the row before.
        expectation: Option<Expectation>,
    },
}

impl Write {
    /// The row that it changes.
    pub fn key(&self) -> &Key {
        match self {
            Self::Put { key, .. } | Self::Delete { key, .. } => key,
        }
    }

    /// What must hold before.
    pub fn expectation(&self) -> Option<Expectation> {
        match self {
            Self::Put { expectation, .. } | Self::Delete { expectation, .. } => *expectation,
        }
    }
}

/// What must hold of a row that the batch does not write. Two batches that each check what the other writes never
/// both commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The row.
    pub key: Key,
    /// What must hold.
    pub expectation: Expectation,
}

/// What must hold of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// It does not exist, or has expired.
    Absent,
    /// It exists, in whichever state.
    Present,
    /// It exists as this batch left it.
    Version(Version),
}

/// How a commit ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All of it is durable.
    Committed,
    /// None of it: this did not hold.
    Refused(Refusal),
    /// None of it: the engine could not.
    NotApplied(StorageError),
    /// All or none: the answer was lost. [`Engine::is_committed`] tells.
    Unknown,
}

/// What did not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An expectation on a row.
    #[error("{table} {id} is not as expected")]
    Expectation {
        /// The table of the row.
        table: &'static str,
        /// The id of the row.
        id: String,
    },
    /// A unique index.
    #[error("another row of {table} holds the value in {index}")]
    NotUnique {
        /// The table.
        table: &'static str,
        /// The index.
        index: &'static str,
    },
}

impl Refusal {
    /// The table in which it did not hold.
    pub const fn table(&self) -> &'static str {
        match self {
            Self::Expectation { table, .. } | Self::NotUnique { table, .. } => table,
        }
    }
}

/// Why a commit did not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// Something was not as expected; nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nothing was written.
    #[error(transparent)]
    NotApplied(#[from] StorageError),
    /// It could not be told whether the batch was written.
    #[error("the outcome of the batch is not known")]
    Unknown,
}

/// Why the engine did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// Not now: closed, full, cut off or too slow.
    #[error("the store is not available: {reason}")]
    Unavailable {
        /// What it says of itself, for the log.
        reason: String,
    },
    /// A row that cannot be read: written by a later release, or damaged.
    #[error("{table} {id} cannot be read: {reason}")]
    Unreadable {
        /// The table.
        table: String,
        /// The id.
        id: String,
        /// Why.
        reason: String,
    },
    /// A batch or key beyond what an engine takes: a fault of the caller.
    #[error("the batch is malformed: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// A place in the change log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    /// When the entry was made, by the engine's or the node's time.
    pub at: Timestamp,
    /// Its place among entries of the same engine.
    pub sequence: u64,
}

/// What the change log answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// What came after, in order; and where to go on from.
    Entries {
        /// The entries.
        entries: Vec<Change>,
        /// Where to go on.
        next: Cursor,
    },
    /// Entries after the cursor are gone: whoever kept something must read it again.
    Lost {
        /// Where to go on.
        next: Cursor,
    },
}

/// What one batch changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its place.
    pub cursor: Cursor,
    /// The batch.
    pub batch_id: BatchId,
    /// The rows that it wrote or deleted, as (table, realm, id).
    pub rows: Vec<(String, Realm, String)>,
}

/// What a sweep removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Expired rows.
    pub rows: usize,
    /// Whether the limit was reached, so that more may be left.
    pub is_full: bool,
}
