//! How many refusals are kept: of all together so many at once, a second and a day, and of each a share of that.
//!
//! Whoever is refused has one of a bounded number of shares, by a hash that nobody outside can compute. A share takes at
//! most a quarter of what is kept of all, so that one flood leaves room for others; and where floods have used all of it
//! up, each share still has a little of its own, which no other can take.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use protocol::{Timestamp, crypto::hmac_sha256};

/// Of what kind a refusal is: each has an allowance of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of who has proved something.
    Proved,
    /// Of anybody.
    Strangers,
    /// Of nobody's mistake: what `prompt=none` is told every day.
    Expected,
}

/// One is taken each `every`; what was not taken is saved up, to `at_once` of them.
#[derive(Debug, Clone, Copy)]
struct Rate {
    every: Duration,
    at_once: u32,
}

/// How much of a kind is kept. With the time for which a refusal is found these bound what this node has in the store, to
/// some 320,000 of them.
#[derive(Debug, Clone, Copy)]
struct Rates {
    /// Of all together, however short a flood is, and however long.
    all: [Rate; 2],
    /// What each share has beyond.
    own: Rate,
}

const DAILY: Rate = Rate { every: Duration::from_millis(7_200), at_once: 12_000 };
const OWN: Rate = Rate { every: Duration::from_secs(1_800), at_once: 50 };

const PROVED: Rates =
    Rates { all: [Rate { every: Duration::from_millis(20), at_once: 200 }, DAILY], own: OWN };
const STRANGERS: Rates =
    Rates { all: [Rate { every: Duration::from_millis(100), at_once: 100 }, DAILY], own: OWN };
const EXPECTED: Rates = Rates {
    all: [
        Rate { every: Duration::from_secs(1), at_once: 40 },
        Rate { every: Duration::from_secs(60), at_once: 1_200 },
    ],
    own: Rate { every: Duration::from_secs(7_200), at_once: 10 },
};

/// Shares of each kind. Who has the same as somebody who floods is not heard better than before.
const SHARES: usize = 128;

/// How many would use up all that is kept.
const TOGETHER: u32 = 4;

/// A rate, and until when it is taken (the generic cell rate algorithm: one instant says it all).
#[derive(Debug)]
struct Allowance {
    rate: Rate,
    taken_until: Timestamp,
}

impl Allowance {
    const fn new(rate: Rate) -> Self {
        Self { rate, taken_until: Timestamp::from_millis(0) }
    }

    /// The part of it that one share may take.
    fn share_of(Rate { every, at_once }: Rate) -> Self {
        Self::new(Rate { every: every * TOGETHER, at_once: at_once / TOGETHER })
    }

    /// Until when it would be taken with one more; nothing where it is used up.
    fn with_one_more(&mut self, now: Timestamp) -> Option<Timestamp> {
        let saved = self.rate.every * self.rate.at_once;
        // Further ahead it can only be where the clock was set back since.
        self.taken_until = self.taken_until.clamp(now, now + saved);
        let taken_until = self.taken_until + self.rate.every;
        (taken_until <= now + saved).then_some(taken_until)
    }
}

/// Takes one of each, if each has one.
fn takes<'a>(allowances: impl IntoIterator<Item = &'a mut Allowance>, now: Timestamp) -> bool {
    // Each is asked, so that each hears when the clock was set back.
    let asked: Vec<_> = allowances.into_iter().map(|one| (one.with_one_more(now), one)).collect();
    let has_each = asked.iter().all(|(with_one_more, _)| with_one_more.is_some());
    for (with_one_more, one) in asked.into_iter().filter(|_| has_each) {
        one.taken_until = with_one_more.unwrap_or(one.taken_until);
    }
    has_each
}

#[derive(Debug)]
struct Share {
    of_all: [Allowance; 2],
    own: Allowance,
}

/// What is kept of one kind.
#[derive(Debug)]
struct Shared {
    all: [Allowance; 2],
    shares: Vec<Share>,
}

impl Shared {
    fn new(Rates { all, own }: Rates) -> Self {
        let share = || Share { of_all: all.map(Allowance::share_of), own: Allowance::new(own) };
        Self {
            all: all.map(Allowance::new),
            shares: std::iter::repeat_with(share).take(SHARES).collect(),
        }
    }

    fn takes(&mut self, index: usize, now: Timestamp) -> bool {
        let Some(share) = self.shares.get_mut(index) else { return false };
        takes(self.all.iter_mut().chain(&mut share.of_all), now) || takes([&mut share.own], now)
    }
}

