//! How many requests are answered at once. Who comes when all places are taken waits a moment, and is sent away early
//! where that would not help: an answer in time for most is better than a late one for all.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use protocol::limits::Patience;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

use super::meters::Meters;

/// When somebody who was sent away should come again.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);

pub(super) struct Gate {
    places: Arc<Semaphore>,
    /// As many as there are places.
    waiting_max: usize,
    waiting: AtomicUsize,
    patience: Mutex<Patience>,
    began_at: Instant,
    meters: Arc<Meters>,
}

/// A request's place, free again when it is dropped.
pub struct Entered {
    _permit: OwnedSemaphorePermit,
    meters: Arc<Meters>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.meters.in_flight.decrement(1);
    }
}

/// There is no place, and none is near.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shed {
    /// When to come again.
    pub retry_after: Duration,
}

/// Counts who waits, also one who hangs up meanwhile.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize, max: usize) -> Option<Self> {
        let counted = count.fetch_add(1, Ordering::AcqRel);
        let waiting = Self(count);
        (counted < max).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Gate {
    pub(super) fn new(in_flight_max: usize, wait_max: Duration, meters: Arc<Meters>) -> Self {
        let in_flight_max = in_flight_max.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            places: Arc::new(Semaphore::new(in_flight_max)),
            waiting_max: in_flight_max,
            waiting: AtomicUsize::new(0),
            patience: Mutex::new(Patience::new(wait_max, Duration::ZERO)),
            began_at: Instant::now(),
            meters,
        }
    }

    pub(super) async fn enter(&self) -> Result<Entered, Shed> {
        let now = self.began_at.elapsed();
        if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
            self.patience().was_free(now);
            return Ok(self.entered(permit));
        }
        let wait = self.patience().wait(now);
        let Some(_waiting) = Waiting::new(&self.waiting, self.waiting_max) else {
            self.meters.shed_full.increment(1);
            return Err(Shed { retry_after: RETRY_AFTER });
        };
        match timeout(wait, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(self.entered(permit)),
            _ => {
                self.meters.shed_late.increment(1);
                Err(Shed { retry_after: RETRY_AFTER })
            }
        }
    }

    fn entered(&self, permit: OwnedSemaphorePermit) -> Entered {
        self.meters.in_flight.increment(1);
        Entered { _permit: permit, meters: Arc::clone(&self.meters) }
    }

    fn patience(&self) -> std::sync::MutexGuard<'_, Patience> {
        self.patience.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
