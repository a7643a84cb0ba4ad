//! Random schedules, rotations by hand, sleeping nodes and clocks that differ: every token verifies until it is over, and
//! is understood as a hint as long as a session lasts.

use std::time::Duration;

use proptest::prelude::*;

use super::{Counting, INTERVALS, apply};
use crate::{
    clock::Timestamp,
    id::KeyId,
    jose::{Algorithm, LEEWAY},
    key_schedule::{Intervals, KeySet, Schedule},
};

const ALGORITHMS: [Algorithm; 2] = [Algorithm::Rs256, Algorithm::EdDsa];

/// What happens next in a history.
#[derive(Debug, Clone)]
enum Step {
    /// Time passes.
    Pass(Passing),
    /// A node whose clock is so many seconds ahead looks what is due.
    Look { ahead: u64 },
    /// An operator rotates by hand, on such a node.
    Rotate { ahead: u64, algorithm: usize },
    /// The longest lifetime of tokens becomes so many seconds.
    Lifetime(u64),
}

/// By how much time passes: near the edges more often than not.
#[derive(Debug, Clone)]
enum Passing {
    Seconds(u64),
    Announcement,
    Rotation,
    Lifetime,
}

/// A token, and all that matters of it.
#[derive(Debug)]
struct Signed {
    key_id: KeyId,
    signed_at: Timestamp,
    believed_until: Timestamp,
    /// When the session that began with it ends at the latest.
    hints_until: Timestamp,
}

/// All versions of the key set, by the true time at which each was written.
struct History {
    intervals: Intervals,
    now: Timestamp,
    versions: Vec<(Timestamp, KeySet)>,
    tokens: Vec<Signed>,
    randomness: Counting,
}

impl History {
    fn new(intervals: Intervals) -> Self {
        let now = Timestamp::from_seconds(1_000_000);
        let mut new = Self {
            intervals,
            now,
            versions: Vec::new(),
            tokens: Vec::new(),
            randomness: Counting::default(),
        };
        new.look(10);
        new
    }

    fn schedule(&self) -> Schedule {
        Schedule::try_from(self.intervals).unwrap()
    }

    /// What a node sees that has not seen the last `late`; nothing where it sees no keys yet.
    fn seen(&self, at: Timestamp, late: Duration) -> Option<&KeySet> {
        let written = |(written_at, _): &&(Timestamp, KeySet)| *written_at <= at - late;
        self.versions.iter().rev().find(written).map(|(_, keys)| keys)
    }

    fn newest(&self) -> KeySet {
        self.versions.last().map(|(_, keys)| keys.clone()).unwrap_or_default()
    }

    fn look(&mut self, ahead: u64) {
        let (keys, now) = (self.newest(), self.now + Duration::from_secs(ahead));
        let due = keys.due(&self.schedule(), &ALGORITHMS, now);
        self.versions.push((self.now, apply(&keys, &due, &self.schedule(), now, &self.randomness)));
    }

