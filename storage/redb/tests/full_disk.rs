//! A disk that fills up and is then made larger: nothing acknowledged is lost, reads come back first, and the store
//! recovers by itself.
//!
//! The disk is a small tmpfs in a mount namespace of this test's own thread, which goes with it. That takes root.

#![expect(clippy::expect_used, reason = "a test that cannot go on ends there")]

use std::{path::Path, time::Duration};

use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
};
use protocol::{Realm, Timestamp};
use storage::{
    StorageError,
    engine::{Batch, BatchId, Engine, Key, Outcome, Write},
};
use storage_redb::{Options, Redb};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// Mounts a tmpfs that only this thread and those it starts can see.
fn small_disk(folder: &Path) {
    unshare(CloneFlags::CLONE_NEWNS).expect("a mount namespace of its own: this test needs root");
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)
        .expect("mounts stay in the namespace");
    mount(Some("tmpfs"), folder, Some("tmpfs"), MsFlags::empty(), Some("size=6m"))
        .expect("a tmpfs of 6 MiB");
}

fn enlarge(folder: &Path) {
    mount(None::<&str>, folder, None::<&str>, MsFlags::MS_REMOUNT, Some("size=64m"))
        .expect("a larger tmpfs");
}

fn key(number: u32) -> Key {
    Key { table: "things", realm: Realm::main(), id: number.to_string() }
}

fn id(number: u32) -> BatchId {
    BatchId(u128::from(number).to_be_bytes())
}

fn batch(number: u32) -> Batch {
    let write = Write::Put {
        key: key(number),
        tenant: Realm::main().into(),
        schema: 1,
        body: vec![b' '; 20_000],
        indexes: Vec::new(),
        expires_at: None,
        expectation: None,
    };
    Batch { id: id(number), now: NOW, writes: vec![write], checks: Vec::new() }
}

async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let mut often = tokio::time::interval(Duration::from_millis(2));
    let waiting = async {
        while !holds().await {
            often.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it never came to hold");
}

/// That exactly these batches are there.
async fn holds_exactly(engine: &Redb, acknowledged: &[u32], all: u32) {
    for number in 0..all {
        let is_there = engine.get(&key(number), NOW).await.expect("reads are served").is_some();
        assert_eq!(is_there, acknowledged.contains(&number), "batch {number}");
        assert_eq!(engine.is_committed(id(number)).await, Ok(is_there), "batch {number}");
    }
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_the_store_recovers_when_it_grows() {
    let folder = tempfile::tempdir().expect("a folder");
    small_disk(folder.path());
    let store = folder.path().join("store.redb");
    let engine = Redb::open(&store, Options::default()).expect("the store opens");

    let (mut acknowledged, mut next) = (Vec::new(), 0);
    let failed = loop {
        match engine.commit(batch(next)).await {
            Outcome::Committed => acknowledged.push(next),
            other => break other,
        }
        next += 1;
    };
    assert!(acknowledged.len() > 50, "{failed:?} after {} batches", acknowledged.len());
    assert!(matches!(failed, Outcome::NotApplied(StorageError::Unavailable { .. })), "{failed:?}");
    next += 1;

    // Reads are back although writes are not, and they stay.
    until(async || engine.get(&key(0), NOW).await.is_ok()).await;
    for _ in 0..20 {
        let refused = engine.commit(batch(next)).await;
        assert!(
            matches!(refused, Outcome::NotApplied(StorageError::Unavailable { .. })),
            "{refused:?}"
        );
        assert!(!engine.is_available());
        next += 1;
    }
    holds_exactly(&engine, &acknowledged, next).await;

    enlarge(folder.path());
    until(async || engine.is_available()).await;
    for _ in 0..100 {
        assert_eq!(engine.commit(batch(next)).await, Outcome::Committed);
        acknowledged.push(next);
        next += 1;
    }
    holds_exactly(&engine, &acknowledged, next).await;

    drop(engine);
    let engine = Redb::open(&store, Options::default()).expect("the store opens again");
    holds_exactly(&engine, &acknowledged, next).await;
}
