//! Refusals that wait to be written: bounded, and left by who writes only once they are.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::Noted;

/// Refusals that wait: some kilobytes each, so that a full queue is a few megabytes.
const LENGTH_MAX: usize = 1_000;

/// What became of a refusal that was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offered {
    /// Queued, and it is alone: it is time to write.
    First,
    Queued,
    /// Not queued.
    Full,
}

#[derive(Default)]
pub(super) struct Waiting(Mutex<VecDeque<Arc<Noted>>>);

impl Waiting {
    pub(super) fn offer(&self, noted: Noted) -> Offered {
        let mut queue = self.lock();
        if queue.len() >= LENGTH_MAX {
            return Offered::Full;
        }
        queue.push_back(Arc::new(noted));
        if queue.len() == 1 { Offered::First } else { Offered::Queued }
    }

    /// At most `count` of those that have waited longest. They go on waiting.
    pub(super) fn first(&self, count: usize) -> Vec<Arc<Noted>> {
        self.lock().iter().take(count).cloned().collect()
    }

    /// Those wait no more. Only who writes says so, and there is one.
    pub(super) fn done(&self, written: &[Arc<Noted>]) {
        let mut queue = self.lock();
        for one in written {
            if queue.front().is_some_and(|front| Arc::ptr_eq(front, one)) {
                queue.pop_front();
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Noted>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
