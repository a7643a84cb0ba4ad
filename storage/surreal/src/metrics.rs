//! What this engine measures.

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use storage::metrics::{AVAILABLE, COMMIT, Kind, Metric, REFUSED, SWEPT, UNKNOWN};

const ROUND_TRIPS: &str = "doorward_storage_round_trips_total";
const CONFLICTS: &str = "doorward_storage_conflicts_total";
const RECONNECTIONS: &str = "doorward_storage_reconnections_total";

/// What this engine measures beside what all do.
pub const METRICS: &[Metric] = &[
    Metric::plain(ROUND_TRIPS, Kind::Counter, "Questions to the database (engine surreal)"),
    Metric::plain(
        CONFLICTS,
        Kind::Counter,
        "Transactions that collided and were tried again (engine surreal)",
    ),
    Metric::plain(
        RECONNECTIONS,
        Kind::Counter,
        "Attempts to connect to the database again (engine surreal)",
    ),
];

#[derive(Clone)]
pub(crate) struct Meters {
    pub(crate) commit_seconds: Histogram,
    pub(crate) refused: Counter,
    pub(crate) unknown: Counter,
    pub(crate) swept_rows: Counter,
    pub(crate) available: Gauge,
    pub(crate) round_trips: Counter,
    pub(crate) conflicts: Counter,
    pub(crate) reconnections: Counter,
}

impl Meters {
    pub(crate) fn new() -> Self {
        Self {
            commit_seconds: histogram!(COMMIT),
            refused: counter!(REFUSED),
            unknown: counter!(UNKNOWN),
            swept_rows: counter!(SWEPT),
            available: gauge!(AVAILABLE),
            round_trips: counter!(ROUND_TRIPS),
            conflicts: counter!(CONFLICTS),
            reconnections: counter!(RECONNECTIONS),
        }
    }
}
