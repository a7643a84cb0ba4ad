//! What is generated and committed is what would be generated now.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed, and JSON that lacks a member has null there"
)]

#[path = "committed/breaks.rs"]
mod breaks;

#[path = "committed/breaking.rs"]
mod breaking;

use std::{fs, path::Path};

#[test]
fn the_committed_openapi_document_is_the_one_that_is_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/openapi.json");
    let committed = fs::read_to_string(path).unwrap_or_default();
    let generated = doorward::start::document().unwrap_or_else(|error| error.to_string());
    assert!(
        committed == generated,
        "openapi/openapi.json is old: cargo run -- openapi > openapi/openapi.json"
    );
}

#[test]
fn the_table_of_errors_in_the_documentation_is_what_the_code_says() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md");
    let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("errors.md");
    let page = protocol::refusal::page();
    fs::write(&fresh, &page).unwrap_or_default();
    let is_same = fs::read_to_string(committed).is_ok_and(|text| text == page);
    assert!(is_same, "copy {} to docs/errors.md", fresh.display());
}

#[test]
fn the_table_of_problems_in_the_documentation_is_what_the_code_says() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/problems.md");
    let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("problems.md");
    let page = openapi::problem::page();
    fs::write(&fresh, &page).unwrap_or_default();
    let is_same = fs::read_to_string(committed).is_ok_and(|text| text == page);
    assert!(is_same, "copy {} to docs/problems.md", fresh.display());
}

/// The document of the last release. A release puts its own in this place, and never changes it afterwards.
const RELEASED: &str = "openapi/released/v1.json";

#[test]
fn nothing_of_the_released_api_is_broken() {
    let released = Path::new(env!("CARGO_MANIFEST_DIR")).join(RELEASED);
    let released = fs::read_to_string(released).unwrap_or_default();
    let released = serde_json::from_str(&released).unwrap_or_default();
    let present = doorward::start::document().unwrap_or_else(|error| error.to_string());
    let present = serde_json::from_str(&present).unwrap_or_default();
    assert_ne!(released, serde_json::Value::Null, "{RELEASED} is not there");
    let broken = breaking::broken(&released, &present);
    assert_eq!(broken, Vec::<String>::new(), "clients of {RELEASED} break: v1 only grows");
}