    fn rotate(&mut self, ahead: u64, algorithm: usize) {
        let (keys, now) = (self.newest(), self.now + Duration::from_secs(ahead));
        if let Ok(due) = keys.rotate(ALGORITHMS[algorithm], &self.schedule(), now) {
            self.versions
                .push((self.now, apply(&keys, &[due], &self.schedule(), now, &self.randomness)));
        }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Pass(ref passing) => {
                let time = match *passing {
                    Passing::Seconds(seconds) => Duration::from_secs(seconds),
                    Passing::Announcement => self.intervals.announce_before,
                    Passing::Rotation => self.intervals.rotate_every,
                    Passing::Lifetime => self.intervals.token_lifetime_max,
                };
                self.now = self.now + time;
            }
            Step::Look { ahead } => self.look(ahead),
            Step::Rotate { ahead, algorithm } => self.rotate(ahead, algorithm),
            Step::Lifetime(seconds) => {
                self.intervals.token_lifetime_max = Duration::from_secs(seconds)
            }
        }
    }

    /// Nodes that are up to date and not, with clocks that are right and not, each sign with every algorithm.
    fn sign(&mut self) {
        for late in [Duration::ZERO, self.intervals.staleness_max] {
            for ahead in [Duration::ZERO, LEEWAY] {
                let Some(keys) = self.seen(self.now, late) else { continue };
                let clock = self.now + ahead;
                let sign = |algorithm| {
                    let key = keys
                        .signing_key(algorithm, clock)
                        .expect("each algorithm has a key that signs");
                    let believed_until = clock + self.intervals.token_lifetime_max + LEEWAY;
                    let hints_until = clock + self.intervals.hints_kept;
                    Signed {
                        key_id: key.key_id(),
                        signed_at: self.now,
                        believed_until,
                        hints_until,
                    }
                };
                self.tokens.extend(ALGORITHMS.map(sign));
            }
        }
    }

    /// Whether every JWKS that a client may use at `at` has the key. A client keeps none that is empty.
    fn is_verified(&self, token: &Signed, at: Timestamp) -> bool {
        [Duration::ZERO, self.intervals.jwks_cache].iter().all(|age| {
            [Duration::ZERO, self.intervals.staleness_max].iter().all(|late| {
                [Duration::ZERO, LEEWAY].iter().all(|ahead| {
                    let fetched_at = at - *age;
                    self.seen(fetched_at, *late).is_none_or(|keys| {
                        keys.published(fetched_at + *ahead).any(|key| key.key_id() == token.key_id)
                    })
                })
            })
        })
    }

    /// Whether every node understands it as a hint at `at`.
    fn is_understood(&self, token: &Signed, at: Timestamp) -> bool {
        [Duration::ZERO, self.intervals.staleness_max].iter().all(|late| {
            [Duration::ZERO, LEEWAY].iter().all(|ahead| {
                self.seen(at, *late).is_none_or(|keys| {
                    keys.kept(at + *ahead).any(|key| key.key_id() == token.key_id)
                })
            })
        })
    }

    /// Whether the private part of its key was there for a node that signed with it, also for one that had just read it.
    fn could_be_signed(&self, token: &Signed) -> bool {
        let keys = self.seen(token.signed_at, Duration::ZERO).map_or(&[][..], KeySet::keys);
        let key = keys.iter().find(|key| key.key_id() == token.key_id);
        key.is_some_and(|key| key.disarmed_at.is_none())
    }

    /// When a key was first written.
    fn written_at(&self, key_id: KeyId) -> Timestamp {
        let has =
            |(_, keys): &&(Timestamp, KeySet)| keys.keys().iter().any(|key| key.key_id() == key_id);
        self.versions.iter().find(has).unwrap().0
    }
}

fn intervals() -> impl Strategy<Value = Intervals> {
    (0_u64..900, 0_u64..60, 0_u64..1800, 0_u64..20_000, 30_u64..7200, 0_u64..40_000).prop_map(
        |(jwks_cache, staleness, announced_longer, rotated_later, lifetime, hints_kept)| {
            let [jwks_cache, staleness_max] = [jwks_cache, staleness].map(Duration::from_secs);
            let announce_before =
                jwks_cache + staleness_max + LEEWAY + Duration::from_secs(announced_longer);
            Intervals {
                rotate_every: announce_before + Duration::from_secs(rotated_later),
                announce_before,
                token_lifetime_max: Duration::from_secs(lifetime),
                jwks_cache,
                staleness_max,
                hints_kept: Duration::from_secs(hints_kept),
            }
        },
    )
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let passing = prop_oneof![
        3 => (0_u64..30).prop_map(Passing::Seconds),
        2 => (0_u64..4000).prop_map(Passing::Seconds),
        2 => Just(Passing::Announcement),
        2 => Just(Passing::Rotation),
        1 => Just(Passing::Lifetime),
    ];
    let step = prop_oneof![
        6 => passing.prop_map(Step::Pass),
        5 => (0_u64..=10).prop_map(|ahead| Step::Look { ahead }),
        2 => (0_u64..=10, 0_usize..ALGORITHMS.len()).prop_map(|(ahead, algorithm)| Step::Rotate { ahead, algorithm }),
        1 => (30_u64..7200).prop_map(Step::Lifetime),
    ];
    proptest::collection::vec(step, 1..60)
}

fn play(intervals: Intervals, steps: &[Step]) -> History {
    let mut history = History::new(intervals);
    for step in steps {
        history.take(step);
        // A lifetime takes effect once a node has noted it.
        if matches!(step, Step::Lifetime(_)) {
            history.look(0);
        }
        history.sign();
    }
    // Until the last token is over, and the last session, somebody looks now and then.
    let ends = history.tokens.iter().map(|token| token.believed_until.max(token.hints_until));
    let end = ends.max().unwrap_or(history.now);
    while history.now < end {
        history.take(&Step::Pass(Passing::Seconds(600)));
        history.look(10);
    }
    history
}

