//! What whoever keeps records may rely on while the actor lives, dies and has no store to read.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use protocol::{Realm, Tenant};
use serde::{Deserialize, Serialize};
use storage::{
    Erasure, Record,
    feed::Forget,
    snapshots::{Settings, Snapshots},
};
use tokio::time::Instant;

use super::*;
use crate::{
    RestartLimit, Tree,
    testing::{Ground, ground},
};

const BOUND: Duration = Duration::from_secs(2);

/// A row that nodes count up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Count {
    realm: Realm,
    id: u64,
    count: u64,
}

impl Record for Count {
    const TABLE: &'static str = "counts";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = u64;

    fn id(&self) -> u64 {
        self.id
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }
}

#[derive(Default)]
struct Told {
    rows: AtomicUsize,
    all: AtomicUsize,
}

impl Forget for Told {
    fn forget(&self, _: &Realm, _: &str) {
        self.rows.fetch_add(1, SeqCst);
    }

    fn forget_all(&self) {
        self.all.fetch_add(1, SeqCst);
    }
}

struct Test {
    ground: Ground,
    told: Arc<Told>,
    snapshots: Snapshots<Count>,
    other: Store,
    tree: Tree,
}

async fn test() -> Test {
    let ground = ground();
    let told = Arc::new(Told::default());
    ground.store.feed().register(Count::TABLE, told.clone());
    let settings = Settings { length_max: 64, staleness_max: BOUND, keeps_absence: true };
    let snapshots = Snapshots::new(&ground.store, settings);
    let other = ground.store_of_another_node();
    let limit = RestartLimit {
        restarts_max: 10_000,
        window: Duration::from_millis(1),
        ..RestartLimit::default()
    };
    let tree = Tree::start(vec![child(&ground.store)], limit).await.unwrap();
    tree.look().await.unwrap();
    Test { ground, told, snapshots, other, tree }
}

async fn write(store: &Store, id: u64, count: u64) {
    let mut batch = store.batch();
    batch.overwrite(&Count { realm: Realm::main(), id, count });
    store.commit(batch).await.unwrap();
}

async fn known(snapshots: &Snapshots<Count>, id: u64) -> Option<u64> {
    let got = snapshots.get(&Realm::main(), &id).await.unwrap();
    got.map(|stored| stored.count)
}

#[tokio::test]
async fn what_another_node_has_changed_is_forgotten_at_the_next_look() {
    let test = test().await;
    assert_eq!(known(&test.snapshots, 1).await, None);
    for count in 1..5 {
        write(&test.other, 1, count).await;
        test.tree.look().await.unwrap();
        assert_eq!(known(&test.snapshots, 1).await, Some(count));
    }
    assert_eq!(test.told.rows.load(SeqCst), 4, "each change is told once");
    assert_eq!(test.told.all.load(SeqCst), 1, "at the start");
}

#[tokio::test]
async fn what_this_node_changes_is_forgotten_before_it_is_acknowledged() {
    let test = test().await;
    for count in 1..5 {
        write(&test.ground.store, 1, count).await;
        assert_eq!(known(&test.snapshots, 1).await, Some(count));
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_makes_it_look_before_its_time() {
    let test = test().await;
    test.ground.engine.work();
    for _ in 0..3 {
        let hinted_at = Instant::now();
        test.ground.engine.give_hint();
        // No time passes while somebody is busy.
        while test.ground.engine.work() == (0, 0) {
            tokio::task::yield_now().await;
        }
        assert_eq!(Instant::now(), hinted_at);
        tokio::time::advance(HINTS_APART).await;
    }
}

#[tokio::test]
async fn while_the_store_is_away_nothing_is_fresh_and_afterwards_nothing_was_missed() {
    let test = test().await;
    write(&test.other, 1, 1).await;
    test.tree.look().await.unwrap();
    let fresh_at = test.ground.store.feed().fresh_at();
    test.ground.engine.go_down();
    test.ground.clock.advance(BOUND);
    test.tree.look().await.unwrap();
    assert_eq!(test.ground.store.feed().fresh_at(), fresh_at);
    test.ground.engine.come_back();
    write(&test.other, 1, 2).await;
    test.tree.look().await.unwrap();
    assert_eq!(known(&test.snapshots, 1).await, Some(2));
    assert_eq!(test.ground.store.feed().fresh_at(), Some(test.ground.store.now()));
    assert_eq!(test.told.all.load(SeqCst), 1);
    assert_eq!(test.tree.status()[0].restarts, 0, "an outage is an answer");
}

#[tokio::test]
async fn when_it_dies_everything_is_forgotten_once() {
    let test = test().await;
    for deaths in 1..4 {
        known(&test.snapshots, 1).await;
        assert!(test.tree.kill("feed").await);
        test.tree.look().await.unwrap();
        assert_eq!(test.told.all.load(SeqCst), 1 + deaths);
        test.tree.look().await.unwrap();
        assert_eq!(test.told.all.load(SeqCst), 1 + deaths);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_under_load_it_leaves_nothing_kept_that_is_not_stored() {
    let test = test().await;
    let (is_over, read) = (AtomicBool::new(false), AtomicUsize::new(0));
    let writer = async |store: &Store, first: u64| {
        for count in 1.. {
            for id in first..first + 4 {
                write(store, id, count).await;
            }
            if is_over.load(SeqCst) {
                return;
            }
        }
    };
    let reader = async || {
        let mut seen = [0; 8];
        while !is_over.load(SeqCst) {
            for (id, seen) in (0..).zip(&mut seen) {
                let count = known(&test.snapshots, id).await.unwrap_or_default();
                // Nothing that was forgotten comes back.
                assert!(count >= *seen, "{count} after {seen}");
                *seen = count;
                read.fetch_add(1, SeqCst);
            }
            tokio::task::yield_now().await;
        }
    };
    let killer = async {
        while read.load(SeqCst) < 2_000 || test.tree.status()[0].restarts < 30 {
            assert!(test.tree.kill("feed").await);
            tokio::task::yield_now().await;
        }
        is_over.store(true, SeqCst);
    };
    tokio::join!(writer(&test.ground.store, 0), writer(&test.other, 4), reader(), reader(), killer);
    test.tree.look().await.unwrap();
    for id in 0..8 {
        let stored = test.other.get::<Count>(&Realm::main(), &id).await.unwrap();
        assert_eq!(known(&test.snapshots, id).await, stored.map(|stored| stored.count));
    }
}
