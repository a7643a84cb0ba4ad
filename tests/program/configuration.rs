//! A wrong configuration does not start, and says every fault with its key and remedy.

use std::fs;

use crate::{place::Place, process::run};

const WRONG: &str = "[issuer]\nurl = \"http://id.example.org\"\n[listen]\nadress = []\n[tokens]\ncode_lifetime = \"1h\"\n";

#[test]
fn a_wrong_configuration_does_not_start_and_says_every_fault() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("wrong.toml"), WRONG).unwrap();
    for command in [&["serve"][..], &["config", "check"]] {
        let done = run(folder.path(), &[command, &["--config", "wrong.toml"]].concat());
        assert_eq!(done.code, 2);
        assert_eq!(done.output, "");
        for key in ["issuer.url", "listen.adress", "tokens.code_lifetime", "master_key.file"] {
            assert!(done.errors.contains(key), "{key} is not in {}", done.errors);
        }
        assert_eq!(done.errors.matches("remedy:").count(), 4, "{}", done.errors);
        assert!(!folder.path().join("doorward-data").exists(), "it touched the disk");
    }
}

#[test]
fn a_right_configuration_passes_the_check() {
    let place = Place::new();
    let done = place.run(&["config", "check"]);
    assert_eq!((done.code, done.errors.as_str()), (0, ""));
}

#[test]
fn what_is_printed_says_where_each_value_comes_from_and_no_secret() {
    let place = Place::new();
    let done = place.run(&["config", "print"]);
    assert!(done.output.contains("path = \"./data\"  # file"), "{}", done.output);
    assert!(done.output.contains("name = \"node-1\"  # default"), "{}", done.output);
}

#[test]
fn the_schema_is_the_committed_one() {
    let folder = tempfile::tempdir().unwrap();
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/config/schema.json");
    assert_eq!(
        run(folder.path(), &["config", "schema"]).output,
        fs::read_to_string(committed).unwrap()
    );
}

#[test]
fn a_master_key_that_is_none_does_not_start() {
    let place = Place::new();
    fs::write(place.path().join("master.key"), "short").unwrap();
    let done = place.run(&["serve"]);
    assert_eq!(done.code, 2);
    assert!(done.errors.contains("43 characters"), "{}", done.errors);
}

#[test]
fn serve_never_takes_the_key_that_dev_has_made() {
    let place = Place::new();
    fs::create_dir(place.path().join("data")).unwrap();
    fs::rename(place.path().join("master.key"), place.path().join("data/master.key")).unwrap();
    let text = fs::read_to_string(place.path().join("doorward.toml")).unwrap();
    fs::write(place.path().join("doorward.toml"), text.replace("file = \"./master.key\"", ""))
        .unwrap();
    let done = place.run(&["serve"]);
    assert_eq!(done.code, 2);
    assert!(done.errors.contains("master_key.file: missing"), "{}", done.errors);
}

#[test]
fn the_openapi_document_is_json_whatever_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let document: serde_json::Value =
        serde_json::from_str(&run(folder.path(), &["openapi"]).output).unwrap();
    assert!(document["paths"]["/oauth2/token"]["post"].is_object());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "it touched the disk");
}