proptest! {
    #[test]
    fn every_token_verifies_until_it_is_over_for_every_client(intervals in intervals(), steps in steps()) {
        let history = play(intervals, &steps);
        for token in &history.tokens {
            let middle = token.signed_at + token.believed_until.since(token.signed_at) / 2;
            for at in [token.signed_at, middle, token.believed_until] {
                prop_assert!(history.is_verified(token, at), "{token:?} at {at:?}");
            }
        }
    }

    #[test]
    fn every_token_is_understood_as_a_hint_as_long_as_a_session_lasts(intervals in intervals(), steps in steps()) {
        let history = play(intervals, &steps);
        for token in &history.tokens {
            let middle = token.signed_at + token.hints_until.since(token.signed_at) / 2;
            for at in [token.signed_at, middle, token.hints_until] {
                prop_assert!(history.is_understood(token, at), "{token:?} at {at:?}");
            }
        }
    }

    #[test]
    fn no_node_signs_with_a_key_whose_private_part_is_gone(intervals in intervals(), steps in steps()) {
        let history = play(intervals, &steps);
        for token in &history.tokens {
            prop_assert!(history.could_be_signed(token), "{token:?}");
        }
    }

    #[test]
    fn in_the_end_no_private_part_is_left_but_of_keys_that_sign_or_will(intervals in intervals(), steps in steps()) {
        let mut history = play(intervals, &steps);
        let margin = intervals.staleness_max + 3 * LEEWAY;
        history.take(&Step::Pass(Passing::Seconds(margin.as_secs())));
        history.look(0);
        let keys = history.newest();
        for algorithm in ALGORITHMS {
            let signing = keys.signing_key(algorithm, history.now - margin).expect("one signs");
            let armed = keys.keys().iter().filter(|key| {
                key.algorithm() == algorithm && key.disarmed_at.is_none()
            });
            prop_assert!(armed.into_iter().all(|key| key.signs_from >= signing.signs_from));
        }
    }

    #[test]
    fn no_key_but_the_first_signs_before_it_was_announced_to_everyone(intervals in intervals(), steps in steps()) {
        let history = play(intervals, &steps);
        let (first_at, first) = &history.versions[0];
        for token in &history.tokens {
            let is_first = first.keys().iter().any(|key| key.key_id() == token.key_id);
            let known = history.written_at(token.key_id) + intervals.staleness_max + intervals.jwks_cache;
            prop_assert!(is_first || token.signed_at >= known, "{token:?}");
            prop_assert!(token.signed_at >= *first_at);
        }
    }

    #[test]
    fn keys_take_over_from_one_another_and_none_comes_back(intervals in intervals(), steps in steps()) {
        let history = play(intervals, &steps);
        let order = |key_id: KeyId| {
            let mut all = history.versions.iter().flat_map(|(_, keys)| keys.keys());
            all.find(|key| key.key_id() == key_id).map(|key| key.signs_from).unwrap()
        };
        for pair in history.versions.windows(2) {
            for algorithm in ALGORITHMS {
                let [before, after] = [&pair[0], &pair[1]].map(|(at, keys)| keys.signing_key(algorithm, *at + LEEWAY));
                let [before, after] = [before, after].map(|key| key.expect("each algorithm has a key that signs"));
                prop_assert!(order(after.key_id()) >= order(before.key_id()));
            }
        }
        for (at, keys) in &history.versions {
            let waiting = |algorithm| keys.keys().iter().filter(move |key| {
                key.algorithm() == algorithm && key.signs_from > *at + LEEWAY
            });
            prop_assert!(ALGORITHMS.iter().all(|algorithm| waiting(*algorithm).count() <= 1));
        }
    }
}

/// The histories above would not notice much if this did not fail.
#[test]
fn a_history_in_which_a_key_is_dropped_too_early_is_noticed() {
    let mut history = History::new(INTERVALS);
    history.sign();
    history.rotate(0, 0);
    history.take(&Step::Pass(Passing::Announcement));
    history.sign();
    let successor: KeySet = history.newest().keys().iter().skip(2).cloned().collect();
    history.versions.push((history.now, successor));
    history.now = history.now + Duration::from_secs(60);
    let unverified = |token: &&Signed| !history.is_verified(token, history.now);
    assert!(history.tokens.iter().any(|token| unverified(&token)));
}
