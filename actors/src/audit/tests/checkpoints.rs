//! Signed statements of how far the chains had come.

use storage::{
    CommitError,
    audit::{AuditCheckpoint, AuditKey, HEADS_MAX},
};

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

async fn checkpoints(ground: &Ground) -> usize {
    ground.store.all::<AuditCheckpoint>(&Realm::main(), None, 1_000).await.unwrap().items.len()
}

#[tokio::test]
async fn a_checkpoint_is_made_once_a_minute_if_a_chain_has_moved() {
    let ground = ground();
    let node = start(&ground, "node").await;
    node.look().await;
    assert_eq!(checkpoints(&ground).await, 0, "nothing has happened");
    ground.clock.advance(MINUTE);
    for made in 1..=3 {
        node.happen(&ground, 2).await;
        node.look().await;
        node.happen(&ground, 2).await;
        node.look().await;
        assert_eq!(checkpoints(&ground).await, made);
        ground.clock.advance(MINUTE);
    }
    node.look().await;
    assert_eq!(checkpoints(&ground).await, 4);
    ground.clock.advance(MINUTE);
    node.look().await;
    assert_eq!(checkpoints(&ground).await, 4, "nothing has happened since");
    let report = report(&ground).await;
    assert!(report.is_intact(), "{report:?}");
    assert_eq!(report.chains[0].covered_until, 12);
    assert!(report.covered_at.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nodes_that_make_one_at_once_make_one() {
    let ground = ground();
    let (one, other) = (start(&ground, "one").await, start(&ground, "other").await);
    for _ in 0..20 {
        one.happen(&ground, 1).await;
        other.happen(&ground, 1).await;
        ground.clock.advance(MINUTE);
        tokio::join!(one.look(), other.look());
        tokio::join!(one.look(), other.look());
    }
    let report = report(&ground).await;
    assert!(report.is_intact(), "{report:?}");
    assert!((20..=40).contains(&report.checkpoints), "{}", report.checkpoints);
    assert_eq!(ground.store.all::<AuditKey>(&Realm::main(), None, 9).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn more_chains_than_one_checkpoint_states_are_covered_by_several() {
    let ground = ground();
    let count = 2 * HEADS_MAX + 1;
    for index in 0..count {
        let node = start(&ground, &format!("node-{index}")).await;
        node.happen(&ground, 1).await;
        node.audit.seal().await.unwrap().unwrap();
    }
    ground.clock.advance(MINUTE);
    start(&ground, "last").await.look().await;
    let report = report(&ground).await;
    assert!(report.is_intact(), "{report:?}");
    assert_eq!((report.chains.len(), checkpoints(&ground).await), (count, 3));
    assert!(report.chains.iter().all(|chain| chain.covered_until == 1));
}

#[tokio::test]
async fn a_clock_that_was_far_ahead_does_not_stop_checkpoints() {
    let ground = ground();
    let node = start(&ground, "node").await;
    node.look().await;
    node.happen(&ground, 1).await;
    ground.clock.advance(MINUTE);
    node.look().await;
    let last = ground.store.checkpoint_head(&Realm::main()).await.unwrap().unwrap();
    let mut ahead = last.record.clone();
    ahead.made_at = ahead.made_at + 1_000_000 * MINUTE;
    let mut batch = ground.store.batch();
    batch.replace(&last, &ahead);
    ground.store.commit(batch).await.unwrap();
    ground.clock.advance(MINUTE);
    node.happen(&ground, 1).await;
    node.look().await;
    assert_eq!(checkpoints(&ground).await, 2);
}

#[tokio::test]
async fn an_audit_key_that_does_not_open_stops_checkpoints_and_not_the_chain() {
    let ground = ground();
    let elsewhere = self::ground();
    // Sealed under another master key.
    ground.clock.advance(MINUTE);
    let ring = Arc::new(KeyRing::new(protocol::MasterKey::new(ground.store.randomness())));
    let sealing = (&*ring, elsewhere.store.randomness());
    let other = AuditKey::new(&Realm::main(), sealing, ground.store.now()).unwrap();
    let mut batch = ground.store.batch();
    batch.create(&other);
    let created: Result<_, CommitError> = ground.store.commit(batch).await;
    created.unwrap();
    let node = start(&ground, "node").await;
    node.happen(&ground, 3).await;
    node.look().await;
    assert_eq!((sealed(&ground, "node").await.len(), checkpoints(&ground).await), (3, 0));
    let refused = verify(&ground.store, &Realm::main(), &ground.ring).await;
    assert!(matches!(refused, Err(NotVerified::Key(_))), "{refused:?}");
}
