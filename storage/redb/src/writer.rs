//! The one thread that writes: it takes every waiting batch into one transaction, and brings the store back after a fault.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use storage::{
    StorageError,
    engine::{BatchId, Outcome},
};
use tokio::time::Instant;

use crate::{
    asked::Asked,
    fault::Fault,
    gate::Gate,
    group::{self, Verdicts},
    job::{Commit, Group, LookUp, Message, Sweep},
    metrics::Meters,
    source::Source,
    tables::Snapshot,
};

/// How long apart attempts to come back are: doubling from the first to the last.
const RETRY_FIRST: Duration = Duration::from_millis(20);
const RETRY_LAST: Duration = Duration::from_secs(2);

/// A fault that comes later than this after the one before is a new one.
const CALM: Duration = Duration::from_secs(10);

/// For how many of its own last commits the writer lets others run before it commits, and for how long at most. A commit
/// costs the processor the same for one batch as for thirty, so what is about to come had better be in it.
const GATHER_COMMITS: u32 = 2;
const GATHER_MAX: Duration = Duration::from_millis(20);

/// How often in a row others may have run without a batch coming of it.
const VAIN_MAX: u32 = 4;

pub(crate) struct Writer {
    gate: Arc<Gate>,
    source: Box<dyn Source>,
    messages: Receiver<Message>,
    meters: Meters,
    condition: Condition,
    asked: Asked,
    last_commit: Duration,
    retry: Duration,
    faulted_at: Option<Instant>,
}

enum Condition {
    /// Commits are served.
    Serving,
    /// They are not. Reads are, if the gate is open.
    Waiting { is_open: bool, reason: String, retry_at: Instant },
}

impl Writer {
    pub(crate) fn new(
        gate: Arc<Gate>,
        source: Box<dyn Source>,
        messages: Receiver<Message>,
    ) -> Self {
        Self {
            gate,
            source,
            messages,
            meters: Meters::new(),
            condition: Condition::Serving,
            asked: Asked::default(),
            last_commit: Duration::ZERO,
            retry: RETRY_FIRST,
            faulted_at: None,
        }
    }

