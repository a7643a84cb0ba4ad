//! What the engine measures: the table of its metrics, and its meters. They have no labels.
//!
//! Meters bind to the recorder that is installed when the engine is opened, so the recorder comes first.

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// As it is exported.
    pub name: &'static str,
    /// What its numbers mean.
    pub kind: Kind,
    /// The label keys it carries.
    pub labels: &'static [&'static str],
    /// For the person who reads the export.
    pub description: &'static str,
}

/// What the numbers of a metric mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution.
    Histogram,
}

const COMMIT: &str = "doorward_storage_commit_seconds";
const GROUP: &str = "doorward_storage_group_batches";
const REFUSED: &str = "doorward_storage_refused_total";
const UNKNOWN: &str = "doorward_storage_unknown_total";
const REOPENINGS: &str = "doorward_storage_reopenings_total";
const SWEPT: &str = "doorward_storage_swept_rows_total";
const AVAILABLE: &str = "doorward_storage_available";

/// Every metric of this crate.
pub const METRICS: &[Metric] = &[
    metric(COMMIT, Kind::Histogram, "Seconds from taking a group of batches to its being durable"),
    metric(GROUP, Kind::Histogram, "Batches that shared one commit"),
    metric(REFUSED, Kind::Counter, "Batches refused for what did not hold"),
    metric(UNKNOWN, Kind::Counter, "Batches whose outcome could not be told at once"),
    metric(REOPENINGS, Kind::Counter, "Attempts to open the store again after a fault"),
    metric(SWEPT, Kind::Counter, "Expired rows that were removed"),
    metric(AVAILABLE, Kind::Gauge, "1 while reads and commits are served, 0 otherwise"),
];

const fn metric(name: &'static str, kind: Kind, description: &'static str) -> Metric {
    Metric { name, kind, labels: &[], description }
}

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

/// The meters of one engine.
pub(crate) struct Meters {
    pub(crate) commit_seconds: Histogram,
    pub(crate) group_batches: Histogram,
    pub(crate) refused: Counter,
    pub(crate) unknown: Counter,
    pub(crate) reopenings: Counter,
    pub(crate) swept_rows: Counter,
    pub(crate) available: Gauge,
}

impl Meters {
    pub(crate) fn new() -> Self {
        let available = gauge!(AVAILABLE);
        available.set(1);
        Self {
            commit_seconds: histogram!(COMMIT),
            group_batches: histogram!(GROUP),
            refused: counter!(REFUSED),
            unknown: counter!(UNKNOWN),
            reopenings: counter!(REOPENINGS),
            swept_rows: counter!(SWEPT),
            available,
        }
    }
}
