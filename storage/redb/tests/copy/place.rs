//! A source and a target, an engine that a test cuts or puts its hand into, and all rows of a store.

use std::{
    future::Future,
    ops::Bound,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use protocol::{AccountId, KeyRing, MasterKey, Realm, Timestamp};
use storage::{
    Engine, StorageError, Store,
    copy::{Begin, Copied, CopyError, Copying, Progress, Source, Stage},
    engine::{
        Batch, BatchId, Changes, Cursor, Found, IndexEntry, IndexKey, Key, Outcome, Position,
        Range, Row, Swept, Write,
    },
    erasure::TABLES,
};
use storage_redb::Redb;

use crate::ground::{NOW, over, put_one_of_each, store};

/// Does nothing.
pub(crate) struct Unheard;

impl Progress for Unheard {
    fn begins(&self, _: Stage, _: Option<u64>, _: u64) {}
    fn advances(&self, _: &'static str, _: u64) {}
}

/// An installation with two accounts, one record of each kind that tells of each, and `names` more names of the first.
pub(crate) async fn installation(names: u32) -> Store {
    let store = store();
    let realm = Realm::main();
    let ring = KeyRing::new(MasterKey::new(store.randomness()));
    store.claim(&realm, ring.current()).await.unwrap();
    let mut batch = store.batch();
    for _ in 0..2 {
        let account_id = AccountId::new(store.randomness());
        put_one_of_each(&store, &mut batch, &ring, account_id);
    }
    store.commit(batch).await.unwrap();
    for number in 0..names {
        let id = format!("name-{number}@example.com");
        let account_id = AccountId::new(store.randomness());
        let body =
            serde_json::json!({ "identifier": id, "realm": realm, "account_id": account_id });
        raw(&store, ("identifiers", &id), (1, body.to_string()), None).await;
    }
    store.lease(&realm, "janitor", "node-1", Duration::from_secs(60)).await.unwrap().unwrap();
    store
}

/// Puts a row as another release may have.
pub(crate) async fn raw(
    store: &Store,
    (table, id): (&'static str, &str),
    (schema, body): (u16, String),
    expires_at: Option<Timestamp>,
) {
    let realm = Realm::main();
    let key = Key { table, realm: realm.clone(), id: id.into() };
    let (tenant, body) = ((&realm).into(), body.into_bytes());
    let indexes = Vec::<IndexEntry>::new();
    let write = Write::Put { key, tenant, schema, body, indexes, expires_at, expectation: None };
    write_raw(store, write).await;
}

pub(crate) async fn write_raw(store: &Store, write: Write) {
    let id = BatchId::new(store.now(), protocol::randomness::random(store.randomness()));
    let batch = Batch { id, now: store.now(), writes: vec![write], checks: Vec::new() };
    assert_eq!(store.engine().commit(batch).await, Outcome::Committed);
}

/// Copies `source` into `target`.
pub(crate) async fn copy(
    source: &Store,
    target: &Store,
    begin: Begin,
) -> Result<Copied, CopyError> {
    copying(source, target).copy(begin, &Unheard).await
}

pub(crate) fn copying(source: &Store, target: &Store) -> Copying {
    let source = Source { store: source.clone(), realms: vec![Realm::main()] };
    Copying { source, target: target.clone() }
}

/// All rows at `at`, without their versions.
pub(crate) async fn rows(store: &Store, at: Timestamp) -> Vec<Row> {
    let mut rows = Vec::new();
    for table in TABLES {
        let (from, to) = (Bound::Unbounded, Bound::Unbounded);
        let tenant = Realm::main().into();
        let range = Range { table: table.name, index: None, tenant, from, to };
        let found = store.engine().scan(&range, None, 10_000, at).await.unwrap();
        let version = BatchId([0; 16]);
        rows.extend(found.into_iter().map(|found| Row { version, ..found.row }));
    }
    rows
}

type Act = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How a commit is disturbed.
pub(crate) enum Disturbance {
    /// The process ends before it.
    Before,
    /// The process ends after it, before it hears of it.
    After,
    /// Somebody does something before it.
    Meanwhile(Act),
}

/// An engine whose `n`th commit is disturbed.
pub(crate) struct Disturbed {
    engine: Arc<dyn Engine>,
    at: Mutex<(u32, Option<Disturbance>)>,
    overlap: Duration,
}

impl Disturbed {
    /// A store over the engine of another, whose commit after `commits` is disturbed.
    pub(crate) fn store(of: &Store, commits: u32, how: Disturbance) -> Store {
        let (engine, overlap) = (Arc::clone(of.engine()), Duration::ZERO);
        let at = Mutex::new((commits, Some(how)));
        over(Arc::new(Self { engine, at, overlap }), of.now())
    }

    /// A store to which other processes may write.
    pub(crate) fn shared(of: &Store) -> Store {
        let (engine, overlap) = (Arc::clone(of.engine()), Duration::from_secs(5));
        over(Arc::new(Self { engine, at: Mutex::new((0, None)), overlap }), of.now())
    }

    fn disturbance(&self) -> Option<Disturbance> {
        let mut at = self.at.lock().unwrap();
        if at.0 > 0 {
            at.0 -= 1;
            return None;
        }
        at.1.take()
    }
}

/// An empty store.
pub(crate) fn empty() -> Store {
    over(Arc::new(Redb::in_memory().unwrap()), NOW)
}

fn ended() -> Outcome {
    Outcome::NotApplied(StorageError::Unavailable { reason: "this process has ended".into() })
}

#[async_trait]
impl Engine for Disturbed {
    async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<Row>, StorageError> {
        self.engine.get(key, now).await
    }

    async fn find(&self, index: &IndexKey, now: Timestamp) -> Result<Option<Row>, StorageError> {
        self.engine.find(index, now).await
    }

    async fn scan(
        &self,
        range: &Range,
        after: Option<&Position>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Found>, StorageError> {
        self.engine.scan(range, after, limit, now).await
    }

    async fn commit(&self, batch: Batch) -> Outcome {
        match self.disturbance() {
            None => self.engine.commit(batch).await,
            Some(Disturbance::Before) => ended(),
            Some(Disturbance::After) => {
                assert_eq!(self.engine.commit(batch).await, Outcome::Committed);
                ended()
            }
            Some(Disturbance::Meanwhile(act)) => {
                act.await;
                self.engine.commit(batch).await
            }
        }
    }

    async fn is_committed(&self, batch_id: BatchId) -> Result<bool, StorageError> {
        self.engine.is_committed(batch_id).await
    }

    async fn changes(&self, after: Option<Cursor>, limit: usize) -> Result<Changes, StorageError> {
        self.engine.changes(after, limit).await
    }

    fn changes_overlap(&self) -> Duration {
        self.overlap
    }

    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<Swept, StorageError> {
        self.engine.sweep(now, limit).await
    }

    fn is_available(&self) -> bool {
        self.engine.is_available()
    }
}
