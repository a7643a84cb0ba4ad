//! Measures: load and physical floor in one run.
fn main() {}
