//! Which sessions were used and are not yet written so: a bounded queue between who finds a session and who writes.
//!
//! It belongs to the shard's post, not to one incarnation: what is queued outlives the death of the actor.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use protocol::{Realm, SessionId, Timestamp};

/// The last use of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Touch {
    pub(super) realm: Realm,
    pub(super) session_id: SessionId,
    pub(super) at: Timestamp,
}

/// What became of a touch that was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offered {
    Queued,
    /// Queued, and so many are that it is time to write.
    HalfFull,
    /// Not queued.
    Full,
}

/// One entry a session: some 64 bytes, so that a full queue is half a megabyte.
pub(super) struct Touches {
    queued: Mutex<HashMap<SessionId, (Realm, Timestamp)>>,
    length_max: usize,
}

impl Touches {
    pub(super) fn new(length_max: usize) -> Self {
        Self { queued: Mutex::default(), length_max }
    }

    pub(super) fn offer(&self, touch: Touch) -> Offered {
        let Touch { realm, session_id, at } = touch;
        let mut queued = self.lock();
        if let Some((_, last)) = queued.get_mut(&session_id) {
            *last = at.max(*last);
            return Offered::Queued;
        }
        if queued.len() >= self.length_max {
            return Offered::Full;
        }
        queued.insert(session_id, (realm, at));
        if queued.len() == self.length_max.div_ceil(2) {
            Offered::HalfFull
        } else {
            Offered::Queued
        }
    }

    /// The last use that waits to be written.
    pub(super) fn last_seen_at(&self, session_id: SessionId) -> Option<Timestamp> {
        self.lock().get(&session_id).map(|(_, at)| *at)
    }

    /// All that wait now.
    pub(super) fn queued(&self) -> Vec<Touch> {
        let touch = |(session_id, (realm, at)): (&SessionId, &(Realm, Timestamp))| Touch {
            realm: realm.clone(),
            session_id: *session_id,
            at: *at,
        };
        self.lock().iter().map(touch).collect()
    }

    /// The touch need not be written any more; a later one of the same session stays.
    pub(super) fn done(&self, touch: &Touch) {
        let mut queued = self.lock();
        if queued.get(&touch.session_id).is_some_and(|(_, at)| *at <= touch.at) {
            queued.remove(&touch.session_id);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, (Realm, Timestamp)>> {
        self.queued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Seeded;

    fn touch(session_id: SessionId, at: u64) -> Touch {
        Touch { realm: Realm::main(), session_id, at: Timestamp::from_millis(at) }
    }

    #[test]
    fn a_session_has_one_touch_and_it_is_the_last() {
        let (touches, session_id) = (Touches::new(4), SessionId::new(&Seeded::default()));
        for at in [5, 9, 7] {
            assert_eq!(touches.offer(touch(session_id, at)), Offered::Queued);
        }
        assert_eq!(touches.queued(), [touch(session_id, 9)]);
        assert_eq!(touches.last_seen_at(session_id), Some(Timestamp::from_millis(9)));
    }

    #[test]
    fn a_touch_that_came_while_one_was_written_stays() {
        let (touches, session_id) = (Touches::new(4), SessionId::new(&Seeded::default()));
        touches.offer(touch(session_id, 5));
        let written = touches.queued();
        touches.offer(touch(session_id, 6));
        written.iter().for_each(|written| touches.done(written));
        assert_eq!(touches.queued(), [touch(session_id, 6)]);
        touches.done(&touch(session_id, 6));
        assert_eq!(touches.len(), 0);
    }

    #[test]
    fn a_full_queue_takes_no_other_session_and_says_in_time_that_it_fills() {
        let (touches, randomness) = (Touches::new(4), Seeded::default());
        let ids: Vec<_> = (0..5).map(|_| SessionId::new(&randomness)).collect();
        let offered: Vec<_> = ids.iter().map(|id| touches.offer(touch(*id, 1))).collect();
        use Offered::{Full, HalfFull, Queued};
        assert_eq!(offered, [Queued, HalfFull, Queued, Queued, Full]);
        assert_eq!(touches.offer(touch(ids[0], 2)), Queued);
        assert_eq!(touches.last_seen_at(ids[4]), None);
    }
}
