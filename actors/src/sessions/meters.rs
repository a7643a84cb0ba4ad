//! What the sessions measure.

use metrics::{Counter, counter};

use crate::metrics::{Kind, Metric};

const FOUND: &str = "doorward_sessions_found_total";
const WRITTEN: &str = "doorward_sessions_last_seen_written_total";

/// What the sessions measure.
pub const METRICS: &[Metric] = &[
    Metric {
        name: FOUND,
        kind: Kind::Counter,
        labels: &["outcome"],
        description: "Session cookies that were presented: found, over, unknown",
    },
    Metric {
        name: WRITTEN,
        kind: Kind::Counter,
        labels: &[],
        description: "Last uses of sessions that were written from the queue",
    },
];

pub(super) struct Meters {
    pub(super) found: Counter,
    pub(super) over: Counter,
    pub(super) unknown: Counter,
    pub(super) written: Counter,
}

impl Meters {
    pub(super) fn new() -> Self {
        let found = |outcome: &'static str| counter!(FOUND, "outcome" => outcome);
        Self {
            found: found("found"),
            over: found("over"),
            unknown: found("unknown"),
            written: counter!(WRITTEN),
        }
    }
}
