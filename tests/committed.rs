//! What is generated and committed is what would be generated now.

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
