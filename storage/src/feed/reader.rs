//! Reads the change log to its end, again and again, and tells of each change at least once.
//!
//! Where entries may appear before others that were read already, each pass begins an overlap before the end of the log as
//! it was when the pass before began to read, so that what appears late is met by the next one. Whatever was acknowledged
//! before a pass began it has met, or a pass before it: that is what makes the feed fresh. Where the overlap is long, as
//! many commits fall into it, most polls only glance at what came after the last one, which proves nothing.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use protocol::Timestamp;

use super::Feed;
use crate::{
    engine::{BATCH_IDS_KEPT, BatchId, CHANGES_READ_MAX, Change, Changes, Cursor, StorageError},
    store::Store,
};

/// Entries of one poll. What is left waits for the next.
const READ_MAX: usize = 64 * CHANGES_READ_MAX;

/// Entries that are remembered as seen, 64 bytes each. Where there are more, some are told of again.
const SEEN_MAX: usize = 65_536;

/// A long overlap is read again this often at most; one of a page costs no more than a glance.
const LONG_PASS_EVERY: Duration = Duration::from_secs(1);

/// For so long after a pass nothing that the next must meet can have been swept from the log.
const PASS_HOLDS: Duration = BATCH_IDS_KEPT.saturating_sub(Duration::from_secs(300));

/// Reads the change log for one node. A new one begins with nothing: its first poll has everything forgotten.
pub struct Reader {
    store: Store,
    place: Option<Place>,
    seen: BTreeSet<(Cursor, BatchId)>,
}

/// What a poll came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Polled {
    /// Changes that were told of.
    pub changes: usize,
    /// Whether changes are gone that were not read, so that everything was forgotten.
    pub is_lost: bool,
}

/// How far the log was read.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The last entry that was met.
    end: Cursor,
    /// The end of the log when the last whole pass began to read: what appears from then on is at most an overlap before.
    floor: Cursor,
    /// When the last whole pass began.
    passed_at: Timestamp,
    /// Whether it took more than a page.
    is_long: bool,
    /// A pass or a glance that is not at its end yet.
    pass: Option<Pass>,
}

#[derive(Debug, Clone, Copy)]
struct Pass {
    /// Only at what came after the last entry that was met.
    is_glance: bool,
    began_at: Timestamp,
    after: Cursor,
    /// As [`Place::floor`], of this pass.
    floor: Option<Cursor>,
}

impl Reader {
    /// For the feed of `store`.
    pub fn new(store: &Store) -> Self {
        Self { store: store.clone(), place: None, seen: BTreeSet::new() }
    }

    /// Reads on to the present end of the log, and tells of what it meets.
    ///
    /// # Errors
    /// The store does not answer. The next poll goes on where this one stopped, and until then nothing becomes fresh.
    pub async fn poll(&mut self) -> Result<Polled, StorageError> {
        let feed = Arc::clone(self.store.feed());
        let Some(mut place) = self.place else { return self.begin(&feed).await };
        let mut pass = place.pass.unwrap_or_else(|| self.pass(&place));
        let mut polled = Polled::default();
        let mut read = 0;
        while read < READ_MAX {
            let answer = self.store.engine().changes(Some(pass.after), CHANGES_READ_MAX).await?;
            let (entries, next) = match answer {
                Changes::Entries { entries, next } => (entries, next),
                Changes::Lost { next } if holds(&place, &pass, next, self.store.now()) => {
                    pass.after = next;
                    continue;
                }
                Changes::Lost { .. } => return self.begin(&feed).await,
            };
            read += entries.len();
            polled.changes += self.tell(&feed, &entries);
            place.end = place.end.max(next);
            if entries.len() < CHANGES_READ_MAX {
                self.reached_end(&feed, place, (pass, next));
                return Ok(polled);
            }
            if pass.floor.is_none() && !pass.is_glance && !self.overlap().is_zero() {
                // What came in while the first page was read may stand before its end: that page is read again.
                pass.floor = Some(self.present_end().await?);
            } else {
                pass.after = next;
            }
            self.place = Some(Place { pass: Some(pass), ..place });
        }
        Ok(polled)
    }

    fn reached_end(&mut self, feed: &Feed, mut place: Place, (pass, next): (Pass, Cursor)) {
        place.pass = None;
        if !pass.is_glance {
            place.floor = pass.floor.unwrap_or(next).max(place.floor);
            place.passed_at = pass.began_at;
            place.is_long = pass.floor.is_some();
            self.drop_seen(place.floor);
            feed.is_fresh_since(pass.began_at);
        }
        self.place = Some(place);
    }

    /// Begins at the end: what was kept until now is forgotten, and what comes from now on is met.
    async fn begin(&mut self, feed: &Feed) -> Result<Polled, StorageError> {
        let began_at = self.store.now();
        let end = self.present_end().await?;
        feed.forget_all();
        self.seen.clear();
        self.place =
            Some(Place { end, floor: end, passed_at: began_at, is_long: false, pass: None });
        feed.is_fresh_since(began_at);
        Ok(Polled { changes: 0, is_lost: true })
    }

    async fn present_end(&self) -> Result<Cursor, StorageError> {
        match self.store.engine().changes(None, 0).await? {
            Changes::Entries { next, .. } | Changes::Lost { next } => Ok(next),
        }
    }

    fn overlap(&self) -> Duration {
        self.store.engine().changes_overlap()
    }

    fn pass(&self, place: &Place) -> Pass {
        let (began_at, overlap) = (self.store.now(), self.overlap());
        let since = began_at.since(place.passed_at).max(place.passed_at.since(began_at));
        let is_glance = place.is_long && since < LONG_PASS_EVERY;
        let after = if overlap.is_zero() || is_glance {
            place.end
        } else {
            Cursor { at: place.floor.at - overlap, sequence: 0 }
        };
        Pass { is_glance, began_at, after, floor: None }
    }

    /// Tells of what was not told of before: how much that was.
    fn tell(&mut self, feed: &Feed, entries: &[Change]) -> usize {
        let mut told = 0;
        for entry in entries {
            if self.seen.insert((entry.cursor, entry.batch_id)) {
                feed.tell(entry);
                told += 1;
            }
        }
        while self.seen.len() > SEEN_MAX {
            self.seen.pop_first();
        }
        told
    }

    /// What no pass meets again need not be remembered.
    fn drop_seen(&mut self, floor: Cursor) {
        let from = Cursor { at: floor.at - self.overlap(), sequence: 0 };
        self.seen = self.seen.split_off(&(from, BatchId([0; 16])));
    }

    /// How much is remembered.
    #[cfg(test)]
    pub(super) fn seen(&self) -> usize {
        self.seen.len()
    }
}

/// Whether what is gone from the log was all read: it lies before what was met, and the last pass is not so long ago that
/// something could have appeared after it and be swept already. So it is with the overlap of a log that rests.
fn holds(place: &Place, pass: &Pass, next: Cursor, now: Timestamp) -> bool {
    let since = now.since(place.passed_at).max(place.passed_at.since(now));
    pass.after < next && next <= place.end && since < PASS_HOLDS
}
