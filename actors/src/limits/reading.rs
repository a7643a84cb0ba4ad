//! How many requests are waited for whose body is not here yet: as many as are answered at once. They hold no place among
//! those, so nobody takes places by sending nothing. Where one more comes, who has been sending longest gives way: whoever
//! sends what they announced is long done by then.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use tokio::sync::oneshot;

use super::{
    gate::{RETRY_AFTER, Shed},
    meters::Meters,
};

pub(super) struct Readings {
    length_max: usize,
    under_way: Mutex<UnderWay>,
    meters: Arc<Meters>,
}

#[derive(Default)]
struct UnderWay {
    begun: u64,
    /// By when they began. Who finds their sender gone gives way.
    bodies: BTreeMap<u64, oneshot::Sender<()>>,
}

/// One body that is waited for, until it is dropped.
struct Reading<'a> {
    readings: &'a Readings,
    number: u64,
}

impl Readings {
    pub(super) fn new(length_max: usize, meters: Arc<Meters>) -> Self {
        Self { length_max: length_max.max(1), under_way: Mutex::default(), meters }
    }

    /// Waits for `reading`, which bounds itself in bytes and in time.
    ///
    /// # Errors
    /// It took longer than as many others that began after it.
    pub(super) async fn wait<T>(&self, reading: impl Future<Output = T>) -> Result<T, Shed> {
        let mut reading = pin!(reading);
        // Most bodies come with their heads.
        let at_once = poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await;
        if let Poll::Ready(read) = at_once {
            return Ok(read);
        }
        let (_reading, gives_way) = self.begin();
        tokio::select! {
            biased;
            read = reading => Ok(read),
            _ = gives_way => {
                self.meters.shed_full.increment(1);
                Err(Shed { retry_after: RETRY_AFTER })
            }
        }
    }

    fn begin(&self) -> (Reading<'_>, oneshot::Receiver<()>) {
        let (stays, gives_way) = oneshot::channel();
        let mut under_way = self.under_way();
        if under_way.bodies.len() >= self.length_max {
            under_way.bodies.pop_first();
        }
        let number = under_way.begun;
        under_way.begun += 1;
        under_way.bodies.insert(number, stays);
        (Reading { readings: self, number }, gives_way)
    }

    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.readings.under_way().bodies.remove(&self.number);
    }
}
