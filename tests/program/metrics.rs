//! The table of metrics is the one in the documentation.

use std::{collections::BTreeSet, fs, path::Path};

use doorward::telemetry::{metrics_page, metrics_table};

use crate::place::{Place, get};

#[test]
fn the_table_in_the_documentation_is_what_the_code_says() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
    let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("metrics.md");
    fs::write(&fresh, metrics_page()).unwrap();
    let is_same = fs::read_to_string(committed).is_ok_and(|text| text == metrics_page());
    assert!(is_same, "copy {} to docs/metrics.md", fresh.display());
}

#[test]
fn no_metric_has_the_name_of_another_and_each_says_whose_it_is() {
    let table = metrics_table();
    let names: BTreeSet<_> = table.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), table.len());
    // The second are what every program of Prometheus' makers calls them.
    let is_said = |name: &&str| name.starts_with("doorward_") || name.starts_with("process_");
    assert!(names.iter().all(is_said));
}

#[test]
fn what_the_process_takes_of_the_machine_is_told() {
    let place = Place::new();
    let serving = place.serve();
    let numbers = get(serving.management, "/metrics");
    for name in ["process_resident_memory_bytes", "process_open_fds", "process_cpu_seconds_total"] {
        let value = numbers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        assert!(value.is_some_and(|value| value.parse::<f64>().is_ok()), "{name} in\n{numbers}");
    }
    for row in metrics_table().iter().filter(|row| row.name.starts_with("process_")) {
        assert!(numbers.contains(&format!("# TYPE {} {}\n", row.name, row.kind)), "{}", row.name);
    }
    serving.process.stop();
}
