//! What is measured, as a table: the shape of a row, and the rows that every engine has.

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

impl Metric {
    /// A row without labels.
    pub const fn plain(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self { name, kind, labels: &[], description }
    }
}

/// From taking a batch, or a group of them, to its outcome.
pub const COMMIT: &str = "doorward_storage_commit_seconds";
/// Batches that were refused.
pub const REFUSED: &str = "doorward_storage_refused_total";
/// Batches whose outcome was lost.
pub const UNKNOWN: &str = "doorward_storage_unknown_total";
/// Rows that a sweep removed.
pub const SWEPT: &str = "doorward_storage_swept_rows_total";
/// Whether the store is served.
pub const AVAILABLE: &str = "doorward_storage_available";

/// What every engine measures.
pub const METRICS: &[Metric] = &[
    Metric::plain(
        COMMIT,
        Kind::Histogram,
        "Seconds from taking a batch, or a group of them, to its being durable",
    ),
    Metric::plain(REFUSED, Kind::Counter, "Batches refused for what did not hold"),
    Metric::plain(UNKNOWN, Kind::Counter, "Batches whose outcome could not be told at once"),
    Metric::plain(SWEPT, Kind::Counter, "Expired rows that were removed"),
    Metric::plain(AVAILABLE, Kind::Gauge, "1 while reads and commits are served, 0 otherwise"),
];
