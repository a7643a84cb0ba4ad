//! The rules at their thresholds, over time, and for whatever order of attempts.

use proptest::prelude::*;
use protocol::Realm;

use super::*;

const POLICY: Policy = Policy {
    failures_max: 10,
    failures_window: MINUTE.saturating_mul(15),
    lock_first: MINUTE,
    lock_longest: MINUTE.saturating_mul(60),
    address_failures_max: 100,
};
const MINUTE: Duration = Duration::from_secs(60);
const START: Timestamp = Timestamp::from_seconds(1_790_000_000);

fn counter() -> Counter {
    Counter {
        subject: "account:acc_1".into(),
        realm: Realm::main(),
        account_id: None,
        failures: 0,
        first_failed_at: START,
        last_failed_at: START,
        locks: 0,
        locked_until: None,
        expires_at: START,
    }
}

/// Whether the attempt is let through, which counts it.
fn attempt(counter: &mut Counter, max: u32, now: Timestamp) -> bool {
    // As the store does it: what has expired is not there.
    if counter.expires_at <= now {
        *counter = self::counter();
    }
    let is_let_through = locked_until(counter, now).is_none();
    if is_let_through {
        let _ = POLICY.count(counter, max, now);
    }
    is_let_through
}

/// Fails until locked, as often as is let through, and gives until when.
fn lock(counter: &mut Counter, max: u32, now: Timestamp) -> (usize, Timestamp) {
    let let_through = (0..1_000).take_while(|_| attempt(counter, max, now)).count();
    (let_through, locked_until(counter, now).unwrap())
}

proptest! {
    /// ATTACKS 16: the limit is a number, and it is this one.
    #[test]
    fn exactly_the_limit_is_let_through(max in 1_u32..40, gap_ms in 0_u64..10_000) {
        let mut counter = counter();
        let (mut now, mut let_through) = (START, 0);
        while attempt(&mut counter, max, now) {
            let_through += 1;
            now = now + Duration::from_millis(gap_ms);
            prop_assert!(let_through <= max);
        }
        prop_assert_eq!(let_through, max);
    }

    #[test]
    fn whatever_the_order_no_window_lets_more_than_the_limit_through(
        max in 9_u32..=11,
        gaps_ms in proptest::collection::vec(0_u64..600_000, 1..200),
    ) {
        let mut counter = counter();
        let (mut now, mut window_at, mut within) = (START, START, 0);
        for gap in gaps_ms {
            now = now + Duration::from_millis(gap);
            if !attempt(&mut counter, max, now) {
                prop_assert!(locked_until(&counter, now).unwrap() <= now + POLICY.lock_longest);
                prop_assert!(within >= max, "locked after {within} of {max}");
                continue;
            }
            if counter.first_failed_at != window_at {
                (window_at, within) = (counter.first_failed_at, 0);
            }
            within += 1;
            prop_assert!(within <= max);
            prop_assert!(now.since(window_at) < POLICY.failures_window);
        }
    }

    #[test]
    fn one_attempt_that_is_given_back_is_one_and_no_more(max in 2_u32..40, failures in 1_u32..40) {
        let mut counter = counter();
        for _ in 0..failures.min(max) {
            attempt(&mut counter, max, START);
        }
        POLICY.give_back(&mut counter, max, START);
        let (let_through, _) = lock(&mut counter, max, START);
        prop_assert_eq!(let_through, (max - failures.min(max) + 1) as usize);
    }
}

#[test]
fn nine_ten_and_eleven_are_three_limits() {
    for max in [9, 10, 11] {
        let mut counter = counter();
        let locks: Vec<_> = (0..max).map(|_| POLICY.count(&mut counter, max, START)).collect();
        let (last, before) = locks.split_last().unwrap();
        assert!(before.iter().all(Option::is_none), "{max}");
        assert_eq!(*last, Some(MINUTE), "{max}");
    }
}

#[test]
fn a_lock_ends_by_time_alone_and_the_limit_holds_again() {
    let mut counter = counter();
    let (_, until) = lock(&mut counter, 10, START);
    assert_eq!(until, START + MINUTE);
    assert!(!attempt(&mut counter, 10, until - Duration::from_millis(1)));
    let (let_through, _) = lock(&mut counter, 10, until);
    assert_eq!(let_through, 10);
}

#[test]
fn each_further_lock_doubles_up_to_the_longest() {
    let (mut counter, mut now) = (counter(), START);
    let minutes: Vec<_> = (0..8)
        .map(|_| {
            let (_, until) = lock(&mut counter, 10, now);
            let lasts = until.since(now);
            now = until;
            lasts.as_secs() / 60
        })
        .collect();
    assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60]);
}

#[test]
fn locks_that_are_long_over_are_forgotten() {
    let mut counter = counter();
    let (_, until) = lock(&mut counter, 10, START);
    let (_, until) = lock(&mut counter, 10, until);
    let (_, again) = lock(&mut counter, 10, until + POLICY.lock_longest);
    assert_eq!(again.since(until + POLICY.lock_longest), MINUTE);
}

#[test]
fn failures_outside_the_window_are_forgotten() {
    let mut counter = counter();
    for _ in 0..9 {
        assert!(attempt(&mut counter, 10, START));
    }
    let last = START + POLICY.failures_window - Duration::from_millis(1);
    let mut within = counter.clone();
    assert_eq!(lock(&mut within, 10, last).0, 1);
    assert_eq!(lock(&mut counter, 10, START + POLICY.failures_window).0, 10);
}

#[test]
fn a_lock_that_fell_with_an_attempt_which_succeeded_is_taken_back() {
    let mut counter = counter();
    let (_, until) = lock(&mut counter, 10, START);
    let (_, _) = lock(&mut counter, 10, until);
    POLICY.give_back(&mut counter, 10, until);
    assert!(attempt(&mut counter, 10, until));
    assert_eq!(
        locked_until(&counter, until),
        Some(until + 2 * MINUTE),
        "still the second in a row"
    );
}

#[test]
fn a_success_gives_nothing_back_of_a_row_in_which_it_was_not_counted() {
    let mut counter = counter();
    let (_, until) = lock(&mut counter, 10, START);
    lock(&mut counter, 10, until);
    let locked = counter.clone();
    POLICY.give_back(&mut counter, 10, START);
    assert_eq!(counter, locked);
}

#[test]
fn a_clock_that_steps_back_forgets_nothing() {
    let mut counter = counter();
    for _ in 0..9 {
        attempt(&mut counter, 10, START);
    }
    assert_eq!(lock(&mut counter, 10, START - MINUTE).0, 1);
}
