//! Who is visiting: bounded in number and time, and gone with the process.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use protocol::{Timestamp, TokenHash};

use super::party::{Pending, SignedIn};

/// Visitors at once; a further one takes the place of the oldest.
const VISITS_MAX: usize = 1_000;

/// How long a visit lasts.
const VISIT_MAX: Duration = Duration::from_secs(8 * 60 * 60);

/// What is known of a visitor.
#[derive(Clone)]
pub(super) enum Visit {
    /// On the way to the provider, or back.
    Pending(Box<Pending>),
    /// Signed in.
    SignedIn(Box<SignedIn>),
}

/// All visitors, by the hash of their cookie.
#[derive(Default)]
pub(super) struct Visits(Mutex<HashMap<TokenHash, (Timestamp, Visit)>>);

impl Visits {
    /// Remembers a visitor.
    pub(super) fn put(&self, cookie: TokenHash, visit: Visit, now: Timestamp) {
        let mut visits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if visits.len() >= VISITS_MAX {
            visits.retain(|_, (at, _)| now.since(*at) < VISIT_MAX);
        }
        if visits.len() >= VISITS_MAX {
            let oldest = visits.iter().min_by_key(|(_, (at, _))| *at).map(|(cookie, _)| *cookie);
            oldest.map(|cookie| visits.remove(&cookie));
        }
        visits.insert(cookie, (now, visit));
    }

    /// A visitor.
    pub(super) fn get(&self, cookie: &TokenHash, now: Timestamp) -> Option<Visit> {
        let visits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        visits
            .get(cookie)
            .filter(|(at, _)| now.since(*at) < VISIT_MAX)
            .map(|(_, visit)| visit.clone())
    }

    /// A visitor, who is not known by this cookie any more.
    pub(super) fn take(&self, cookie: &TokenHash, now: Timestamp) -> Option<Visit> {
        let mut visits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        visits.remove(cookie).filter(|(at, _)| now.since(*at) < VISIT_MAX).map(|(_, visit)| visit)
    }
}

#[cfg(test)]
mod tests {
    use protocol::Token;

    use super::*;

    fn cookie(number: usize) -> TokenHash {
        Token::presented(number.to_string()).hash()
    }

    fn visit() -> Visit {
        Visit::Pending(Box::default())
    }

    #[test]
    fn visits_are_bounded_and_the_oldest_goes_first() {
        let visits = Visits::default();
        for number in 0..=VISITS_MAX {
            visits.put(cookie(number), visit(), Timestamp::from_seconds(number as u64));
        }
        let now = Timestamp::from_seconds(VISITS_MAX as u64);
        assert!(visits.get(&cookie(0), now).is_none());
        assert!(visits.get(&cookie(1), now).is_some());
        assert_eq!(visits.0.lock().unwrap().len(), VISITS_MAX);
    }

    #[test]
    fn a_visit_ends_by_itself_and_is_taken_once() {
        let (visits, now) = (Visits::default(), Timestamp::from_seconds(1));
        visits.put(cookie(1), visit(), now);
        assert!(visits.get(&cookie(1), now + VISIT_MAX).is_none());
        assert!(visits.take(&cookie(1), now).is_some());
        assert!(visits.take(&cookie(1), now).is_none());
    }
}
