//! `serve`: who may have the store, what signals do, and what the management listener says.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

use nix::sys::signal::Signal;

use crate::place::{Place, get};

#[test]
fn a_second_process_is_refused_the_same_store_and_told_why() {
    let place = Place::new();
    let serving = place.serve();
    let done = place.run(&["serve"]);
    assert_eq!(done.code, 1);
    assert!(done.errors.contains("another process holds the store in ./data"), "{}", done.errors);
    serving.process.stop();
}

#[test]
fn another_master_key_is_refused_and_told_so() {
    let place = Place::new();
    place.serve().process.stop();
    place.write_key("b");
    let done = place.run(&["serve"]);
    assert_eq!(done.code, 1);
    assert!(done.errors.contains("sealed under another master key"), "{}", done.errors);
    place.write_key("a");
    place.serve().process.stop();
}

#[test]
fn an_address_that_is_taken_is_named_with_its_key() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let text = fs::read_to_string(place.path().join("doorward.toml")).unwrap();
    let text = text.replacen("127.0.0.1:0", &address.to_string(), 1);
    fs::write(place.path().join("doorward.toml"), text).unwrap();
    let done = place.run(&["serve"]);
    assert_eq!(done.code, 1);
    assert!(
        done.errors.contains(&format!("listen.address: nothing can listen on {address}")),
        "{}",
        done.errors
    );
}

#[test]
fn told_to_stop_it_lets_a_request_under_way_finish() {
    let place = Place::new();
    let mut serving = place.serve();
    let mut stream = TcpStream::connect(serving.public).unwrap();
    let head = "POST /oauth2/token HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                content-length: 12\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on[..], b"HTTP/1.1 100 Continue\r\n\r\n");

    serving.process.signal(Signal::SIGTERM);
    serving.process.hears("stopping: requests under way may finish");
    stream.write_all(b"grant_type=x").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 40"), "{answer}");
    assert!(serving.process.wait().success());
    assert!(!place.path().join("data/control.sock").exists());
}

#[test]
fn on_sighup_it_takes_over_what_it_can_and_names_what_it_cannot() {
    let place = Place::new();
    let mut serving = place.serve();
    place.configure("level = \"debug\"\n[tokens]\ncode_lifetime = \"30s\"\n");
    serving.process.signal(Signal::SIGHUP);
    let waiting = serving.process.hears("this key has changed and needs a restart");
    assert_eq!(waiting["key"], "tokens.code_lifetime");
    assert_eq!(serving.process.hears("the configuration was reloaded")["applied"], "log.level");
    serving.process.stop();
}

#[test]
fn on_sighup_a_wrong_configuration_changes_nothing() {
    let place = Place::new();
    let mut serving = place.serve();
    place.configure("level = \"loud\"\n");
    serving.process.signal(Signal::SIGHUP);
    serving.process.hears("the configuration was not reloaded");
    assert!(get(serving.public, "/.well-known/openid-configuration").starts_with("HTTP/1.1 200"));
    serving.process.stop();
}

#[test]
fn the_management_listener_tells_health_and_numbers_and_the_public_one_does_not() {
    let place = Place::new();
    let serving = place.serve();
    let ready = get(serving.management, "/health/ready");
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
    assert!(ready.contains(r#""status":"ready""#), "{ready}");
    assert!(get(serving.management, "/health/live").contains(r#"{"status":"live"}"#));
    let numbers = get(serving.management, "/metrics");
    assert!(numbers.contains("doorward_storage_available 1"), "{numbers}");
    assert!(numbers.contains("doorward_storage_commit_seconds_bucket"), "{numbers}");
    for path in ["/metrics", "/health/ready"] {
        assert!(get(serving.public, path).starts_with("HTTP/1.1 404"), "{path}");
    }
    assert!(
        get(serving.management, "/.well-known/openid-configuration").starts_with("HTTP/1.1 404")
    );
    serving.process.stop();
}
