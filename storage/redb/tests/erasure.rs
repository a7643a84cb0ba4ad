//! Erasing an account: one of each record is made, and none is found afterwards (DESIGN 5).

#![expect(
    clippy::expect_used,
    clippy::too_many_lines,
    reason = "a test that cannot go on has failed; one record of each kind is a long list"
)]

mod ground;

use protocol::{
    AccountId, KeyRing, MasterKey, OperatorId, Realm, Token,
    event::{Act, Actor, Event, Personal},
};
use storage::{
    Erasure, Store,
    engine::Range,
    erasure::{TABLES, Tombstone},
    operators::Operator,
};

use ground::{NOW, put_one_of_each, store};

/// The rows of the tables that are deleted with an account, as (table, body).
async fn deletable(store: &Store) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    for table in TABLES.iter().filter(|table| table.on_erasure == Erasure::Delete) {
        let range = Range {
            table: table.name,
            index: None,
            tenant: Realm::main().into(),
            from: std::ops::Bound::Unbounded,
            to: std::ops::Bound::Unbounded,
        };
        let found = store.engine().scan(&range, None, 100, NOW).await.expect("in memory");
        let text = |body| String::from_utf8(body).expect("JSON");
        rows.extend(found.into_iter().map(|found| (table.name, text(found.row.body))));
    }
    rows
}

#[tokio::test]
async fn an_erased_account_leaves_no_record_and_no_other_account_loses_one() {
    let store = store();
    let ring = KeyRing::new(MasterKey::new(store.randomness()));
    let (erased, other) = (AccountId::new(store.randomness()), AccountId::new(store.randomness()));
    let mut batch = store.batch();
    put_one_of_each(&store, &mut batch, &ring, erased);
    put_one_of_each(&store, &mut batch, &ring, other);
    store.commit(batch).await.expect("in memory");
    let before = deletable(&store).await;
    for table in TABLES.iter().filter(|table| table.on_erasure == Erasure::Delete) {
        let rows = before.iter().filter(|(name, _)| *name == table.name).count();
        assert_eq!(rows, 2, "one {} of each account was made", table.name);
    }

    store.erase(&Realm::main(), erased, store.batch()).await.expect("in memory");

    let after = deletable(&store).await;
    assert!(after.iter().all(|(_, body)| !body.contains(&erased.to_string())), "{after:?}");
    assert_eq!(after.len(), before.len() / 2, "the other account has all of its records");
    assert!(store.get::<Tombstone>(&Realm::main(), &erased).await.expect("in memory").is_some());
}

#[tokio::test]
async fn what_is_personal_in_the_events_of_an_erased_account_cannot_be_read_any_more() {
    let store = store();
    let realm = Realm::main();
    let ring = KeyRing::new(MasterKey::new(store.randomness()));
    let account_id = AccountId::new(store.randomness());
    let mut batch = store.batch();
    put_one_of_each(&store, &mut batch, &ring, account_id);
    store.commit(batch).await.expect("in memory");
    let personal = Personal { address: Some([192, 0, 2, 7].into()), ..Personal::default() };
    let event = Event {
        actor: Actor::Node,
        act: Act::AccountCreated,
        account_id: Some(account_id),
        client_id: None,
        request_id: None,
        personal: personal.clone(),
    };
    let mut batch = store.batch();
    store.record_event(&mut batch, (&realm, "node"), event, &ring).await.expect("in memory");
    store.commit(batch).await.expect("in memory");
    let page = store.unsealed_events(&realm, "node", 10).await.expect("in memory");
    let told = page.items.into_iter().next().expect("the event").record;
    let sealed = told.personal.expect("sealed");
    let whose = (told.event_id, Some(account_id));
    assert_eq!(store.open_personal(&realm, whose, &sealed, &ring).await, Ok(Some(personal)));

    store.erase(&realm, account_id, store.batch()).await.expect("in memory");

    assert_eq!(store.open_personal(&realm, whose, &sealed, &ring).await, Ok(None));
}

#[tokio::test]
async fn no_operator_tells_of_an_erased_person_and_only_one_with_a_token_stays() {
    let store = store();
    let (realm, ring) = (Realm::main(), KeyRing::new(MasterKey::new(store.randomness())));
    for token in [None, Some(Token::new(store.randomness()).hash())] {
        let account_id = AccountId::new(store.randomness());
        let other = AccountId::new(store.randomness());
        let operator = |account_id, token| Operator {
            operator_id: OperatorId::new(store.randomness()),
            realm: realm.clone(),
            name: "Alice Example".into(),
            token,
            account_id: Some(account_id),
            permissions: Default::default(),
            created_at: NOW,
        };
        let (erased, kept) = (operator(account_id, token), operator(other, None));
        let mut batch = store.batch();
        put_one_of_each(&store, &mut batch, &ring, account_id);
        batch.create(&erased).create(&kept);
        store.commit(batch).await.expect("in memory");

        store.erase(&realm, account_id, store.batch()).await.expect("in memory");

        let left = store.get::<Operator>(&realm, &erased.operator_id).await.expect("in memory");
        let left = left.map(|left| left.record);
        assert_eq!(left.is_some(), token.is_some());
        if let Some(left) = left {
            assert_eq!((left.token, left.account_id), (token, None));
            assert!(!left.name.contains("Alice"));
        }
        let beside = store.get::<Operator>(&realm, &kept.operator_id).await.expect("in memory");
        assert_eq!(beside.expect("the other one").record, kept);
    }
}
