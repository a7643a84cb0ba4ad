//! A clock that stands still until it is advanced.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use protocol::{Clock, Timestamp};

/// It begins in the autumn of 2026.
pub(super) struct TestClock(AtomicU64);

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicU64::new(1_790_000_000_000))
    }
}

impl TestClock {
    pub(super) fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).expect("fewer than five hundred million years");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}
