//! The table of metrics is the one in the documentation.

use std::{collections::BTreeSet, fs, path::Path};

use doorward::telemetry::{metrics_page, metrics_table};

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
    assert!(names.iter().all(|name| name.starts_with("doorward_")));
}
