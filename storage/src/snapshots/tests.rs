//! What is kept is what is stored: never what a commit has replaced, nor what this node cannot know to be so still.

use std::sync::atomic::Ordering::SeqCst;

use protocol::Tenant;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::*;
use crate::{
    Erasure,
    engine::{BatchId, Key, Row},
    feed::Reader,
    testing::{Scripted, scripted},
};

const BOUND: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Thing {
    realm: Realm,
    id: u64,
    word: String,
    until: Option<Timestamp>,
}

impl Record for Thing {
    const TABLE: &'static str = "things";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = u64;

    fn id(&self) -> u64 {
        self.id
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.until
    }
}

fn thing(id: u64, word: &str) -> Thing {
    Thing { realm: Realm::main(), id, word: word.into(), until: None }
}

struct Test {
    engine: Arc<Scripted>,
    store: Store,
    snapshots: Snapshots<Thing>,
    reader: Reader,
}

async fn with(staleness_max: Duration, keeps_absence: bool) -> Test {
    let (engine, store) = scripted();
    let settings = Settings { length_max: 64, staleness_max, keeps_absence };
    let snapshots = Snapshots::new(&store, settings);
    let mut reader = Reader::new(&store);
    reader.poll().await.unwrap();
    Test { engine, store, snapshots, reader }
}

/// Over an engine that nobody else writes to, where every use is to see the latest.
async fn alone() -> Test {
    let (engine, store) = scripted();
    engine.is_alone.store(true, SeqCst);
    let settings = Settings { length_max: 64, staleness_max: Duration::ZERO, keeps_absence: true };
    let snapshots = Snapshots::new(&store, settings);
    let mut reader = Reader::new(&store);
    reader.poll().await.unwrap();
    Test { engine, store, snapshots, reader }
}

async fn test() -> Test {
    with(BOUND, false).await
}

impl Test {
    async fn write(&self, thing: &Thing) {
        let mut batch = self.store.batch();
        batch.overwrite(thing);
        self.store.commit(batch).await.unwrap();
    }

    /// As another node does, of which this one hears through the change log.
    fn write_elsewhere(&self, thing: &Thing) {
        let key = Key { table: Thing::TABLE, realm: Realm::main(), id: thing.id.to_string() };
        let body = serde_json::to_vec(thing).unwrap();
        let version = BatchId::new(self.store.now(), [7; 10]);
        self.engine.written_elsewhere(Row { key, version, schema: 1, body, expires_at: None });
        self.engine.appears(thing.id, Duration::ZERO);
    }

    async fn word(&self, id: u64) -> Option<String> {
        let got = self.snapshots.get(&Realm::main(), &id).await.unwrap();
        got.map(|stored| stored.word.clone())
    }

    /// Reads of the store since this was last asked.
    fn reads(&self) -> usize {
        self.engine.gets.swap(0, SeqCst)
    }
}

#[tokio::test]
async fn what_is_asked_for_again_is_read_once() {
    let test = test().await;
    test.write(&thing(1, "one")).await;
    for _ in 0..5 {
        assert_eq!(test.word(1).await.as_deref(), Some("one"));
    }
    assert_eq!(test.reads(), 1);
}

#[tokio::test]
async fn what_this_node_writes_is_seen_at_once() {
    let test = test().await;
    for word in ["one", "two", "three"] {
        test.write(&thing(1, word)).await;
        assert_eq!(test.word(1).await.as_deref(), Some(word));
    }
}

#[tokio::test]
async fn what_another_node_writes_is_seen_once_the_log_was_read() {
    let mut test = test().await;
    test.write(&thing(1, "one")).await;
    test.word(1).await;
    test.write_elsewhere(&thing(1, "two"));
    assert_eq!(test.word(1).await.as_deref(), Some("one"), "within its bound");
    test.reader.poll().await.unwrap();
    assert_eq!(test.word(1).await.as_deref(), Some("two"));
}

#[tokio::test]
async fn a_node_that_hears_nothing_believes_nothing_that_is_older_than_the_bound() {
    let mut test = test().await;
    test.write(&thing(1, "one")).await;
    test.word(1).await;
    test.write_elsewhere(&thing(1, "two"));
    test.engine.advance(BOUND + Duration::from_millis(1));
    assert_eq!(test.word(1).await.as_deref(), Some("two"));
    test.engine.go_down(true);
    test.snapshots.get(&Realm::main(), &1).await.unwrap_err();
    test.engine.go_down(false);
    test.reader.poll().await.unwrap();
    assert_eq!(test.word(1).await.as_deref(), Some("two"));
}

