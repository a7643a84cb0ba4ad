//! When something is damaged, down or dead.

use storage::signing_keys::{SigningKey, change_set};

use super::*;

/// Writes `key` over its record, as somebody would who restores or rewraps keys.
async fn put(ground: &Ground, key: &SigningKey) {
    let set = ground.store.signing_key_set(&Realm::main()).await.unwrap();
    let mut batch = ground.store.batch();
    change_set(&mut batch, &Realm::main(), set.as_ref());
    batch.overwrite(key);
    ground.store.commit(batch).await.unwrap();
}

async fn stored(ground: &Ground, algorithm: Algorithm) -> SigningKey {
    let keys = ground.store.signing_keys(&Realm::main()).await.unwrap();
    keys.into_iter().find(|key| key.published.algorithm() == algorithm).unwrap().record
}

#[tokio::test]
async fn a_key_that_does_not_open_is_named_and_the_others_keep_signing() {
    let ground = ground();
    let old = Node::ready(&ground, "node", FAST).await;
    let token = sign(&ground, &old.keys.snapshot(), Algorithm::Es256).unwrap();
    old.tree.stop().await;
    let other = stored(&ground, Algorithm::EdDsa).await.private;
    let damaged = SigningKey { private: other, ..stored(&ground, Algorithm::Es256).await };
    put(&ground, &damaged).await;

    let node = Node::ready(&ground, "node", FAST).await;
    let (keys, now) = (node.keys.snapshot(), ground.store.now());
    assert_eq!(keys.unusable(), [damaged.published.key_id()]);
    assert_eq!(keys.algorithms(now), [Algorithm::EdDsa]);
    assert!(sign(&ground, &keys, Algorithm::EdDsa).is_some());
    assert!(verifies(&ground, &keys, &token), "what it has signed still verifies");
    let listed = keys.list(now);
    assert_eq!(listed.iter().filter(|key| !key.is_usable).count(), 1);

    node.keys.rotate(Some(Algorithm::Es256)).await.unwrap().unwrap();
    ground.clock.advance(INTERVALS.announce_before);
    assert_eq!(node.keys.snapshot().algorithms(ground.store.now()), FAST, "a rotation mends it");
}

#[tokio::test]
async fn a_key_whose_private_part_is_gone_before_its_time_is_named() {
    let ground = ground();
    Node::ready(&ground, "node", FAST).await.tree.stop().await;
    let damaged = SigningKey { private: None, ..stored(&ground, Algorithm::Es256).await };
    put(&ground, &damaged).await;
    let node = Node::ready(&ground, "node", FAST).await;
    let keys = node.keys.snapshot();
    assert_eq!(keys.unusable(), [damaged.published.key_id()]);
    assert_eq!(keys.algorithms(ground.store.now()), [Algorithm::EdDsa]);
}

#[tokio::test]
async fn a_key_whose_public_part_was_exchanged_does_not_sign() {
    let ground = ground();
    Node::ready(&ground, "node", FAST).await.tree.stop().await;
    let elsewhere = self::ground();
    Node::ready(&elsewhere, "node", FAST).await.tree.stop().await;
    let mut forged = serde_json::to_value(stored(&ground, Algorithm::EdDsa).await).unwrap();
    let other = serde_json::to_value(stored(&elsewhere, Algorithm::EdDsa).await).unwrap();
    forged["published"]["public_jwk"]["x"] = other["published"]["public_jwk"]["x"].clone();
    put(&ground, &serde_json::from_value(forged).unwrap()).await;
    let node = Node::ready(&ground, "node", FAST).await;
    assert_eq!(node.keys.snapshot().algorithms(ground.store.now()), [Algorithm::Es256]);
}

#[tokio::test]
async fn a_public_part_that_no_client_can_read_is_not_published() {
    let ground = ground();
    Node::ready(&ground, "node", FAST).await.tree.stop().await;
    let mut damaged = serde_json::to_value(stored(&ground, Algorithm::Es256).await).unwrap();
    damaged["published"]["public_jwk"]["x"] = "AA".into();
    put(&ground, &serde_json::from_value(damaged).unwrap()).await;
    let node = Node::ready(&ground, "node", FAST).await;
    let keys = node.keys.snapshot();
    assert_eq!(keys.jwks(ground.store.now()).keys.len(), 1);
    assert!(sign(&ground, &keys, Algorithm::EdDsa).is_some());
}

