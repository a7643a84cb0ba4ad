//! Threads of their own for work that would hold up everybody else.
//!
//! The pool belongs to one incarnation of an actor. Dropped, it forgets who waits, and each thread ends after its
//! present job.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tokio::sync::mpsc;

use super::{
    meters::QueueMeters,
    shelf::{Memory, Shelf},
};

/// After so long without a job, memory that is kept for the next one is given back.
const IDLE_MAX: Duration = Duration::from_secs(10);

/// What a thread carries out.
pub(super) trait Job: Send + 'static {
    /// Nobody waits for it any more.
    fn is_abandoned(&self) -> bool;
    /// Memory that it needs.
    fn memory_kib(&self) -> u64;
    /// Does it, and answers.
    fn run(self, memory: &mut Memory);
}

/// Threads that carry out jobs in the order in which they came.
pub(super) struct Pool<J> {
    line: Arc<Line<J>>,
    ended: mpsc::Receiver<Infallible>,
}

struct Line<J> {
    state: Mutex<State<J>>,
    changed: Condvar,
    shelf: Arc<Shelf>,
    meters: QueueMeters,
}

struct State<J> {
    /// As many as hold a place in the queue of the actor, at most.
    waiting: VecDeque<J>,
    is_closing: bool,
}

impl<J: Job> Pool<J> {
    /// Starts `count` threads that compute with what is on `shelf`.
    ///
    /// # Errors
    /// The machine gives no more threads; those that had started end.
    pub(super) fn start(count: usize, shelf: Arc<Shelf>, meters: QueueMeters) -> io::Result<Self> {
        let state = Mutex::new(State { waiting: VecDeque::new(), is_closing: false });
        let line = Arc::new(Line { state, changed: Condvar::new(), shelf, meters });
        let (alive, ended) = mpsc::channel(1);
        let pool = Self { line, ended };
        for index in 0..count {
            let (line, alive) = (Arc::clone(&pool.line), alive.clone());
            thread::Builder::new().name(format!("hash/{index}")).spawn(move || {
                line.work();
                drop(alive);
            })?;
        }
        Ok(pool)
    }

    /// Lets the job wait for a thread.
    pub(super) fn push(&self, job: J) {
        self.line.state().waiting.push_back(job);
        self.line.meters.waiting.increment(1);
        self.line.changed.notify_one();
    }

    /// Waits until all that was pushed is done, and every thread has ended.
    pub(super) async fn finish(&mut self) {
        self.line.close();
        let _ = self.ended.recv().await;
    }
}

impl<J> Drop for Pool<J> {
    fn drop(&mut self) {
        let forgotten = std::mem::take(&mut self.line.state().waiting);
        for _ in &forgotten {
            self.line.meters.waiting.decrement(1);
        }
        self.line.close();
    }
}

impl<J> Line<J> {
    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.state().is_closing = true;
        self.changed.notify_all();
    }

    /// Waits for a job; none when the pool closes and all are taken.
    fn next(&self) -> Option<J> {
        let mut state = self.state();
        let mut is_idle = false;
        loop {
            if let Some(job) = state.waiting.pop_front() {
                self.meters.waiting.decrement(1);
                return Some(job);
            }
            if state.is_closing {
                return None;
            }
            if is_idle {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else {
                let waited = self.changed.wait_timeout(state, IDLE_MAX);
                let (next, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                (state, is_idle) = (next, timeout.timed_out());
                if is_idle {
                    self.shelf.clear();
                }
            }
        }
    }
}

impl<J: Job> Line<J> {
    fn work(&self) {
        while let Some(job) = self.next() {
            let mut share = self.shelf.take(job.memory_kib());
            if job.is_abandoned() {
                self.meters.skipped.increment(1);
                continue;
            }
            // One hash that panics takes nobody else along; who waits for it hears that it stopped.
            if catch_unwind(AssertUnwindSafe(|| job.run(&mut share.memory))).is_err() {
                tracing::error!("a hash panicked");
            }
        }
    }
}

#[cfg(test)]
mod tests;
