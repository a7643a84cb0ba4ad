//! What passwords are hashed with, and how many at once.

use std::time::Duration;

use super::*;
use crate::{Queue, RestartLimit};

const MIB: u64 = 1024 * 1024;

fn settings(hashes_at_once: usize, hash_memory_max_bytes: u64) -> Settings {
    Settings {
        policy: HashPolicy::default(),
        bcrypt_cost_min: 12,
        hashes_at_once,
        hash_memory_max_bytes,
        queue: Queue { length_max: 1, deadline: Duration::from_secs(1) },
        limit: RestartLimit::default(),
    }
}

#[test]
fn what_owasp_recommends_is_taken_and_anything_below_is_refused() {
    for (mib, passes) in [(46, 1), (19, 2), (12, 3), (9, 4), (7, 5)] {
        let policy = HashPolicy::new(mib * MIB, passes, 1).unwrap();
        assert_eq!(policy.memory_kib(), mib * 1024);
        assert_eq!(HashPolicy::new(mib * MIB - 1, passes, 1), Err(PolicyError::TooWeak));
        assert_eq!(HashPolicy::new(mib * MIB, passes - 1, 1), Err(PolicyError::TooWeak));
    }
    assert_eq!(HashPolicy::new(19 * MIB, 2, 1), Ok(HashPolicy::default()));
}

#[test]
fn what_argon2_does_not_know_is_refused() {
    assert_eq!(HashPolicy::new(19 * MIB, 2, 0), Err(PolicyError::OutOfRange));
    assert_eq!(HashPolicy::new(19 * MIB, 2, 1 << 24), Err(PolicyError::OutOfRange));
    assert_eq!(HashPolicy::new(u64::MAX, 2, 1), Err(PolicyError::OutOfRange));
}

#[test]
fn hashes_at_once_follow_the_cores_and_the_memory() {
    assert_eq!(hashes_at_once(&settings(0, 256 * MIB), 4), 4);
    assert_eq!(hashes_at_once(&settings(0, 256 * MIB), 64), 13);
    assert_eq!(hashes_at_once(&settings(2, 256 * MIB), 64), 2);
    assert_eq!(hashes_at_once(&settings(0, 38 * MIB - 1), 64), 1);
}

#[test]
fn one_hash_can_always_be_computed() {
    let settings = settings(0, 0);
    assert_eq!(hashes_at_once(&settings, 0), 1);
    assert_eq!(memory_kib_max(&settings), 19 * 1024);
}
