//! `audit verify`: says that the log is intact, and finds what somebody with the store alone has removed.

use std::sync::Arc;

use doorward::start::{OsRandomness, SystemClock, store_file};
use protocol::Realm;
use storage::{
    Store,
    audit::{AuditEntry, entry_id},
};
use storage_redb::{Options, Redb};

use crate::place::Place;

#[test]
fn the_log_of_a_process_that_serves_is_intact_and_has_its_start() {
    let place = Place::new();
    let serving = place.serve();
    let done = place.run(&["audit", "verify"]);
    assert_eq!(done.code, 0, "{}", done.errors);
    assert!(done.output.contains("The audit log is intact."), "{}", done.output);
    // Three keys were announced, and the node has started.
    assert!(done.output.contains("chain of node-1: up to 4"), "{}", done.output);
    serving.process.stop();
}

#[test]
fn an_entry_that_was_removed_is_missed() {
    let place = Place::new();
    let serving = place.serve();
    assert_eq!(place.run(&["audit", "verify"]).code, 0);
    serving.process.stop();
    remove(&place, 2);
    let done = place.run(&["audit", "verify"]);
    assert_eq!(done.code, 1);
    assert!(done.output.contains("WRONG  entry 2 of node-1"), "{}", done.output);
}

fn remove(place: &Place, sequence: u64) {
    let engine = Redb::open(store_file(&place.path().join("data")), Options::default()).unwrap();
    let store = Store::new(Arc::new(engine), Arc::new(SystemClock), Arc::new(OsRandomness));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut batch = store.batch();
    batch.remove::<AuditEntry>(&Realm::main(), &entry_id("node-1", sequence));
    runtime.block_on(store.commit(batch)).unwrap();
}