/// The allowances of one node. They begin anew with the process.
#[derive(Debug)]
pub(super) struct Allowances {
    secret: [u8; 32],
    proved: Mutex<Shared>,
    strangers: Mutex<Shared>,
    expected: Mutex<Shared>,
}

impl Allowances {
    /// By `secret` alone it can be told who has the same share.
    pub(super) fn new(secret: [u8; 32]) -> Self {
        let [proved, strangers, expected] =
            [PROVED, STRANGERS, EXPECTED].map(|rates| Mutex::new(Shared::new(rates)));
        Self { secret, proved, strangers, expected }
    }

    /// Takes one for `whose` share, if there is one in every respect.
    pub(super) fn takes(&self, kind: Kind, whose: &str, now: Timestamp) -> bool {
        let shared = match kind {
            Kind::Proved => &self.proved,
            Kind::Strangers => &self.strangers,
            Kind::Expected => &self.expected,
        };
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.takes(self.share(whose), now)
    }

    /// Which share somebody has.
    fn share(&self, whose: &str) -> usize {
        let [first, ..] = hmac_sha256(&self.secret, whose.as_bytes());
        usize::from(first) % SHARES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_800_000_000);
    /// One whose share is no other's here.
    const ONE: &str = "192.0.2.0";
    const ANOTHER: &str = "198.51.100.0";

    fn allowances() -> Allowances {
        Allowances::new([7; 32])
    }

    fn taken(
        allowances: &Allowances,
        (kind, whose): (Kind, &str),
        tried: usize,
        now: Timestamp,
    ) -> usize {
        (0..tried).filter(|_| allowances.takes(kind, whose, now)).count()
    }

    #[test]
    fn a_flood_is_cut_to_a_share_and_takes_nothing_from_others() {
        let allowances = allowances();
        let flood = (Kind::Strangers, ONE);
        assert_eq!(taken(&allowances, flood, 1_000, START), 25 + 50);
        assert_eq!(taken(&allowances, (Kind::Strangers, ANOTHER), 1_000, START), 25 + 50);
        assert_eq!(taken(&allowances, (Kind::Proved, ONE), 1_000, START), 50 + 50);
        assert_eq!(taken(&allowances, (Kind::Expected, ONE), 1_000, START), 10 + 10);
        let later = START + Duration::from_secs(2);
        assert_eq!(taken(&allowances, flood, 1_000, later), 5);
        assert_eq!(taken(&allowances, (Kind::Proved, ONE), 1_000, later), 25);
    }

    #[test]
    fn whom_floods_have_left_nothing_still_has_a_little_of_their_own() {
        let allowances = allowances();
        let floods = (0..50).map(|one| format!("flood {one}"));
        let has_another_share = |flood: &String| allowances.share(flood) != allowances.share(ONE);
        let floods: Vec<_> = floods.filter(has_another_share).collect();
        for (hours, left) in [(0, 50), (1, 2)] {
            let now = START + Duration::from_secs(hours * 3_600);
            floods.iter().for_each(|flood| {
                taken(&allowances, (Kind::Strangers, flood), 200, now);
            });
            assert_eq!(taken(&allowances, (Kind::Strangers, ONE), 1_000, now), left);
        }
    }

    #[test]
    fn however_long_a_flood_lasts_a_week_keeps_so_many_and_no_more() {
        let mut kept = 0;
        for (rates, week_max) in [(PROVED, 146_000), (STRANGERS, 146_000), (EXPECTED, 24_000)] {
            let mut shared = Shared::new(rates);
            let mut week = 0;
            for minute in (0..7 * 24 * 60).step_by(5) {
                let now = START + Duration::from_secs(60 * minute);
                week += (0..400).filter(|one| shared.takes(one % SHARES, now)).count();
            }
            assert!((week_max / 2..=week_max).contains(&week), "{rates:?} {week}");
            kept += week;
        }
        assert!(kept <= 320_000, "{kept}");
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_end_it() {
        let (allowances, one) = (allowances(), (Kind::Strangers, ONE));
        taken(&allowances, one, 1_000, START);
        let before = START - Duration::from_secs(3600);
        assert_eq!(taken(&allowances, one, 10, before), 0);
        assert_eq!(taken(&allowances, one, 10, before + Duration::from_secs(20)), 10);
    }
}
