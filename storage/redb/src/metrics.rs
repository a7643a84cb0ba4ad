//! What the engine measures: the table of its metrics, and its meters. They have no labels.
//!
//! Meters bind to the recorder that is installed when the engine is opened, so the recorder comes first.

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use storage::metrics::{AVAILABLE, COMMIT, Kind, Metric, REFUSED, SWEPT, UNKNOWN};

const GROUP: &str = "doorward_storage_group_batches";
const REOPENINGS: &str = "doorward_storage_reopenings_total";

/// What this engine measures beside what all do.
pub const METRICS: &[Metric] = &[
    Metric::plain(GROUP, Kind::Histogram, "Batches that shared one commit (engine redb)"),
    Metric::plain(
        REOPENINGS,
        Kind::Counter,
        "Attempts to open the store again after a fault (engine redb)",
    ),
];

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
