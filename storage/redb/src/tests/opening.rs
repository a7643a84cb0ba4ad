//! A store is opened by one process, by a release that can read it, and finds what was left in it.

use std::{collections::BTreeSet, os::unix::fs::PermissionsExt, path::Path, sync::Mutex};

use protocol::{Realm, Timestamp};
use storage::{
    engine::{Batch, BatchId, Engine, Key, Outcome, Write},
    record::SCHEMA_READABLE_MAX,
};

use crate::{OpenError, Options, Redb, metrics::METRICS};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

pub(super) fn key(id: &str) -> Key {
    Key { table: "things", realm: Realm::main(), id: id.into() }
}

/// A batch that puts a row of some encoding.
pub(super) fn batch(number: u8, schema: u16, id: &str) -> Batch {
    let write = Write::Put {
        key: key(id),
        tenant: Realm::main().into(),
        schema,
        body: b"{}".to_vec(),
        indexes: Vec::new(),
        expires_at: None,
        expectation: None,
    };
    Batch { id: BatchId([number; 16]), now: NOW, writes: vec![write], checks: Vec::new() }
}

fn open(path: &Path) -> Result<Redb, OpenError> {
    Redb::open(path, Options::default())
}

#[tokio::test]
async fn what_was_committed_is_there_when_the_store_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let engine = open(&path).unwrap();
    assert_eq!(engine.commit(batch(1, 1, "a")).await, Outcome::Committed);
    let end = engine.changes(None, 0).await;
    drop(engine);
    let engine = open(&path).unwrap();
    assert!(engine.get(&key("a"), NOW).await.unwrap().is_some());
    assert_eq!(engine.is_committed(BatchId([1; 16])).await, Ok(true));
    assert_eq!(engine.changes(None, 0).await, end);
    assert_eq!(engine.commit(batch(2, 1, "b")).await, Outcome::Committed);
}

#[test]
fn a_store_is_held_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let holder = open(&path).unwrap();
    assert!(matches!(open(&path), Err(OpenError::Held)));
    assert!(holder.is_available());
    drop(holder);
    assert!(open(&path).is_ok());
}

#[tokio::test]
async fn a_store_with_rows_of_an_encoding_that_cannot_be_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let engine = open(&path).unwrap();
    assert_eq!(engine.commit(batch(1, SCHEMA_READABLE_MAX, "a")).await, Outcome::Committed);
    drop(engine);
    let engine = open(&path).unwrap();
    assert_eq!(engine.commit(batch(2, SCHEMA_READABLE_MAX + 1, "a")).await, Outcome::Committed);
    assert_eq!(engine.commit(batch(3, 1, "a")).await, Outcome::Committed);
    drop(engine);
    let expected = u64::from(SCHEMA_READABLE_MAX + 1);
    assert!(matches!(open(&path), Err(OpenError::Schema { found, .. }) if found == expected));
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    std::fs::write(&path, "a letter to somebody").unwrap();
    assert!(matches!(open(&path), Err(OpenError::Io(_) | OpenError::Failed(_))));
    assert_eq!(std::fs::read(&path).unwrap(), b"a letter to somebody");
    assert!(matches!(open(&folder.path().join("none").join("store.redb")), Err(OpenError::Io(_))));
}

#[test]
fn a_store_is_its_users_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    drop(open(&path).unwrap());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Notes what is registered.
#[derive(Default)]
struct Names(Mutex<BTreeSet<String>>);

impl Names {
    fn note(&self, key: &metrics::Key) {
        assert_eq!(key.labels().count(), 0);
        self.0.lock().unwrap().insert(key.name().to_owned());
    }
}

impl metrics::Recorder for Names {
    fn describe_counter(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn describe_gauge(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn describe_histogram(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }

    fn register_counter(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        self.note(key);
        metrics::Counter::noop()
    }

    fn register_gauge(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        self.note(key);
        metrics::Gauge::noop()
    }

    fn register_histogram(
        &self,
        key: &metrics::Key,
        _: &metrics::Metadata<'_>,
    ) -> metrics::Histogram {
        self.note(key);
        metrics::Histogram::noop()
    }
}

#[test]
fn the_table_of_metrics_is_what_is_measured() {
    let names = Names::default();
    metrics::with_local_recorder(&names, || drop(Redb::in_memory().unwrap()));
    let table: BTreeSet<_> = METRICS
        .iter()
        .chain(storage::metrics::METRICS)
        .map(|metric| metric.name.to_owned())
        .collect();
    assert_eq!(*names.0.lock().unwrap(), table);
}
