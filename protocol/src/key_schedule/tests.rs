//! The promises of rotation, one by one, and then all of them over random histories.

mod histories;

use std::time::Duration;

use serde_json::json;

use super::{
    Due, HINTS_MAX, Intervals, KeySet, LEEWAY, PUBLISHED_MAX, PublishedKey, RotationRefused,
    Schedule, ScheduleError,
};
use crate::{
    clock::Timestamp,
    id::KeyId,
    jose::{Algorithm, PublicJwk},
    randomness::{Randomness, tests::Counting},
};

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

const INTERVALS: Intervals = Intervals {
    rotate_every: minutes(90 * 24 * 60),
    announce_before: minutes(60),
    token_lifetime_max: minutes(15),
    jwks_cache: minutes(5),
    staleness_max: Duration::from_secs(5),
    hints_kept: minutes(30 * 24 * 60),
};

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

fn schedule() -> Schedule {
    Schedule::try_from(INTERVALS).unwrap()
}

/// A public key that nobody signs with.
fn public_jwk(algorithm: Algorithm, randomness: &dyn Randomness) -> PublicJwk {
    let mut jwk = match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 => json!({ "kty": "RSA", "n": "AA", "e": "AQAB" }),
        Algorithm::Es256 => json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" }),
        Algorithm::Es384 => json!({ "kty": "EC", "crv": "P-384", "x": "AA", "y": "AA" }),
        Algorithm::EdDsa => json!({ "kty": "OKP", "crv": "Ed25519", "x": "AA" }),
    };
    jwk["kid"] = json!(KeyId::new(randomness));
    jwk["alg"] = json!(algorithm);
    jwk["use"] = json!("sig");
    serde_json::from_value(jwk).unwrap()
}

/// Does what is due, as the keys actor does it.
fn apply(
    keys: &KeySet,
    due: &[Due],
    schedule: &Schedule,
    now: Timestamp,
    randomness: &dyn Randomness,
) -> KeySet {
    let mut keys = keys.keys().to_vec();
    for due in due {
        match *due {
            Due::Announce { algorithm, signs_from } => {
                keys.push(PublishedKey::announced(
                    public_jwk(algorithm, randomness),
                    signs_from,
                    schedule,
                    now,
                ));
            }
            Due::Lengthen { key_id, token_lifetime_max_seconds } => {
                let key = keys.iter_mut().find(|key| key.key_id() == key_id).unwrap();
                key.token_lifetime_max_seconds = token_lifetime_max_seconds;
            }
            Due::Retire { key_id, retired_at, published_until, hints_until } => {
                let key = keys.iter_mut().find(|key| key.key_id() == key_id).unwrap();
                key.retired_at = Some(retired_at);
                (key.published_until, key.hints_until) = (Some(published_until), Some(hints_until));
            }
            Due::Disarm { key_id } => {
                let key = keys.iter_mut().find(|key| key.key_id() == key_id).unwrap();
                key.disarmed_at = Some(now);
            }
            Due::Drop { key_id } => keys.retain(|key| key.key_id() != key_id),
        }
    }
    keys.into_iter().collect()
}

/// The keys of one installation, looked after at once whenever time passes.
struct Installation {
    keys: KeySet,
    now: Timestamp,
    randomness: Counting,
}

impl Installation {
    fn new(wanted: &[Algorithm]) -> Self {
        let mut new = Self { keys: KeySet::default(), now: NOW, randomness: Counting::default() };
        new.look(wanted);
        new
    }

    fn look(&mut self, wanted: &[Algorithm]) -> Vec<Due> {
        let due = self.keys.due(&schedule(), wanted, self.now);
        self.keys = apply(&self.keys, &due, &schedule(), self.now, &self.randomness);
        due
    }

    fn after(&mut self, time: Duration) -> Vec<Due> {
        self.now = self.now + time;
        self.look(&[])
    }

    fn rotate(&mut self, algorithm: Algorithm) -> Result<(), RotationRefused> {
        let due = self.keys.rotate(algorithm, &schedule(), self.now)?;
        self.keys = apply(&self.keys, &[due], &schedule(), self.now, &self.randomness);
        Ok(())
    }