    /// Serves until nobody can ask any more; what was asked before is done.
    pub(crate) fn run(mut self) {
        loop {
            let message = match &self.condition {
                Condition::Serving => {
                    self.messages.recv().map_err(|_| RecvTimeoutError::Disconnected)
                }
                Condition::Waiting { retry_at, .. } => {
                    self.messages.recv_timeout(retry_at.saturating_duration_since(Instant::now()))
                }
            };
            match message {
                Ok(message) => self.serve(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.retry();
        }
    }

    /// What waits, and what comes of letting the threads run that wait for this core: on an idle core there are none, and
    /// nothing is waited for.
    fn gather(&self, first: Message) -> Group {
        let mut group = Group::default();
        group.add(first);
        let until = Instant::now() + GATHER_MAX.min(self.last_commit * GATHER_COMMITS);
        let mut vain = 0;
        while !group.is_full() {
            match self.messages.try_recv() {
                Ok(message) => {
                    group.add(message);
                    vain = 0;
                }
                Err(_) if vain == VAIN_MAX || Instant::now() > until => break,
                Err(_) => {
                    vain += 1;
                    std::thread::yield_now();
                }
            }
        }
        group
    }

    fn serve(&mut self, first: Message) {
        let group = self.gather(first);
        if group.fault.is_some_and(|generation| generation == self.gate.generation()) {
            self.fault("a read failed");
        }
        match &self.condition {
            Condition::Serving => self.write(group),
            Condition::Waiting { reason, .. } => {
                let why = StorageError::Unavailable { reason: reason.clone() };
                group
                    .commits
                    .into_iter()
                    .for_each(|job| job.answer(Outcome::NotApplied(why.clone())));
                group.sweeps.into_iter().for_each(|job| job.answer(Err(why.clone())));
                self.look_up(group.look_ups);
            }
        }
    }

    fn write(&mut self, group: Group) {
        let Group { commits, sweeps, look_ups, .. } = group;
        if !commits.is_empty() || !sweeps.is_empty() {
            let verdicts = self.transact(&commits, &sweeps);
            self.count(&verdicts);
            let outcomes = commits.into_iter().zip(verdicts.commits);
            outcomes.for_each(|(job, outcome)| job.answer(outcome));
            sweeps.into_iter().zip(verdicts.sweeps).for_each(|(job, swept)| job.answer(swept));
        }
        self.look_up(look_ups);
    }

    fn transact(&mut self, commits: &[Commit], sweeps: &[Sweep]) -> Verdicts {
        let started_at = Instant::now();
        // Whether the commit was begun: a fault before it leaves nothing, a fault in it may leave all.
        let mut is_begun = false;
        let verdicts = caught(|| {
            self.gate.work(|database| {
                group::write(database, (commits, sweeps), &self.asked, &mut is_begun)
            })
        });
        match verdicts {
            Ok(verdicts) => {
                self.last_commit = started_at.elapsed();
                self.meters.commit_seconds.record(self.last_commit);
                let batches = u32::try_from(commits.len()).unwrap_or(u32::MAX);
                self.meters.group_batches.record(batches);
                verdicts
            }
            Err(fault) => {
                self.fault(fault.reason());
                let outcome = |commit: &Commit| self.resolve(commit.question.id, is_begun, &fault);
                Verdicts {
                    commits: commits.iter().map(outcome).collect(),
                    sweeps: sweeps.iter().map(|_| Err(fault.clone().into())).collect(),
                }
            }
        }
    }

    fn count(&self, verdicts: &Verdicts) {
        for outcome in &verdicts.commits {
            match outcome {
                Outcome::Refused(_) => self.meters.refused.increment(1),
                Outcome::Unknown => self.meters.unknown.increment(1),
                Outcome::Committed | Outcome::NotApplied(_) => {}
            }
        }
        let rows: usize = verdicts.sweeps.iter().flatten().map(|swept| swept.rows).sum();
        self.meters.swept_rows.increment(u64::try_from(rows).unwrap_or(0));
    }

    /// What became of a batch whose transaction failed. redb says of a commit that failed that it is there whole or not
    /// at all, and does not say which: the store that was opened again does.
    fn resolve(&self, id: BatchId, is_begun: bool, fault: &Fault) -> Outcome {
        match self.has(id) {
            Ok(true) => Outcome::Committed,
            Err(_) if is_begun => Outcome::Unknown,
            Ok(false) | Err(_) => Outcome::NotApplied(fault.clone().into()),
        }
    }

    fn has(&self, id: BatchId) -> Result<bool, Fault> {
        caught(|| self.gate.work(|database| Snapshot::new(database)?.has_batch(id.0)))
    }

    /// Answers whether batches were committed: whatever came before the question has been decided by now.
    fn look_up(&mut self, look_ups: Vec<LookUp>) {
        for job in look_ups {
            let id = job.question;
            let found = self.has(id);
            if let Ok(false) = found {
                self.asked.never(id);
            }
            job.answer(found.map_err(StorageError::from));
        }
    }

    /// Closes the handle and opens it again: reads come back at once if the file can be read.
    fn fault(&mut self, reason: &str) {
        tracing::error!(reason, "the store failed and is opened again");
        let now = Instant::now();
        if self.faulted_at.is_none_or(|at| now.duration_since(at) > CALM) {
            self.retry = RETRY_FIRST;
        }
        self.faulted_at = Some(now);
        self.meters.available.set(0);
        self.gate.shut(reason);
        self.reopen(reason);
    }

    fn reopen(&mut self, reason: &str) {
        self.meters.reopenings.increment(1);
        let reopened =
            caught(|| self.source.reopen().map_err(|error| Fault::Handle(error.to_string())));
        match reopened {
            Ok(database) => {
                self.gate.reopen(database);
                self.wait(true, reason);
            }
            Err(fault) => {
                self.gate.shut(fault.reason());
                self.wait(false, fault.reason());
            }
        }
    }

    fn wait(&mut self, is_open: bool, reason: &str) {
        let retry_at = Instant::now() + self.retry;
        self.retry = RETRY_LAST.min(self.retry * 2);
        self.condition = Condition::Waiting { is_open, reason: reason.into(), retry_at };
    }

    /// Sees whether commits can be served again, when it is time to.
    fn retry(&mut self) {
        let Condition::Waiting { is_open, reason, retry_at } = &self.condition else { return };
        if Instant::now() < *retry_at {
            return;
        }
        if !is_open {
            let reason = reason.clone();
            return self.reopen(&reason);
        }
        if let Err(error) = self.source.probe() {
            return self.wait(true, &error.to_string());
        }
        match caught(|| self.gate.work(group::try_out)) {
            Ok(()) => {
                tracing::info!("the store is available again");
                self.condition = Condition::Serving;
                self.gate.serve_all(true);
                self.meters.available.set(1);
            }
            Err(fault) => self.fault(fault.reason()),
        }
    }
}

impl Drop for Writer {
    /// Closes the store: also should the thread die.
    fn drop(&mut self) {
        self.meters.available.set(0);
        self.gate.shut("it is closed");
    }
}

/// A panic in redb is a fault of the handle and not the end of the writer.
fn caught<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Fault::Handle("redb panicked".into())))
}
