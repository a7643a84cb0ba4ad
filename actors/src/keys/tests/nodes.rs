//! Several nodes on one store.

use storage::{feed::Reader, signing_keys::change_set};
use tokio::time::Instant;

use super::{
    change::{Asked, Occasion},
    *,
};

/// Looks until the node has keys: another one may be making them.
async fn look_until_ready(node: &Node) {
    while node.keys.snapshot().list(Timestamp::default()).is_empty() {
        node.look().await;
    }
}

async fn start_together(ground: &Ground, names: [&str; 3]) -> Vec<Node> {
    let [one, two, three] = names.map(|name| start(ground, name, FAST));
    let (one, two, three) = tokio::join!(one, two, three);
    tokio::join!(look_until_ready(&one), look_until_ready(&two), look_until_ready(&three));
    vec![one, two, three]
}

async fn assert_one_set(ground: &Ground, nodes: &[Node]) {
    let now = ground.store.now();
    let stored = ground.store.signing_keys(&Realm::main()).await.unwrap();
    assert_eq!(stored.len(), FAST.len(), "{stored:?}");
    let documents: Vec<_> = nodes.iter().map(|node| node.keys.snapshot().jwks_json(now)).collect();
    assert!(documents.iter().all(|document| *document == documents[0]));
    let token = sign(ground, &nodes[0].keys.snapshot(), Algorithm::EdDsa).unwrap();
    assert!(nodes.iter().all(|node| verifies(ground, &node.keys.snapshot(), &token)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nodes_that_start_at_once_make_one_set_of_keys() {
    for _ in 0..20 {
        let ground = ground();
        let nodes = start_together(&ground, ["a", "b", "c"]).await;
        assert_one_set(&ground, &nodes).await;
        let mut announced = 0;
        for name in ["a", "b", "c"] {
            announced += acts(&ground, name).await.len();
        }
        assert_eq!(announced, FAST.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nodes_that_bear_one_name_make_one_set_of_keys_too() {
    for _ in 0..20 {
        let ground = ground();
        let nodes = start_together(&ground, ["same", "same", "same"]).await;
        assert_one_set(&ground, &nodes).await;
    }
}

#[tokio::test]
async fn who_has_read_the_keys_too_early_changes_none_not_even_under_the_lease() {
    let ground = ground();
    let keeper = Keeper {
        store: ground.store.clone(),
        realm: Realm::main(),
        node: "node".into(),
        ring: Arc::clone(&ground.ring),
        events: ground.events.clone(),
        settings: Settings { algorithms: FAST.to_vec(), schedule: INTERVALS.try_into().unwrap() },
        published: Arc::default(),
        is_ready: watch::channel(false).0,
        meters: Meters::new(),
    };
    let (mut first, mut late) = (Held::default(), Held::default());
    keeper.read(&mut first).await.unwrap();
    keeper.read(&mut late).await.unwrap();
    let made = keeper.change(&first, Occasion::Schedule, Asked::by_nobody()).await.unwrap();
    assert_eq!(made.unwrap().len(), FAST.len());
    let refused = keeper.change(&late, Occasion::Schedule, Asked::by_nobody()).await;
    assert!(matches!(refused, Err(NotRotated::Elsewhere)), "{refused:?}");
    assert_eq!(acts(&ground, "node").await.len(), FAST.len());
}

#[tokio::test]
async fn what_one_node_announces_the_others_publish_and_sign_with_at_its_time() {
    let ground = ground();
    let one = Node::ready(&ground, "one", FAST).await;
    let other = Node::ready(&ground, "other", FAST).await;
    let announced = one.keys.rotate(Some(Algorithm::EdDsa)).await.unwrap().unwrap();
    other.look().await;
    let now = ground.store.now();
    assert_eq!(one.keys.snapshot().jwks_json(now), other.keys.snapshot().jwks_json(now));
    ground.clock.advance(INTERVALS.announce_before);
    assert_eq!(
        other.signing(&ground, Algorithm::EdDsa),
        announced.first().map(|key| key.public_jwk.key_id())
    );
}

#[tokio::test]
async fn a_node_that_was_stale_does_not_announce_a_second_successor() {
    let ground = ground();
    let one = Node::ready(&ground, "one", FAST).await;
    let stale = Node::ready(&ground, "stale", FAST).await;
    one.keys.rotate(Some(Algorithm::EdDsa)).await.unwrap().unwrap();
    let again = stale.keys.rotate(Some(Algorithm::EdDsa)).await.unwrap();
    assert!(matches!(again, Err(NotRotated::Refused(_))), "{again:?}");
}

#[tokio::test]
async fn while_another_node_changes_the_keys_nobody_else_does() {
    let ground = ground();
    let node = Node::ready(&ground, "node", FAST).await;
    let minute = Duration::from_secs(60);
    let held = ground.store.lease(&Realm::main(), "keys", "another", minute).await.unwrap();
    assert!(held.is_some(), "it was given back");
    let refused = node.keys.rotate(None).await.unwrap();
    assert!(matches!(refused, Err(NotRotated::Elsewhere)), "{refused:?}");
    ground.clock.advance(minute);
    node.keys.rotate(None).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_node_that_starts_again_has_its_keys_and_writes_nothing() {
    let ground = ground();
    let before = Node::ready(&ground, "node", Algorithm::ALL).await;
    let token = sign(&ground, &before.keys.snapshot(), Algorithm::Rs256).unwrap();
    before.tree.stop().await;
    ground.engine.work();
    let after = Node::ready(&ground, "node", Algorithm::ALL).await;
    after.look().await;
    let (_, commits) = ground.engine.work();
    assert_eq!(commits, 0);
    assert!(verifies(&ground, &after.keys.snapshot(), &token));
}

#[tokio::test(start_paused = true)]
async fn it_looks_before_its_time_when_keys_have_changed_or_changes_were_lost() {
    let ground = ground();
    let node = Node::ready(&ground, "node", FAST).await;
    for are_lost in [true, false] {
        node.look().await;
        if are_lost {
            Reader::new(&node.store).poll().await.unwrap();
        } else {
            let set = ground.store.signing_key_set(&Realm::main()).await.unwrap();
            let mut batch = node.store.batch();
            change_set(&mut batch, &Realm::main(), set.as_ref());
            node.store.commit(batch).await.unwrap();
        }
        ground.engine.work();
        let heard_at = Instant::now();
        // No time passes while somebody is busy.
        while ground.engine.work() == (0, 0) {
            tokio::task::yield_now().await;
        }
        assert_eq!(Instant::now(), heard_at);
    }
}

#[tokio::test]
async fn a_look_at_keys_that_have_not_changed_reads_one_record() {
    let ground = ground();
    let node = Node::ready(&ground, "node", FAST).await;
    node.look().await;
    ground.engine.work();
    for _ in 0..20 {
        node.look().await;
    }
    let (reads, commits) = ground.engine.work();
    // The timer may have looked now and then too.
    assert!(reads < 30 && commits == 0, "{reads} reads and {commits} commits for 20 looks");
}
