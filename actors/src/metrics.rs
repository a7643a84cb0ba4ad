//! What is measured of every actor: the table of these metrics, and the meters of one actor.
//!
//! Labels are the names that this crate gives its actors, without a shard's index; never a value from a request.
//! Meters bind to the recorder that is installed when a child is described, so the recorder comes first.

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::address::Unavailable;

pub use storage::metrics::{Kind, Metric};

const RESTARTS: &str = "doorward_actor_restarts_total";
const WAITING: &str = "doorward_actor_waiting";
const ASK: &str = "doorward_actor_ask_seconds";
const UNAVAILABLE: &str = "doorward_actor_unavailable_total";

/// What is measured of every actor. What one actor measures besides stands in its own file.
pub const METRICS: &[Metric] = &[
    Metric {
        name: RESTARTS,
        kind: Kind::Counter,
        labels: &["actor"],
        description: "Attempts to start an actor again after it died",
    },
    Metric {
        name: WAITING,
        kind: Kind::Gauge,
        labels: &["actor"],
        description: "Requests that are neither answered nor dropped",
    },
    Metric {
        name: ASK,
        kind: Kind::Histogram,
        labels: &["actor"],
        description: "Seconds from asking an actor to its answer",
    },
    Metric {
        name: UNAVAILABLE,
        kind: Kind::Counter,
        labels: &["actor", "reason"],
        description: "Requests without an answer: busy, timed_out, stopped",
    },
];

/// Gives the recorder the descriptions of [`METRICS`].
pub fn describe() {
    for metric in METRICS {
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, metric.description),
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.description),
            Kind::Histogram => metrics::describe_histogram!(metric.name, metric.description),
        }
    }
}

/// What is measured where an actor is asked.
pub(crate) struct Meters {
    pub(crate) waiting: Gauge,
    pub(crate) seconds: Histogram,
    busy: Counter,
    timed_out: Counter,
    stopped: Counter,
}

impl Meters {
    pub(crate) fn new(actor: &'static str) -> Self {
        let unavailable =
            |reason: &'static str| counter!(UNAVAILABLE, "actor" => actor, "reason" => reason);
        Self {
            waiting: gauge!(WAITING, "actor" => actor),
            seconds: histogram!(ASK, "actor" => actor),
            busy: unavailable("busy"),
            timed_out: unavailable("timed_out"),
            stopped: unavailable("stopped"),
        }
    }

    /// Meters that nobody reads.
    pub(crate) fn none() -> Self {
        Self {
            waiting: Gauge::noop(),
            seconds: Histogram::noop(),
            busy: Counter::noop(),
            timed_out: Counter::noop(),
            stopped: Counter::noop(),
        }
    }

    pub(crate) fn count(&self, unavailable: Unavailable) {
        match unavailable {
            Unavailable::Busy => self.busy.increment(1),
            Unavailable::TimedOut => self.timed_out.increment(1),
            Unavailable::Stopped => self.stopped.increment(1),
        }
    }
}

/// Counts the restarts of `actor`.
pub(crate) fn restarts(actor: &'static str) -> Counter {
    counter!(RESTARTS, "actor" => actor)
}

#[cfg(test)]
pub(crate) mod tests;
