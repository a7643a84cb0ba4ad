//! What is measured of refusals.

use metrics::{Counter, counter};

use crate::metrics::{Kind, Metric};

const WRITTEN: &str = "doorward_refusals_written_total";
const DROPPED: &str = "doorward_refusals_dropped_total";

/// What is measured of refusals.
pub const METRICS: &[Metric] = &[
    Metric {
        name: WRITTEN,
        kind: Kind::Counter,
        labels: &[],
        description: "Refusals that operators can look up",
    },
    Metric {
        name: DROPPED,
        kind: Kind::Counter,
        labels: &["reason"],
        description: "Refusals that were not kept: allowance, queue, store",
    },
];

pub(super) struct Meters {
    pub(super) written: Counter,
    pub(super) beyond_allowance: Counter,
    pub(super) queue_full: Counter,
    pub(super) not_stored: Counter,
}

impl Meters {
    pub(super) fn new() -> Self {
        let dropped = |reason: &'static str| counter!(DROPPED, "reason" => reason);
        Self {
            written: counter!(WRITTEN),
            beyond_allowance: dropped("allowance"),
            queue_full: dropped("queue"),
            not_stored: dropped("store"),
        }
    }
}
