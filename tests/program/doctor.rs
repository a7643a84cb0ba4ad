//! `doctor`: each check says how it is and what to do, and the code tells a program.

use crate::{place::Place, process::run};

#[test]
fn a_sound_installation_passes_while_it_serves_and_while_it_does_not() {
    let place = Place::new();
    let serving = place.serve();
    let done = place.run(&["doctor"]);
    assert_eq!(done.code, 0, "{}", done.output);
    assert!(done.output.contains("ok    process          it runs"), "{}", done.output);
    serving.process.stop();
    let done = place.run(&["doctor"]);
    assert_eq!(done.code, 0, "{}", done.output);
    assert!(done.output.contains("ok    master key"), "{}", done.output);
    assert!(done.output.contains("ok    audit log        intact"), "{}", done.output);
}

#[test]
fn another_master_key_fails_with_its_remedy() {
    let place = Place::new();
    place.serve().process.stop();
    place.write_key("b");
    let done = place.run(&["doctor"]);
    assert_eq!((done.code, done.errors.as_str()), (1, ""));
    assert!(done.output.contains("FAIL  master key"), "{}", done.output);
    assert!(done.output.contains("-> give the key that the store began with"), "{}", done.output);
}

#[test]
fn a_master_key_that_others_can_read_is_worth_a_word() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let file = place.path().join("master.key");
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
    place.serve().process.stop();
    let done = place.run(&["doctor"]);
    assert_eq!(done.code, 0, "{}", done.output);
    assert!(
        done.output.contains("warn  files            ./master.key has mode 644"),
        "{}",
        done.output
    );
}

#[test]
fn without_a_configuration_it_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let done = run(folder.path(), &["doctor"]);
    assert_eq!(done.code, 1);
    assert!(done.output.contains("FAIL  configuration"), "{}", done.output);
    assert!(done.output.contains("issuer.url: missing"), "{}", done.output);
}
