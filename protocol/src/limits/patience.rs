//! How long a request may wait for its turn when all places are taken (MISSION P4): long over a moment's crowd, and hardly
//! at all where a queue stands, which only makes everybody wait as long without anybody being served sooner.

use std::time::Duration;

/// A queue that was not empty for this long stands.
const STANDS_AFTER: Duration = Duration::from_millis(500);

/// What part of the longest wait is left where the queue stands.
const PART: u32 = 10;

/// Judges by when a place was last free. Instants are durations since any one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The longest wait.
    wait_max: Duration,
    free_at: Duration,
}

impl Patience {
    /// All places are free at `now`.
    pub const fn new(wait_max: Duration, now: Duration) -> Self {
        Self { wait_max, free_at: now }
    }

    /// Somebody found a free place without waiting.
    pub fn was_free(&mut self, now: Duration) {
        self.free_at = self.free_at.max(now);
    }

    /// Whether the queue stands.
    pub fn is_standing(&self, now: Duration) -> bool {
        now.saturating_sub(self.free_at) > STANDS_AFTER
    }

    /// How long a request that comes now may wait.
    pub fn wait(&self, now: Duration) -> Duration {
        if self.is_standing(now) { self.wait_max / PART } else { self.wait_max }
    }
}
