//! From the outbox into the chain.

use storage::account_keys::AccountKey;

use super::*;

#[tokio::test]
async fn events_are_chained_in_the_order_in_which_they_happened() {
    let ground = ground();
    let node = start(&ground, "node").await;
    node.happen(&ground, 5).await;
    node.audit.seal().await.unwrap().unwrap();
    assert_eq!(waiting(&ground, "node").await, 0);
    let entries = chain(&ground, "node").await;
    let sequences: Vec<_> = entries.iter().map(|entry| entry.sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4, 5]);
    let instants: Vec<_> = entries.iter().map(|entry| entry.read().unwrap().at).collect();
    assert!(instants.is_sorted());
    let mut before = FIRST_DIGEST;
    for entry in &entries {
        assert_eq!(
            entry.digest,
            storage::audit::digest("node", entry.sequence, before, &entry.content)
        );
        before = &entry.digest;
    }
}

#[tokio::test]
async fn a_look_seals_more_than_fits_into_one_batch() {
    let ground = ground();
    let node = start(&ground, "node").await;
    node.happen(&ground, 700).await;
    node.look().await;
    assert_eq!((waiting(&ground, "node").await, sealed(&ground, "node").await.len()), (0, 700));
    assert!(report(&ground).await.is_intact());
}

#[tokio::test]
async fn each_node_has_a_chain_of_its_own_that_can_be_read_on_from_anywhere() {
    let ground = ground();
    // Their names sort around the separator of the ids.
    let names = ["a", "a-b", "a0", "b"];
    for (name, count) in names.iter().zip(1..) {
        let node = start(&ground, name).await;
        node.happen(&ground, count).await;
        node.audit.seal().await.unwrap().unwrap();
    }
    for (name, count) in names.iter().zip(1_u64..) {
        assert_eq!(chain(&ground, name).await.len() as u64, count);
        let rest = ground.store.audit_entries(&Realm::main(), (name, 1), 2).await.unwrap();
        let sequences: Vec<_> = rest.iter().map(|entry| entry.sequence).collect();
        assert_eq!(sequences, (2..=count.min(3)).collect::<Vec<_>>());
    }
    let report = report(&ground).await;
    assert!(report.is_intact(), "{report:?}");
    assert_eq!((report.entries, report.chains.len()), (10, 4));
}

#[tokio::test]
async fn an_outage_of_the_store_makes_events_wait_and_loses_none() {
    let ground = ground();
    let node = start(&ground, "node").await;
    node.happen(&ground, 3).await;
    ground.engine.take_no_writes();
    let refused = node.audit.seal().await.unwrap();
    assert!(
        matches!(refused, Err(Fault::Storage(StorageError::Unavailable { .. }))),
        "{refused:?}"
    );
    ground.engine.go_down();
    node.look().await;
    ground.engine.come_back();
    node.look().await;
    assert_eq!((waiting(&ground, "node").await, sealed(&ground, "node").await.len()), (0, 3));
    assert_eq!(node.tree.status()[0].restarts, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn two_that_seal_the_same_chain_neither_fork_it_nor_seal_an_event_twice() {
    let ground = ground();
    let (one, other) = (start(&ground, "same").await, start(&ground, "same").await);
    let seal = async |node: &Node| {
        for _ in 0..40 {
            // Whoever is too late reads the last link again; who is too late each time says so.
            let sealed = node.audit.seal().await.unwrap();
            assert!(matches!(sealed, Ok(()) | Err(Fault::Contested)), "{sealed:?}");
        }
    };
    tokio::join!(one.happen(&ground, 300), seal(&one), seal(&other));
    one.audit.seal().await.unwrap().unwrap();
    assert_eq!((waiting(&ground, "same").await, sealed(&ground, "same").await.len()), (0, 300));
    assert!(report(&ground).await.is_intact());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn killing_it_under_load_loses_no_event_and_seals_none_twice() {
    let ground = ground();
    let node = start(&ground, "node").await;
    let acts = async {
        for _ in 0..20 {
            node.happen(&ground, 20).await;
            drop(node.audit.seal().await);
        }
    };
    let killer = async {
        while node.tree.status()[0].restarts < 40 {
            assert!(node.tree.kill("audit").await);
            drop(node.audit.seal().await);
        }
    };
    tokio::join!(acts, killer);
    node.look().await;
    assert_eq!((waiting(&ground, "node").await, sealed(&ground, "node").await.len()), (0, 400));
    assert!(report(&ground).await.is_intact());
}

#[tokio::test]
async fn erasing_the_key_of_an_account_erases_what_is_personal_and_the_chain_still_verifies() {
    let ground = ground();
    let node = start(&ground, "node").await;
    let realm = Realm::main();
    let account_id = AccountId::new(ground.store.randomness());
    let key = AccountKey::new(&realm, account_id, &ground.ring, ground.store.randomness()).unwrap();
    let mut batch = ground.store.batch();
    batch.create(&key);
    ground.store.commit(batch).await.unwrap();
    let mut batch = ground.store.batch();
    let event = signed_in(&ground, Some(account_id));
    node.events.record(&realm, &mut batch, event.clone()).await.unwrap();
    ground.store.commit(batch).await.unwrap();
    node.look().await;

    let entries = chain(&ground, "node").await;
    let content = entries[0].read().unwrap();
    assert!(!entries[0].content.contains("192.0.2.7"));
    let (whose, personal) = ((content.event_id, Some(account_id)), content.personal.unwrap());
    let open =
        async || ground.store.open_personal(&realm, whose, &personal, &ground.ring).await.unwrap();
    assert_eq!(open().await, Some(event.personal));

    let mut batch = ground.store.batch();
    batch.remove::<AccountKey>(&realm, &account_id);
    ground.store.commit(batch).await.unwrap();
    assert_eq!(open().await, None);
    assert!(report(&ground).await.is_intact());
}
