//! How many refusals are kept: so many at once, so many a second, so many a day.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use protocol::Timestamp;

/// Kept a second, and at once, of those who have proved something.
const PROVED: Rate = Rate { every: Duration::from_millis(20), at_once: 200 };
/// The same of strangers.
const STRANGERS: Rate = Rate { every: Duration::from_millis(100), at_once: 100 };
/// Kept a day, and at once, of either. With the time for which a refusal is found it bounds what this node has in the store,
/// to some 300,000 of them.
const DAILY: Rate = Rate { every: Duration::from_millis(4_320), at_once: 20_000 };

/// One is taken each `every`; what was not taken is saved up, to `at_once` of them.
#[derive(Debug, Clone, Copy)]
struct Rate {
    every: Duration,
    at_once: u32,
}

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

    /// Until when it would be taken with one more; nothing where it is used up.
    fn with_one_more(&mut self, now: Timestamp) -> Option<Timestamp> {
        let saved = self.rate.every * self.rate.at_once;
        // Further ahead it can only be where the clock was set back since.
        self.taken_until = self.taken_until.clamp(now, now + saved);
        let taken_until = self.taken_until + self.rate.every;
        (taken_until <= now + saved).then_some(taken_until)
    }
}

/// The allowances of one node. They begin anew with the process.
#[derive(Debug)]
pub(super) struct Allowances {
    proved: Mutex<[Allowance; 2]>,
    strangers: Mutex<[Allowance; 2]>,
}

impl Default for Allowances {
    fn default() -> Self {
        let pair = |rate| Mutex::new([rate, DAILY].map(Allowance::new));
        Self { proved: pair(PROVED), strangers: pair(STRANGERS) }
    }
}

impl Allowances {
    /// Takes one, if there is one in every respect.
    pub(super) fn takes(&self, is_proved: bool, now: Timestamp) -> bool {
        let pair = if is_proved { &self.proved } else { &self.strangers };
        let mut pair = pair.lock().unwrap_or_else(PoisonError::into_inner);
        let [second, day] = &mut *pair;
        match (second.with_one_more(now), day.with_one_more(now)) {
            (Some(of_second), Some(of_day)) => {
                (second.taken_until, day.taken_until) = (of_second, of_day);
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn taken(allowances: &Allowances, is_proved: bool, tried: usize, now: Timestamp) -> usize {
        (0..tried).filter(|_| allowances.takes(is_proved, now)).count()
    }

    #[test]
    fn a_flood_of_strangers_is_cut_and_takes_nothing_from_clients() {
        let allowances = Allowances::default();
        assert_eq!(taken(&allowances, false, 1_000, START), 100);
        assert_eq!(taken(&allowances, true, 1_000, START), 200);
        let later = START + Duration::from_secs(1);
        assert_eq!(taken(&allowances, false, 1_000, later), 10);
        assert_eq!(taken(&allowances, true, 1_000, later), 50);
    }

    #[test]
    fn however_long_a_flood_lasts_a_day_keeps_so_many_and_no_more() {
        let allowances = Allowances::default();
        let seconds = |seconds| START + Duration::from_secs(seconds);
        let day = |from: u64| -> usize {
            (from..from + 86_400).map(|at| taken(&allowances, false, 20, seconds(at))).sum()
        };
        // What is saved up, and what comes meanwhile.
        assert!((39_000..=40_001).contains(&day(0)));
        assert!((19_000..=20_001).contains(&day(86_400)));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_end_it() {
        let allowances = Allowances::default();
        taken(&allowances, false, 1_000, START);
        let before = START - Duration::from_secs(3600);
        assert_eq!(taken(&allowances, false, 10, before), 0);
        assert_eq!(taken(&allowances, false, 10, before + Duration::from_secs(10)), 10);
    }
}
