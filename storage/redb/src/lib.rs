//! The storage engine for one node, on redb.
//!
//! Reads are answered where they are asked, from a snapshot. Writes go to one thread, which takes all that wait into one
//! transaction and answers when it is durable. The handle of the database stands behind a gate that closes and opens it
//! again after a fault of the disk; until then calls are answered `Unavailable`.

mod asked;
mod fault;
mod gate;
mod group;
mod job;
mod judge;
mod key;
pub mod metrics;
mod read;
mod row;
mod source;
mod tables;
mod write;
mod writer;

#[cfg(test)]
mod tests;

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use async_trait::async_trait;
use protocol::Timestamp;
use storage::{
    StorageError,
    engine::{
        Batch, BatchId, Changes, Cursor, Engine, Found, IndexKey, Key, Outcome, Position, Range,
        Row, Swept,
    },
};
use tokio::sync::{Semaphore, oneshot};

use crate::{
    fault::Fault,
    gate::Gate,
    job::{Job, Message, ROOM_UNITS, room_of},
    source::{Disk, Memory, Source},
    tables::Snapshot,
    writer::Writer,
};

/// How a store is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Memory for pages of the file, in bytes.
    pub cache_size_bytes: usize,
}

impl Default for Options {
    /// 32 MiB.
    fn default() -> Self {
        Self { cache_size_bytes: 32 * 1024 * 1024 }
    }
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or this one, has it open.
    #[error("the store is held by another process")]
    Held,
    /// A release wrote it that orders it otherwise on disk.
    #[error("the store has layout {found}, this release reads layout {readable}")]
    Layout {
        /// What it has.
        found: u64,
        /// What is read.
        readable: u64,
    },
    /// A later release wrote rows in it that this one cannot read.
    #[error("the store has rows of encoding {found}, this release reads up to {readable_max}")]
    Schema {
        /// The latest in it.
        found: u64,
        /// The latest that is read.
        readable_max: u16,
    },
    /// The file system said no.
    #[error("the store cannot be opened: {0}")]
    Io(#[from] io::Error),
    /// It is not a store, or it is damaged.
    #[error("the store cannot be opened: {0}")]
    Failed(String),
}

/// An open store. Dropping it waits for what was asked before, and closes it so that it opens quickly again.
pub struct Redb {
    gate: Arc<Gate>,
    room: Arc<Semaphore>,
    messages: Option<SyncSender<Message>>,
    writer: Option<JoinHandle<()>>,
}

impl Redb {
    /// Opens the store in the file at `path`; makes it, readable by this user only, if there is none.
    pub fn open(path: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        Self::from_source(Box::new(Disk::new(path.as_ref(), options)))
    }

    /// A store in memory, for tests.
    pub fn in_memory() -> Result<Self, OpenError> {
        Self::from_source(Box::new(Memory))
    }

    fn from_source(source: Box<dyn Source>) -> Result<Self, OpenError> {
        let gate = Arc::new(Gate::open(source.open()?));
        // A job has a unit of room at least; a fault has none, and is told once for each handle.
        let (sender, messages) = sync_channel(ROOM_UNITS + FAULTS_MAX);
        let writer = Writer::new(gate.clone(), source, messages);
        let writer =
            std::thread::Builder::new().name("storage-writer".into()).spawn(|| writer.run())?;
        Ok(Self {
            gate,
            room: Arc::new(Semaphore::new(ROOM_UNITS)),
            messages: Some(sender),
            writer: Some(writer),
        })
    }

    fn read<T>(
        &self,
        question: impl FnOnce(&Snapshot) -> Result<T, Fault>,
    ) -> Result<T, StorageError> {
        self.gate.ask(
            |database| question(&Snapshot::new(database)?),
            |generation| {
                // Where there is no place the writer is busy, and meets the fault itself.
                drop(
                    self.messages
                        .as_ref()
                        .map(|messages| messages.try_send(Message::Fault(generation))),
                );
            },
        )
    }

    /// Asks the writer. Without an answer the outer error tells whether the question reached it.
    async fn ask_writer<Q, A>(
        &self,
        question: Q,
        units: u32,
        message: impl FnOnce(Job<Q, A>) -> Message,
    ) -> Result<A, NoAnswer> {
        let room =
            self.room.clone().acquire_many_owned(units).await.map_err(|_| NoAnswer::NotAsked)?;
        let (answer, answered) = oneshot::channel();
        let messages = self.messages.as_ref().ok_or(NoAnswer::NotAsked)?;
        messages
            .try_send(message(Job { question, answer, room }))
            .map_err(|_| NoAnswer::NotAsked)?;
        answered.await.map_err(|_| NoAnswer::Lost)
    }
}

/// Places for faults that are told while all room is taken.
const FAULTS_MAX: usize = 8;

enum NoAnswer {
    NotAsked,
    Lost,
}

impl From<NoAnswer> for StorageError {
    fn from(_: NoAnswer) -> Self {
        Self::Unavailable { reason: "the writer of the store has ended".into() }
    }
}

impl Drop for Redb {
    fn drop(&mut self) {
        drop(self.messages.take());
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the writer of the store panicked");
        }
    }
}

#[async_trait]
impl Engine for Redb {
    async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<Row>, StorageError> {
        key.validate()?;
        self.read(|snapshot| read::get(snapshot, key, now))?
    }

    async fn find(&self, index: &IndexKey, now: Timestamp) -> Result<Option<Row>, StorageError> {
        index.validate()?;
        self.read(|snapshot| read::find(snapshot, index, now))?
    }

    async fn scan(
        &self,
        range: &Range,
        after: Option<&Position>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Found>, StorageError> {
        range.validate(after, limit)?;
        self.read(|snapshot| read::scan(snapshot, range, after, (limit, now)))?
    }

    async fn commit(&self, batch: Batch) -> Outcome {
        if let Err(error) = batch.validate() {
            return Outcome::NotApplied(error);
        }
        let units = room_of(&batch);
        match self.ask_writer(batch, units, Message::Commit).await {
            Ok(outcome) => outcome,
            Err(error @ NoAnswer::NotAsked) => Outcome::NotApplied(error.into()),
            Err(NoAnswer::Lost) => Outcome::Unknown,
        }
    }

    async fn is_committed(&self, batch_id: BatchId) -> Result<bool, StorageError> {
        if self.read(|snapshot| snapshot.has_batch(batch_id.0))? {
            return Ok(true);
        }
        // It may still wait to be written: only the writer can say no.
        self.ask_writer(batch_id, 1, Message::LookUp).await?
    }

    async fn changes(&self, after: Option<Cursor>, limit: usize) -> Result<Changes, StorageError> {
        self.read(|snapshot| read::changes(snapshot, after, limit))
    }

    fn changes_overlap(&self) -> Duration {
        Duration::ZERO
    }

    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<Swept, StorageError> {
        self.ask_writer((now, limit), 1, Message::Sweep).await?
    }

    fn is_available(&self) -> bool {
        self.gate.serves_all()
    }

    /// One process holds the file, and opens it once.
    fn is_exclusive(&self) -> bool {
        true
    }
}