#[tokio::test]
async fn an_outage_of_the_store_stops_rotations_and_nothing_else() {
    let ground = ground();
    let node = Node::ready(&ground, "node", FAST).await;
    ground.engine.go_down();
    node.look().await;
    let token = sign(&ground, &node.keys.snapshot(), Algorithm::EdDsa).unwrap();
    assert!(verifies(&ground, &node.keys.snapshot(), &token));
    let refused = node.keys.rotate(None).await.unwrap();
    let unavailable =
        |fault: &Fault| matches!(fault, Fault::Storage(StorageError::Unavailable { .. }));
    assert!(matches!(&refused, Err(NotRotated::Fault(fault)) if unavailable(fault)), "{refused:?}");
    ground.engine.come_back();
    node.keys.rotate(None).await.unwrap().unwrap();
    assert_eq!(node.tree.status()[0].restarts, 0);
}

#[tokio::test]
async fn a_node_that_starts_without_its_store_is_ready_when_it_comes() {
    let ground = ground();
    ground.engine.go_down();
    let node = start(&ground, "node", FAST).await;
    node.look().await;
    ground.engine.come_back();
    node.look().await;
    node.keys.ready().await.unwrap();
    assert_eq!(node.keys.snapshot().algorithms(ground.store.now()), FAST);
}

#[tokio::test]
async fn who_waits_for_keys_hears_that_the_tree_has_stopped() {
    let ground = ground();
    ground.engine.go_down();
    let node = start(&ground, "node", FAST).await;
    node.tree.stop().await;
    assert_eq!(node.keys.ready().await, Err(Unavailable::Stopped));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn killing_it_while_it_makes_the_first_keys_delays_them_and_makes_no_others() {
    for kills in 1..30 {
        let ground = ground();
        let node = start(&ground, "node", FAST).await;
        for _ in 0..kills {
            assert!(node.tree.kill("keys").await);
        }
        node.keys.ready().await.unwrap();
        assert_eq!(node.keys.snapshot().algorithms(ground.store.now()), FAST);
        assert_eq!(acts(&ground, "node").await.len(), FAST.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn killing_it_under_load_stops_no_signature_and_makes_no_second_successor() {
    let ground = ground();
    let node = Node::ready(&ground, "node", FAST).await;
    let (is_over, signed) = (AtomicBool::new(false), AtomicUsize::new(0));
    let signer = async || {
        while !is_over.load(Ordering::SeqCst) {
            let keys = node.keys.snapshot();
            let token =
                sign(&ground, &keys, Algorithm::EdDsa).expect("there is always a key that signs");
            assert!(verifies(&ground, &node.keys.snapshot(), &token));
            signed.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
        }
    };
    let operator = async || {
        while !is_over.load(Ordering::SeqCst) {
            // Rotated, refused because it was, or the actor died with the question: each is an answer.
            match node.keys.rotate(Some(Algorithm::Es256)).await {
                Ok(_) | Err(Unavailable::Stopped) => {}
                Err(other) => panic!("{other}"),
            }
        }
    };
    let killer = async {
        while signed.load(Ordering::SeqCst) < 200 || node.tree.status()[0].restarts < 30 {
            assert!(node.tree.kill("keys").await);
            tokio::task::yield_now().await;
        }
        is_over.store(true, Ordering::SeqCst);
    };
    tokio::join!(signer(), signer(), operator(), killer);

    node.look().await;
    let keys = ground.store.signing_keys(&Realm::main()).await.unwrap();
    let of_es256 = keys.iter().filter(|key| key.published.algorithm() == Algorithm::Es256).count();
    assert!((1..=2).contains(&of_es256), "{of_es256}");
    let announced = acts(&ground, "node").await;
    assert_eq!(announced.len(), keys.len(), "each key has its event");
    let listed = node.keys.snapshot().list(ground.store.now());
    assert_eq!(listed.len(), keys.len());
}
