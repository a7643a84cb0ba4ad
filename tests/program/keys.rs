//! `keys`: the same through the running process and without one.

use std::os::unix::fs::PermissionsExt;

use crate::{place::Place, process::Done};

fn rows(done: &Done) -> Vec<Vec<String>> {
    assert_eq!(done.code, 0, "{}", done.errors);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    done.output.lines().skip(1).map(words).collect()
}

#[test]
fn keys_are_listed_alike_by_the_process_that_serves_and_without_it() {
    let place = Place::new();
    let serving = place.serve();
    let while_serving = rows(&place.run(&["keys", "list"]));
    serving.process.stop();
    assert_eq!(while_serving.len(), 3);
    assert!(while_serving.iter().all(|row| row[2] == "signing"), "{while_serving:?}");
    assert_eq!(rows(&place.run(&["keys", "list"])), while_serving);
}

#[test]
fn a_rotation_through_the_socket_announces_and_does_not_sign_yet() {
    let place = Place::new();
    let serving = place.serve();
    assert_eq!(place.run(&["keys", "rotate", "--algorithm", "ES256"]).code, 0);
    let announced = rows(&place.run(&["keys", "list"]));
    let announced: Vec<_> = announced.iter().filter(|row| row[2] == "announced").collect();
    assert_eq!(announced.len(), 1);
    assert_eq!(announced[0][1], "ES256");
    let jwks = crate::place::get(serving.public, "/oauth2/jwks");
    assert!(jwks.contains(&announced[0][0]), "what is announced is published: {jwks}");

    let again = place.run(&["keys", "rotate", "--algorithm", "ES256"]);
    assert_eq!(again.code, 1);
    assert!(again.errors.contains("announced already"), "{}", again.errors);
    serving.process.stop();
}

#[test]
fn a_rotation_without_a_process_is_there_when_one_serves() {
    let place = Place::new();
    place.serve().process.stop();
    assert_eq!(place.run(&["keys", "rotate"]).code, 0);
    let serving = place.serve();
    assert_eq!(rows(&place.run(&["keys", "list"])).len(), 6);
    serving.process.stop();
}

#[test]
fn without_a_store_there_are_no_keys_and_none_is_made() {
    let place = Place::new();
    let done = place.run(&["keys", "list"]);
    assert_eq!(done.code, 1);
    assert!(done.errors.contains("there is no store"), "{}", done.errors);
    assert!(!place.path().join("data").exists());
}

#[test]
fn the_control_socket_is_its_owners_alone() {
    let place = Place::new();
    let serving = place.serve();
    let data = place.path().join("data");
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(data.join("control.sock")), 0o600);
    assert_eq!(mode(data), 0o700);
    serving.process.stop();
}