    fn signing(&self, algorithm: Algorithm) -> Option<KeyId> {
        self.keys.signing_key(algorithm, self.now).map(PublishedKey::key_id)
    }

    fn published(&self) -> Vec<KeyId> {
        self.keys.published(self.now).map(PublishedKey::key_id).collect()
    }
}

#[test]
fn the_first_keys_of_an_installation_sign_at_once_and_where_the_clock_is_behind() {
    let new = Installation::new(Algorithm::ALL);
    for algorithm in Algorithm::ALL {
        assert!(new.signing(*algorithm).is_some());
        assert!(new.keys.signing_key(*algorithm, NOW - LEEWAY).is_some());
    }
    assert_eq!(new.published().len(), Algorithm::ALL.len());
    assert_eq!(new.keys.due(&schedule(), Algorithm::ALL, NOW), []);
}

#[test]
fn the_first_key_of_a_further_algorithm_is_announced_before_it_signs() {
    let mut grown = Installation::new(&[Algorithm::Rs256]);
    let due = grown.look(&[Algorithm::Rs256, Algorithm::Es256]);
    let signs_from = NOW + INTERVALS.announce_before;
    assert_eq!(due, [Due::Announce { algorithm: Algorithm::Es256, signs_from }]);
    assert_eq!(grown.signing(Algorithm::Es256), None);
    grown.after(INTERVALS.announce_before);
    assert!(grown.signing(Algorithm::Es256).is_some());
}

#[test]
fn a_successor_is_announced_then_signs_and_the_old_key_leaves_when_its_last_token_is_over() {
    let mut home = Installation::new(&[Algorithm::Rs256]);
    let old = home.signing(Algorithm::Rs256);
    let until_announced = INTERVALS.rotate_every - INTERVALS.announce_before - LEEWAY;
    assert_eq!(home.after(until_announced - Duration::from_millis(1)), []);
    assert_eq!(home.after(Duration::from_millis(1)).len(), 1);
    assert_eq!((home.published().len(), home.signing(Algorithm::Rs256)), (2, old));

    assert_eq!(home.after(INTERVALS.announce_before - Duration::from_millis(1)), []);
    assert_eq!(home.signing(Algorithm::Rs256), old);
    assert_eq!(home.after(Duration::from_millis(1)), []);
    assert_ne!(home.signing(Algorithm::Rs256), old);
    let begun = home.now;
    let retired = home.after(LEEWAY);
    assert!(matches!(retired.as_slice(), [Due::Retire { key_id, retired_at, .. }]
        if Some(*key_id) == old && *retired_at == begun));

    let kept = INTERVALS.token_lifetime_max + INTERVALS.staleness_max + 2 * LEEWAY;
    home.after(kept - Duration::from_millis(1));
    assert_eq!(home.published().first().copied(), old);
    home.after(Duration::from_millis(1));
    assert_eq!(home.published().len(), 1);
}

#[test]
fn a_key_loses_its_private_part_when_no_node_can_sign_with_it_any_more() {
    let (mut home, old) = retired();
    let until = INTERVALS.staleness_max + 2 * LEEWAY;
    assert_eq!(home.after(until - Duration::from_millis(1)), []);
    assert_eq!(home.after(Duration::from_millis(1)), [Due::Disarm { key_id: old }]);
    assert_eq!(home.after(INTERVALS.staleness_max), [], "once");
}

#[test]
fn a_key_tells_whose_its_old_tokens_were_as_long_as_a_session_lasts_and_is_then_forgotten() {
    let (mut home, old) = retired();
    let is_kept = |home: &Installation| home.keys.kept(home.now).any(|key| key.key_id() == old);
    home.after(INTERVALS.hints_kept);
    assert!(is_kept(&home) && !home.published().contains(&old));
    home.after(INTERVALS.staleness_max + 2 * LEEWAY - Duration::from_millis(1));
    assert!(is_kept(&home));
    assert_eq!(home.after(Duration::from_millis(1)), [Due::Drop { key_id: old }]);
    assert!(!is_kept(&home));
}

