//! What is measured of logouts on their way to clients.

use metrics::{Counter, Histogram, counter, histogram};

use crate::metrics::{Kind, Metric};

const POSTS: &str = "doorward_backchannel_logouts_total";
const SECONDS: &str = "doorward_backchannel_logout_seconds";

/// What is measured of logouts on their way to clients.
pub const METRICS: &[Metric] = &[
    Metric {
        name: POSTS,
        kind: Kind::Counter,
        labels: &["outcome"],
        description: "Times that a client was told of a logout: taken, not_taken and tried again, given_up",
    },
    Metric {
        name: SECONDS,
        kind: Kind::Histogram,
        labels: &[],
        description: "Seconds from telling a client of a logout to its answer",
    },
];

pub(super) struct Meters {
    pub(super) taken: Counter,
    pub(super) not_taken: Counter,
    pub(super) given_up: Counter,
    pub(super) seconds: Histogram,
}

impl Meters {
    pub(super) fn new() -> Self {
        let posts = |outcome: &'static str| counter!(POSTS, "outcome" => outcome);
        Self {
            taken: posts("taken"),
            not_taken: posts("not_taken"),
            given_up: posts("given_up"),
            seconds: histogram!(SECONDS),
        }
    }
}
