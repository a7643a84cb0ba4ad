//! When failures lock, for how long, and when they are forgotten.

use std::time::Duration;

use protocol::Timestamp;
use storage::lockouts::Lockout as Counter;

/// What the operator chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Attempts that may fail in a row at one account, at one identifier that nobody has, or from one known browser.
    /// The last of them locks. At least 1.
    pub failures_max: u32,
    /// Failures count together for this long after the first of them.
    pub failures_window: Duration,
    /// The first lock. Each further lock in a row is twice as long.
    pub lock_first: Duration,
    /// No lock is longer. A row of locks ends when this has passed after a lock without another.
    pub lock_longest: Duration,
    /// As `failures_max`, from one address.
    pub address_failures_max: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            failures_max: 10,
            failures_window: Duration::from_secs(15 * 60),
            lock_first: Duration::from_secs(60),
            lock_longest: Duration::from_secs(60 * 60),
            address_failures_max: 100,
        }
    }
}

impl Policy {
    /// Counts one more failure. Gives how long the lock lasts that falls with it, if one does.
    ///
    /// For a counter that is not locked ([`locked_until`]).
    pub(super) fn count(
        &self,
        counter: &mut Counter,
        max: u32,
        now: Timestamp,
    ) -> Option<Duration> {
        let since_locks = counter.locked_until.unwrap_or(counter.first_failed_at);
        if now.since(since_locks) >= self.lock_longest {
            counter.locks = 0;
        }
        let is_over = now.since(counter.first_failed_at) >= self.failures_window;
        if is_over || is_served(counter) || counter.failures == 0 {
            counter.failures = 0;
            counter.first_failed_at = now;
        }
        counter.failures = counter.failures.saturating_add(1);
        counter.last_failed_at = now;
        let lock = (counter.failures >= max).then(|| self.lock(counter, now));
        counter.expires_at = self.forgotten_at(counter);
        lock
    }

    /// Takes back the failure that was counted at `counted_at` and turned out to be none, and the lock that would not
    /// have fallen without it.
    pub(super) fn give_back(&self, counter: &mut Counter, max: u32, counted_at: Timestamp) {
        // What was counted before the first failure of this row went with its own row.
        if counter.first_failed_at > counted_at || counter.failures == 0 {
            return;
        }
        if is_served(counter) && counter.failures <= max {
            counter.locks = counter.locks.saturating_sub(1);
            counter.locked_until = None;
        }
        counter.failures = counter.failures.saturating_sub(1);
        counter.expires_at = self.forgotten_at(counter);
    }

    fn lock(&self, counter: &mut Counter, now: Timestamp) -> Duration {
        let doubled = 2_u32.saturating_pow(counter.locks);
        let lock = self.lock_first.saturating_mul(doubled).min(self.lock_longest);
        counter.locks = counter.locks.saturating_add(1);
        counter.locked_until = Some(now + lock);
        lock
    }

    /// When nothing of it counts any more.
    fn forgotten_at(&self, counter: &Counter) -> Timestamp {
        let failures = counter.first_failed_at + self.failures_window;
        let since_locks = counter.locked_until.unwrap_or(counter.first_failed_at);
        let locks = if counter.locks > 0 { since_locks + self.lock_longest } else { failures };
        failures.max(locks)
    }
}

/// Until when attempts are refused.
pub(super) fn locked_until(counter: &Counter, now: Timestamp) -> Option<Timestamp> {
    counter.locked_until.filter(|until| now < *until)
}

/// Whether its failures are those for which its latest lock fell.
fn is_served(counter: &Counter) -> bool {
    counter.locked_until.is_some_and(|until| counter.first_failed_at < until)
}

/// Whether it says no more than a counter that is not there.
pub(super) fn is_void(counter: &Counter) -> bool {
    counter.failures == 0 && counter.locks == 0
}

#[cfg(test)]
mod tests;