#[tokio::test]
async fn a_read_that_began_before_a_change_keeps_nothing() {
    let mut test = test().await;
    test.write(&thing(1, "one")).await;
    for is_elsewhere in [false, true] {
        let (found, open) = test.engine.hold_a_read();
        let snapshots = test.snapshots.clone();
        let read = async move { snapshots.get(&Realm::main(), &1).await };
        let read = JoinSet::from_iter([read]);
        found.await.unwrap();
        if is_elsewhere {
            test.write_elsewhere(&thing(1, "three"));
            test.reader.poll().await.unwrap();
        } else {
            test.write(&thing(1, "two")).await;
        }
        open.send(()).unwrap();
        assert!(matches!(&read.join_all().await[..], [Ok(Some(_))]));
        let now = if is_elsewhere { "three" } else { "two" };
        assert_eq!(test.word(1).await.as_deref(), Some(now));
        test.write(&thing(1, now)).await;
    }
}

#[tokio::test]
async fn with_no_staleness_the_store_is_always_read() {
    let test = with(Duration::ZERO, true).await;
    test.write(&thing(1, "one")).await;
    for _ in 0..3 {
        assert_eq!(test.word(1).await.as_deref(), Some("one"));
    }
    assert_eq!(test.reads(), 3);
}

#[tokio::test]
async fn that_there_is_none_is_kept_only_where_that_is_asked_for() {
    for (keeps_absence, reads) in [(false, 3), (true, 1)] {
        let test = with(BOUND, keeps_absence).await;
        for _ in 0..3 {
            assert_eq!(test.word(1).await, None);
        }
        assert_eq!(test.reads(), reads);
        test.write(&thing(1, "one")).await;
        assert_eq!(test.word(1).await.as_deref(), Some("one"));
    }
}

#[tokio::test]
async fn what_expires_is_gone_though_nothing_tells_of_it() {
    let test = test().await;
    let until = Some(test.store.now() + BOUND);
    test.write(&Thing { until, ..thing(1, "one") }).await;
    assert!(test.word(1).await.is_some());
    test.engine.advance(BOUND);
    assert_eq!(test.word(1).await, None);
}

#[tokio::test]
async fn when_changes_were_lost_everything_is_read_again() {
    let test = test().await;
    for id in 0..20 {
        test.write(&thing(id, "one")).await;
        test.word(id).await;
    }
    Reader::new(&test.store).poll().await.unwrap();
    assert_eq!(test.snapshots.memory.len(), 0);
    test.reads();
    assert!(test.word(3).await.is_some());
    assert_eq!(test.reads(), 1);
}

#[tokio::test]
async fn however_much_is_asked_for_no_more_than_the_bound_is_kept() {
    let test = test().await;
    for id in 0..2_000 {
        test.write(&thing(id, "one")).await;
        test.word(id).await;
        assert!(test.snapshots.memory.len() <= 64);
    }
    assert!(test.snapshots.memory.len() > 16);
}

#[tokio::test]
async fn where_nobody_else_writes_all_is_read_once_and_every_write_is_seen_at_once() {
    let test = alone().await;
    assert_eq!((test.word(1).await, test.word(1).await, test.reads()), (None, None, 1));
    for word in ["one", "two", "three"] {
        test.write(&thing(1, word)).await;
        test.reads();
        for _ in 0..3 {
            assert_eq!(test.word(1).await.as_deref(), Some(word));
        }
        assert_eq!(test.reads(), 1);
    }
}

#[tokio::test]
async fn where_nobody_else_writes_a_read_beside_a_write_keeps_nothing_that_is_gone() {
    let test = alone().await;
    test.write(&thing(1, "held")).await;
    let (found, open) = test.engine.hold_a_read();
    let snapshots = test.snapshots.clone();
    let read = JoinSet::from_iter([async move { snapshots.get(&Realm::main(), &1).await }]);
    found.await.unwrap();
    test.write(&thing(1, "revoked")).await;
    open.send(()).unwrap();
    read.join_all().await;
    assert_eq!(test.word(1).await.as_deref(), Some("revoked"));
}

#[tokio::test]
async fn a_store_that_is_away_says_so_whatever_is_kept_of_it() {
    let test = alone().await;
    test.write(&thing(1, "one")).await;
    assert!(test.word(1).await.is_some());
    test.engine.go_down(true);
    test.snapshots.get(&Realm::main(), &1).await.unwrap_err();
    test.engine.go_down(false);
    assert!(test.word(1).await.is_some());
}

#[tokio::test]
async fn a_commit_that_nobody_waited_for_is_seen_once_the_log_was_read_or_is_too_old() {
    let mut test = alone().await;
    test.write(&thing(1, "one")).await;
    for word in ["two", "three"] {
        test.word(1).await;
        // As the writer of the engine does it after whoever asked has gone.
        test.write_elsewhere(&thing(1, word));
        if word == "two" {
            test.reader.poll().await.unwrap();
        } else {
            test.engine.advance(ALONE_STALENESS_MAX + Duration::from_millis(1));
        }
        assert_eq!(test.word(1).await.as_deref(), Some(word));
    }
}