#[test]
fn a_session_shorter_than_a_token_takes_no_key_from_those_who_verify() {
    let short = Schedule::try_from(Intervals { hints_kept: Duration::ZERO, ..INTERVALS }).unwrap();
    let mut home = Installation::new(&[Algorithm::Rs256]);
    home.rotate(Algorithm::Rs256).unwrap();
    let due = home.keys.due(&short, &[], home.now + INTERVALS.announce_before + LEEWAY);
    assert!(matches!(due.as_slice(), [Due::Retire { published_until, hints_until, .. }]
        if hints_until == published_until));
}

/// An installation whose first key has just retired, and that key.
fn retired() -> (Installation, KeyId) {
    let mut home = Installation::new(&[Algorithm::Rs256]);
    let old = home.signing(Algorithm::Rs256).unwrap();
    home.rotate(Algorithm::Rs256).unwrap();
    let due = home.after(INTERVALS.announce_before + LEEWAY);
    assert!(matches!(due.as_slice(), [Due::Retire { key_id, .. }] if *key_id == old));
    (home, old)
}

#[test]
fn a_successor_that_is_late_is_announced_as_long_as_any_other() {
    let mut asleep = Installation::new(&[Algorithm::EdDsa]);
    let old = asleep.signing(Algorithm::EdDsa);
    let due = asleep.after(10 * INTERVALS.rotate_every);
    let signs_from = asleep.now + INTERVALS.announce_before;
    assert_eq!(due, [Due::Announce { algorithm: Algorithm::EdDsa, signs_from }]);
    assert_eq!(asleep.signing(Algorithm::EdDsa), old);
}

#[test]
fn a_rotation_by_hand_waits_too_and_is_not_begun_twice() {
    let mut home = Installation::new(Algorithm::ALL);
    let old = home.signing(Algorithm::Es256);
    home.rotate(Algorithm::Es256).unwrap();
    let successor = home.keys.keys().last().unwrap().clone();
    let (key_id, signs_from) = (successor.key_id(), NOW + INTERVALS.announce_before);
    assert_eq!(
        home.rotate(Algorithm::Es256),
        Err(RotationRefused::Underway { key_id, signs_from })
    );
    assert_eq!(home.signing(Algorithm::Es256), old);
    home.after(INTERVALS.announce_before + LEEWAY);
    assert_eq!(home.signing(Algorithm::Es256), Some(key_id));
    assert_eq!(home.keys.keys().iter().filter(|key| key.retired_at.is_some()).count(), 1);
}

#[test]
fn an_algorithm_that_is_no_longer_wanted_still_rotates() {
    let mut home = Installation::new(&[Algorithm::Rs256, Algorithm::EdDsa]);
    home.now = home.now + INTERVALS.rotate_every;
    assert_eq!(home.look(&[Algorithm::Rs256]).len(), 2);
}

#[test]
fn a_key_that_is_late_on_a_node_whose_clock_is_behind_is_kept_for_the_lifetime_that_holds_then() {
    let mut home = Installation::new(&[Algorithm::Rs256]);
    home.rotate(Algorithm::Rs256).unwrap();
    assert_eq!(home.after(INTERVALS.announce_before), []);
    let longer =
        Schedule::try_from(Intervals { token_lifetime_max: minutes(60), ..INTERVALS }).unwrap();
    let due = home.keys.due(&longer, &[], home.now + LEEWAY);
    assert!(due.iter().any(|due| matches!(due, Due::Retire { published_until, .. }
        if *published_until >= home.now + minutes(60))));
}

#[test]
fn a_shorter_lifetime_does_not_drop_a_key_whose_longer_tokens_live() {
    let mut home = Installation::new(&[Algorithm::Rs256]);
    let longer =
        Schedule::try_from(Intervals { token_lifetime_max: minutes(24 * 60), ..INTERVALS })
            .unwrap();
    let due = home.keys.due(&longer, &[], home.now);
    assert!(matches!(due.as_slice(), [Due::Lengthen { token_lifetime_max_seconds: 86_400, .. }]));
    home.keys = apply(&home.keys, &due, &longer, home.now, &home.randomness);

    home.rotate(Algorithm::Rs256).unwrap();
    let retired = home.after(INTERVALS.announce_before + LEEWAY);
    assert!(matches!(retired.as_slice(), [Due::Retire { published_until, .. }]
        if *published_until >= home.now + minutes(24 * 60)));
}

