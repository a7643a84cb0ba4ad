//! The numbers at `/metrics`: those that parts count, and what this process takes of the machine, read when it is asked.

use metrics_exporter_prometheus::PrometheusHandle;
use metrics_process::Collector;

use super::Row;

/// Gives every number. Cheap to clone.
#[derive(Clone)]
pub struct Numbers {
    handle: PrometheusHandle,
    process: Collector,
}

impl Numbers {
    pub(super) fn new(handle: PrometheusHandle) -> Self {
        Self { handle, process: Collector::default() }
    }

    /// Every number, in the text format of Prometheus.
    pub fn render(&self) -> String {
        self.process.collect();
        self.handle.render()
    }

    /// Puts the numbers in order, so that what was measured does not pile up while nobody asks.
    pub fn run_upkeep(&self) {
        self.handle.run_upkeep();
    }
}

/// What is measured of the process. The names are those that every program of Prometheus' makers has for it, so that what
/// shows others shows this one too.
pub(super) fn of_the_process() -> impl Iterator<Item = Row> {
    let row = |(name, kind, description): (&'static str, &str, &'static str)| Row {
        name,
        kind: kind.to_owned(),
        labels: Vec::new(),
        description,
    };
    [
        (
            "process_cpu_seconds_total",
            "counter",
            "Whole seconds of processor time, of the system too",
        ),
        ("process_open_fds", "gauge", "Open file descriptors"),
        ("process_max_fds", "gauge", "The most file descriptors that may be open"),
        ("process_resident_memory_bytes", "gauge", "Bytes of memory that are resident"),
        ("process_virtual_memory_bytes", "gauge", "Bytes of address space"),
        (
            "process_virtual_memory_max_bytes",
            "gauge",
            "The most bytes of address space that may be had; 0 is without limit",
        ),
        ("process_start_time_seconds", "gauge", "When the process started, in seconds since 1970"),
        ("process_threads", "gauge", "Threads"),
    ]
    .into_iter()
    .map(row)
}
