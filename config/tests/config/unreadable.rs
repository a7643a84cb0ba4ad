//! A file that cannot be read, or is no TOML, is refused whole.

use std::path::Path;

use config::{Config, FaultKind, Faults};

use crate::load;

/// The faults of the file at `path`, as a person reads them.
fn told(path: &Path) -> String {
    let environment: [(&str, &str); 0] = [];
    let faults = Config::load_to_serve(Some(path), environment).unwrap_err();
    assert!(faults.iter().all(|fault| fault.kind == FaultKind::Unreadable), "{faults}");
    faults.to_string()
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("absent.toml");
    assert!(told(&path).contains(&format!("{} (file): cannot be read", path.display())));
}

#[test]
fn a_directory_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    assert!(told(directory.path()).contains("remedy: name a text file of at most 64 KiB"));
}

#[test]
fn a_file_that_is_not_utf_8_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("binary.toml");
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(told(&path).contains("UTF-8"));
}

#[test]
fn a_file_larger_than_64_kib_is_refused() {
    let comment = "#".repeat(64 * 1024);
    load(&comment, &[]).unwrap();
    let faults = load(&format!("{comment}#"), &[]).unwrap_err();
    assert!(faults.to_string().contains("found:  more than 64 KiB"));
}

#[test]
fn every_line_that_is_no_toml_is_told_without_its_text() {
    let file = "[node]\nname = \"a\n[master_key]\nvalue = \"hush\n";
    let faults = load(file, &[]).unwrap_err();
    let found: Vec<_> = faults.iter().map(|fault| fault.found.as_str()).collect();
    assert!(
        matches!(found.as_slice(), [one, two] if one.starts_with("line 2: ") && two.starts_with("line 4: "))
    );
    assert!(!faults.to_string().contains("hush"));
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let faults = load("[node]\nname = \"a\"\nname = \"b\"\n", &[]).unwrap_err();
    assert!(faults.to_string().contains("line 3: duplicate key"), "{faults}");
}

#[test]
fn faults_of_the_environment_are_told_beside_a_file_that_cannot_be_read() {
    let faults = load("[", &[("DOORWARD_LOG__LEVEL", "loud")]).unwrap_err();
    let kinds = |faults: &Faults| faults.iter().map(|fault| fault.kind).collect::<Vec<_>>();
    assert_eq!(kinds(&faults), [FaultKind::Unreadable, FaultKind::NotAllowed]);
}