#[test]
fn keys_that_verify_are_bounded_in_number() {
    let mut home = Installation::new(&[Algorithm::EdDsa]);
    let long =
        Schedule::try_from(Intervals { token_lifetime_max: minutes(60 * 24 * 60), ..INTERVALS })
            .unwrap();
    let due = home.keys.due(&long, &[], home.now);
    home.keys = apply(&home.keys, &due, &long, home.now, &home.randomness);
    for _ in 1..PUBLISHED_MAX {
        home.rotate(Algorithm::EdDsa).unwrap();
        let due = home.keys.due(&long, &[], home.now);
        home.keys = apply(&home.keys, &due, &long, home.now, &home.randomness);
        home.after(INTERVALS.announce_before);
    }
    assert_eq!(home.rotate(Algorithm::EdDsa), Err(RotationRefused::TooMany));
    assert!(home.signing(Algorithm::EdDsa).is_some());
}

#[test]
fn keys_for_hints_alone_are_bounded_in_number_and_the_oldest_goes_first() {
    let mut home = Installation::new(&[Algorithm::EdDsa]);
    let rotate = |home: &mut Installation| {
        home.rotate(Algorithm::EdDsa).unwrap();
        home.after(INTERVALS.announce_before + LEEWAY)
    };
    let for_hints = |home: &Installation| {
        home.keys.keys().iter().filter(|key| !key.is_published(home.now)).count()
    };
    let oldest = home.keys.keys().first().unwrap().key_id();
    for _ in 0..HINTS_MAX + 20 {
        rotate(&mut home);
        assert!(for_hints(&home) <= HINTS_MAX + 1);
    }
    assert!(for_hints(&home) >= HINTS_MAX);
    assert!(home.keys.kept(home.now).all(|key| key.key_id() != oldest));
    assert!(home.signing(Algorithm::EdDsa).is_some());
}

#[test]
fn a_key_that_an_earlier_release_retired_goes_when_it_leaves_the_jwks() {
    let (home, old) = retired();
    let mut records = serde_json::to_value(home.keys.keys()).unwrap();
    records[0].as_object_mut().unwrap().remove("hints_until");
    let keys: Vec<PublishedKey> = serde_json::from_value(records).unwrap();
    let keys: KeySet = keys.into_iter().collect();
    let end = keys.keys()[0].published_until.unwrap();
    assert_eq!(keys.due(&schedule(), &[], end), [Due::Drop { key_id: old }]);
}

#[test]
fn a_schedule_under_which_a_verification_could_fail_is_refused() {
    let shortest = INTERVALS.jwks_cache + INTERVALS.staleness_max + LEEWAY;
    let announced =
        |announce_before| Schedule::try_from(Intervals { announce_before, ..INTERVALS });
    assert!(announced(shortest).is_ok());
    let late = announced(shortest - Duration::from_millis(1));
    assert_eq!(late, Err(ScheduleError::AnnouncedTooLate(shortest)));
    let often = Schedule::try_from(Intervals { rotate_every: minutes(59), ..INTERVALS });
    assert_eq!(often, Err(ScheduleError::RotatedTooOften(INTERVALS.announce_before)));
}

#[test]
fn the_jwks_is_the_same_whatever_order_the_keys_were_read_in() {
    let mut home = Installation::new(Algorithm::ALL);
    home.rotate(Algorithm::Rs256).unwrap();
    let reversed: KeySet = home.keys.keys().iter().rev().cloned().collect();
    assert_eq!(reversed.jwks(home.now), home.keys.jwks(home.now));
    assert_eq!(home.keys.jwks(home.now).keys.len(), Algorithm::ALL.len() + 1);
}

#[test]
fn a_published_key_is_read_back_from_its_record() {
    let home = Installation::new(&[Algorithm::Rs256]);
    let text = serde_json::to_string(home.keys.keys()).unwrap();
    assert_eq!(serde_json::from_str::<Vec<PublishedKey>>(&text).unwrap(), home.keys.keys());
}
