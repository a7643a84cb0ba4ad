//! One key at one node: whether a request is admitted, what others are told of it, and what is made of what they tell.
//!
//! Over many nodes the rule is this. A node admits a request only while what it has admitted itself and what it knows of
//! the others is less than the quota, **and** while what it has admitted since its last exchange is less than
//! [`Limit::between_exchanges`]. An exchange publishes what the node has admitted, and then reads what the others have
//! published.
//!
//! Why no window then holds more than `quota + (n - 1) * between_exchanges`: take any window, and for each node the last
//! exchange before its last admission in it. Let `m` be the node whose exchange of these published last. `m` read after
//! it published, so it has read what every other node had published with its own exchange, and its last admission was
//! judged by that: what `m` admitted, and what the others admitted up to theirs, is at most the quota together. What is
//! left is what each of the `n - 1` others admitted after its exchange, which is `between_exchanges` at most. A node that
//! is cut off makes no exchange, and admits no more than that in a window.

use std::time::Duration;

use super::{Limit, Window};
use crate::Timestamp;

/// Other nodes of which one key remembers what it has heard. More are counted too, only less exactly: too high.
pub const NODES_MAX: usize = 32;

/// One key at one node.
#[derive(Debug, Clone)]
pub struct Meter {
    limit: Limit,
    window: Window,
    /// Tells this counter from one of the same key that was forgotten before.
    born: u64,
    /// All that it has ever admitted.
    total: u64,
    /// How much of it the others can read.
    published: u64,
    heard: Vec<(u64, Heard)>,
}

/// What a node tells of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consumption {
    /// Which counter of this key.
    pub born: u64,
    /// All that this counter has admitted.
    pub total: u64,
    /// What of it is in the window.
    pub recent: u32,
}

/// What was heard of one node last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    born: u64,
    total: u64,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is answered, and counted.
    Admitted,
    /// The quota is used up; not counted.
    Used {
        /// Until it pays to come again.
        wait: Duration,
    },
    /// This node must first hear what the others have admitted; not counted.
    Unheard,
}

impl Meter {
    /// Nothing was admitted yet. No two meters of one process have the same `born`.
    pub fn new(limit: Limit, born: u64, now: Timestamp) -> Self {
        let window = Window::new(limit, now);
        Self { limit, window, born, total: 0, published: 0, heard: Vec::new() }
    }

    /// Judges a request under `limit`, which may be another than before. `is_shared` says that other nodes count too.
    pub fn admit(&mut self, limit: Limit, now: Timestamp, is_shared: bool) -> Decision {
        self.follow(limit, now);
        let used = self.window.used();
        if used >= limit.quota {
            let over = used - limit.quota + 1;
            return Decision::Used { wait: self.window.frees(over, limit, now) };
        }
        if is_shared && self.pending() >= limit.between_exchanges() {
            return Decision::Unheard;
        }
        self.window.take();
        self.total += 1;
        Decision::Admitted
    }

    /// As [`Meter::admit`], without counting: whether the quota is used up.
    pub fn is_used_up(&mut self, limit: Limit, now: Timestamp) -> bool {
        self.follow(limit, now);
        self.window.used() >= limit.quota
    }

    /// What is left of the quota, and until something of it comes back.
    pub fn left(&self, now: Timestamp) -> (u32, Duration) {
        let left = self.limit.quota.saturating_sub(self.window.used());
        let reset = self.window.frees(1, self.limit, now);
        (left, reset)
    }

    /// What was admitted here, is in the window, and is not told to the others.
    pub fn pending(&self) -> u32 {
        let untold = u32::try_from(self.total - self.published).unwrap_or(u32::MAX);
        untold.min(self.window.own())
    }

    /// Whether so much is pending that the others must be told: half of what may be admitted between two exchanges.
    pub fn is_hot(&self) -> bool {
        self.pending() >= self.limit.between_exchanges().div_ceil(2)
    }

    /// The limit that was followed last.
    pub fn limit(&self) -> Limit {
        self.limit
    }

    /// What there is to tell; nothing where the window holds nothing of ours any more.
    pub fn consumption(&mut self, now: Timestamp) -> Option<Consumption> {
        self.window.roll(self.limit, now);
        let recent = self.window.own();
        (recent > 0).then_some(Consumption { born: self.born, total: self.total, recent })
    }

    /// The others can read this, and this node has read what they had published before.
    pub fn exchanged(&mut self, told: &Consumption) {
        if told.born == self.born {
            self.published = self.published.max(told.total);
        }
    }

    /// Counts what `node` has told since it was heard last.
    pub fn hear(&mut self, node: u64, told: &Consumption, now: Timestamp) {
        self.window.roll(self.limit, now);
        let heard = Heard { born: told.born, total: told.total };
        let known = self.heard.iter_mut().find(|(known, _)| *known == node);
        let new = match known {
            Some((_, known)) if known.born == told.born => {
                let since = told.total.saturating_sub(known.total);
                known.total = known.total.max(told.total);
                // What it admitted long ago counts no more, however late it is heard.
                u32::try_from(since).unwrap_or(u32::MAX).min(told.recent)
            }
            Some((_, known)) => {
                *known = heard;
                told.recent
            }
            None => {
                if self.heard.len() >= NODES_MAX {
                    self.heard.remove(0);
                }
                self.heard.push((node, heard));
                told.recent
            }
        };
        self.window.hear(new);
    }

    /// Whether it says no more than one that is not there.
    pub fn is_void(&mut self, now: Timestamp) -> bool {
        self.window.roll(self.limit, now);
        self.window.used() == 0
    }

    /// From now on `limit` holds. Where its window is another, what was counted counts as of now.
    fn follow(&mut self, limit: Limit, now: Timestamp) {
        if limit.window_seconds != self.limit.window_seconds {
            let (own, used) = (self.window.own(), self.window.used());
            self.window = Window::new(limit, now);
            (0..own.min(limit.quota)).for_each(|_| self.window.take());
            self.window.hear(used - own);
        }
        self.limit = limit;
        self.window.roll(limit, now);
    }
}
