//! What the hashing of passwords measures. Who was refused is counted where the actor is asked:
//! `doorward_actor_unavailable_total{actor="identity/local"}`.

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::metrics::{Kind, Metric};

const SECONDS: &str = "doorward_password_hash_seconds";
const WAITING: &str = "doorward_password_hashes_waiting";
const SKIPPED: &str = "doorward_password_hashes_skipped_total";
const REHASHED: &str = "doorward_password_rehashes_total";

/// What the hashing of passwords measures.
pub const METRICS: &[Metric] = &[
    Metric {
        name: SECONDS,
        kind: Kind::Histogram,
        labels: &["algorithm"],
        description: "Seconds of one hash: argon2, bcrypt",
    },
    Metric {
        name: WAITING,
        kind: Kind::Gauge,
        labels: &[],
        description: "Passwords that wait for their hash",
    },
    Metric {
        name: SKIPPED,
        kind: Kind::Counter,
        labels: &[],
        description: "Passwords that were not hashed because nobody waited any more",
    },
    Metric {
        name: REHASHED,
        kind: Kind::Counter,
        labels: &[],
        description: "Passwords that were hashed anew at a sign-in because the policy has moved on",
    },
];

/// Counts a password whose new hash was committed.
pub(super) fn rehashed() {
    counter!(REHASHED).increment(1);
}

/// Of each hash.
pub(super) struct HashMeters {
    pub(super) argon2: Histogram,
    pub(super) bcrypt: Histogram,
}

impl HashMeters {
    pub(super) fn new() -> Self {
        let seconds = |algorithm: &'static str| histogram!(SECONDS, "algorithm" => algorithm);
        Self { argon2: seconds("argon2"), bcrypt: seconds("bcrypt") }
    }
}

/// Of the queue before the threads.
#[derive(Clone)]
pub(super) struct QueueMeters {
    pub(super) waiting: Gauge,
    pub(super) skipped: Counter,
}

impl QueueMeters {
    pub(super) fn new() -> Self {
        Self { waiting: gauge!(WAITING), skipped: counter!(SKIPPED) }
    }
}
