//! Counts what was within a sliding window, by slots.
//!
//! The window is cut into [`SLOTS`] slots and one more is kept, so that what is counted covers at least the window that
//! ends now, wherever in its slot now is: no window of that length ever holds more than was counted. What was admitted
//! is forgotten a tenth of the window later than it must be, at most.

use std::time::Duration;

use super::Limit;
use crate::Timestamp;

/// Slots of one window.
pub const SLOTS: u64 = 10;

/// Slots that are kept.
const RING: usize = SLOTS as usize + 1;

/// What one node and the others have admitted for one key lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The number of the newest slot since 1970.
    newest: u64,
    own: [u32; RING],
    others: [u32; RING],
}

impl Window {
    /// Nothing was admitted before `now`.
    pub fn new(limit: Limit, now: Timestamp) -> Self {
        Self { newest: number(limit, now), own: [0; RING], others: [0; RING] }
    }

    /// Forgets what has left the window. A clock that was set back by less than a window stands still until it has caught
    /// up; one that was set back further begins anew.
    pub fn roll(&mut self, limit: Limit, now: Timestamp) {
        let number = number(limit, now);
        let kept = RING as u64;
        if number.abs_diff(self.newest) >= kept {
            *self = Self { newest: number, own: [0; RING], others: [0; RING] };
            return;
        }
        while self.newest < number {
            self.newest += 1;
            if let Some((own, others)) = self.slot() {
                (*own, *others) = (0, 0);
            }
        }
    }

    /// One more was admitted here.
    pub fn take(&mut self) {
        if let Some((own, _)) = self.slot() {
            *own = own.saturating_add(1);
        }
    }

    /// Others have admitted so many, at some time before now.
    pub fn hear(&mut self, count: u32) {
        if let Some((_, others)) = self.slot() {
            *others = others.saturating_add(count);
        }
    }

    /// All that counts, as of the last [`Window::roll`].
    pub fn used(&self) -> u32 {
        self.own().saturating_add(sum(&self.others))
    }

    /// What of it was admitted here.
    pub fn own(&self) -> u32 {
        sum(&self.own)
    }

    /// How long it is until so many have left, if nothing comes in.
    pub fn frees(&self, count: u32, limit: Limit, now: Timestamp) -> Duration {
        let mut left = 0_u32;
        for age in (0..RING as u64).rev() {
            let Some(slot) = self.newest.checked_sub(age) else { continue };
            left = left.saturating_add(self.counted(slot));
            if left >= count.max(1) {
                let leaves_at = (slot + RING as u64).saturating_mul(slot_millis(limit));
                return Duration::from_millis(leaves_at.saturating_sub(now.as_millis()));
            }
        }
        Duration::ZERO
    }

    fn counted(&self, slot: u64) -> u32 {
        let at = position(slot);
        let of = |ring: &[u32; RING]| ring.get(at).copied().unwrap_or_default();
        of(&self.own).saturating_add(of(&self.others))
    }

    /// The newest slot: what was admitted here, and by others.
    fn slot(&mut self) -> Option<(&mut u32, &mut u32)> {
        let at = position(self.newest);
        self.own.get_mut(at).zip(self.others.get_mut(at))
    }
}

fn sum(ring: &[u32; RING]) -> u32 {
    ring.iter().fold(0, |sum, count| sum.saturating_add(*count))
}

fn position(slot: u64) -> usize {
    usize::try_from(slot % RING as u64).unwrap_or_default()
}

fn slot_millis(limit: Limit) -> u64 {
    (u64::from(limit.window_seconds) * 1_000 / SLOTS).max(1)
}

fn number(limit: Limit, now: Timestamp) -> u64 {
    now.as_millis() / slot_millis(limit)
}
