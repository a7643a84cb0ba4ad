//! What is asked of the writer, and how much of it may wait.

use protocol::Timestamp;
use storage::{
    StorageError,
    engine::{Batch, BatchId, Outcome, Swept},
};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Room for what waits: units of [`UNIT_BYTES`], at least one a job. Who finds none waits for it.
pub(crate) const ROOM_UNITS: usize = 4_096;
const UNIT_BYTES: usize = 16 * 1024;

/// Batches, and bytes of them, that share one commit.
const GROUP_BATCHES_MAX: usize = 1_024;
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The room that a batch takes, in units.
pub(crate) fn room_of(batch: &Batch) -> u32 {
    u32::try_from(1 + batch.bytes() / UNIT_BYTES).unwrap_or(u32::MAX)
}

/// One question and where its answer goes. It keeps its room until it is answered.
pub(crate) struct Job<Q, A> {
    pub(crate) question: Q,
    pub(crate) answer: oneshot::Sender<A>,
    pub(crate) room: OwnedSemaphorePermit,
}

impl<Q, A> Job<Q, A> {
    /// Answers; nobody may be listening any more.
    pub(crate) fn answer(self, answer: A) {
        let Self { answer: to, room, .. } = self;
        drop(room);
        drop(to.send(answer));
    }
}

pub(crate) type Commit = Job<Batch, Outcome>;
pub(crate) type LookUp = Job<BatchId, Result<bool, StorageError>>;
pub(crate) type Sweep = Job<(Timestamp, usize), Result<Swept, StorageError>>;

/// What reaches the writer.
pub(crate) enum Message {
    Commit(Commit),
    LookUp(LookUp),
    Sweep(Sweep),
    /// A read failed on the handle of this generation.
    Fault(u64),
}

/// What shares one commit.
#[derive(Default)]
pub(crate) struct Group {
    pub(crate) commits: Vec<Commit>,
    pub(crate) sweeps: Vec<Sweep>,
    /// Answered after the commits that came before them.
    pub(crate) look_ups: Vec<LookUp>,
    pub(crate) fault: Option<u64>,
    bytes: usize,
}

impl Group {
    pub(crate) fn add(&mut self, message: Message) {
        match message {
            Message::Commit(commit) => {
                self.bytes += commit.question.bytes();
                self.commits.push(commit);
            }
            Message::LookUp(look_up) => self.look_ups.push(look_up),
            Message::Sweep(sweep) => self.sweeps.push(sweep),
            Message::Fault(generation) => self.fault = Some(generation),
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= GROUP_BYTES_MAX
            || self.commits.len() + self.sweeps.len() + self.look_ups.len() >= GROUP_BATCHES_MAX
    }
}
