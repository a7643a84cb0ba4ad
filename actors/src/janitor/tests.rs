//! Nobody notices whether it lives; what has expired goes.

use protocol::{AccountId, SessionId, Tenant};
use serde::{Deserialize, Serialize};
use storage::{Erasure, Record};

use super::*;
use crate::{
    RestartLimit, Tree,
    testing::{Ground, ground},
};

#[derive(Serialize, Deserialize)]
struct Note {
    id: SessionId,
    expires_at: Timestamp,
}

impl Record for Note {
    const TABLE: &'static str = "notes";
    const ON_ERASURE: Erasure = Erasure::Delete;
    type Id = SessionId;

    fn id(&self) -> SessionId {
        self.id
    }

    fn tenant(&self) -> Tenant {
        Realm::main().into()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }

    fn subject(&self) -> Option<AccountId> {
        None
    }
}

const HOUR: Duration = Duration::from_secs(3600);

/// So many notes, which expire then.
async fn write(ground: &Ground, count: usize, expires_at: Timestamp) {
    let mut left = count;
    while left > 0 {
        let mut batch = ground.store.batch();
        for _ in 0..left.min(1_000) {
            batch.create(&Note { id: SessionId::new(ground.store.randomness()), expires_at });
        }
        left -= batch.len();
        ground.store.commit(batch).await.unwrap();
    }
}

/// Whether nothing that has expired is left. Removes a row to know.
async fn is_swept(ground: &Ground) -> bool {
    ground.store.engine().sweep(ground.store.now(), 1).await.unwrap().rows == 0
}

fn broom(ground: &Ground, node: &str) -> Broom {
    Broom {
        store: ground.store.clone(),
        realm: Realm::main(),
        node: node.into(),
        meters: Meters { rows: Counter::noop(), seconds: Histogram::noop() },
        census: Census::new(),
    }
}

async fn start(ground: &Ground, node: &str) -> Tree {
    let limit = RestartLimit {
        restarts_max: 1_000,
        window: Duration::from_millis(1),
        ..RestartLimit::default()
    };
    let child = child(&ground.store, (&Realm::main(), node));
    Tree::start(vec![child], limit).await.unwrap()
}

#[tokio::test]
async fn what_has_expired_is_removed_and_the_rest_is_not() {
    let ground = ground();
    let now = ground.store.now();
    write(&ground, 1_000, now + HOUR).await;
    write(&ground, 10, now + 3 * HOUR).await;
    let tree = start(&ground, "node").await;
    ground.clock.advance(2 * HOUR);
    tree.look().await.unwrap();
    assert!(is_swept(&ground).await);
    let kept = ground.store.all::<Note>(&Realm::main(), None, 100).await.unwrap();
    assert_eq!(kept.items.len(), 10);
}

#[tokio::test]
async fn one_look_removes_so_much_and_the_next_goes_on() {
    let ground = ground();
    let (broom, mut lease) = (broom(&ground, "node"), None);
    write(&ground, PAGE * PAGES_MAX + 1_000, ground.store.now() + HOUR).await;
    ground.clock.advance(2 * HOUR);
    broom.look(&mut lease, &mut Progress::default()).await.unwrap();
    ground.engine.work();
    broom.look(&mut lease, &mut Progress::default()).await.unwrap();
    assert!(is_swept(&ground).await);
    let (sweeps, commits) = ground.engine.work();
    assert!(
        sweeps < PAGES_MAX && commits == 0,
        "{sweeps} sweeps, {commits} commits: the lease was kept"
    );
}

#[tokio::test]
async fn one_node_sweeps_and_another_goes_on_when_that_is_gone() {
    let ground = ground();
    let (one, other) = (broom(&ground, "one"), broom(&ground, "other"));
    let (mut held, mut not_held) = (None, None);
    one.look(&mut held, &mut Progress::default()).await.unwrap();
    other.look(&mut not_held, &mut Progress::default()).await.unwrap();
    assert!(held.is_some() && not_held.is_none());
    ground.clock.advance(LEASE_LENGTH / 2 + Duration::from_millis(1));
    one.look(&mut held, &mut Progress::default()).await.unwrap();
    ground.clock.advance(LEASE_LENGTH / 2);
    other.look(&mut not_held, &mut Progress::default()).await.unwrap();
    assert!(not_held.is_none(), "it was renewed");
    ground.clock.advance(LEASE_LENGTH);
    other.look(&mut not_held, &mut Progress::default()).await.unwrap();
    assert!(not_held.is_some());
    one.look(&mut held, &mut Progress::default()).await.unwrap();
    assert!(held.is_none(), "it is another's now");
}

#[tokio::test]
async fn an_outage_of_the_store_is_survived() {
    let ground = ground();
    write(&ground, 10, ground.store.now() + HOUR).await;
    ground.engine.go_down();
    let tree = start(&ground, "node").await;
    tree.look().await.unwrap();
    ground.engine.come_back();
    ground.clock.advance(2 * HOUR);
    tree.look().await.unwrap();
    assert!(is_swept(&ground).await);
    assert_eq!(tree.status()[0].restarts, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn killing_it_under_load_is_noticed_by_nobody() {
    let ground = ground();
    let kept_until = ground.store.now() + 100 * HOUR;
    let tree = start(&ground, "node").await;
    let writer = async {
        for _ in 0..40 {
            write(&ground, 100, ground.store.now() + HOUR).await;
            write(&ground, 10, kept_until).await;
            ground.clock.advance(HOUR);
            let kept = ground.store.all::<Note>(&Realm::main(), None, 1_000).await.unwrap().items;
            assert!(kept.iter().all(|note| note.expires_at > ground.store.now()));
        }
    };
    let killer = async {
        while tree.status()[0].restarts < 40 {
            assert!(tree.kill("janitor").await);
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(writer, killer);
    ground.clock.advance(2 * HOUR);
    tree.look().await.unwrap();
    assert!(is_swept(&ground).await);
    let kept = ground.store.all::<Note>(&Realm::main(), None, 1_000).await.unwrap();
    assert_eq!(kept.items.len(), 400);
}
