//! A notice becomes one delivery for each client that took part, whoever makes them, and however often.

#![expect(
    clippy::expect_used,
    clippy::too_many_lines,
    reason = "a test that cannot go on has failed; one record of each kind is a long list"
)]

mod ground;

use std::time::Duration;

use protocol::{
    AccountId, ClientId, KeyRing, LogoutId, MasterKey, Realm, SessionId, client::Client,
};
use serde_json::json;
use storage::{
    Store,
    logouts::{Ended, LogoutNotice},
    session_clients::SessionClient,
};
use tokio::task::JoinSet;

use ground::{NOW, put_one_of_each, store};

/// A client that is told of logouts, and took part in this session.
async fn taking_part(store: &Store, account_id: AccountId, session_id: SessionId) -> ClientId {
    let client: Client = serde_json::from_value(json!({
        "client_id": ClientId::new(store.randomness()), "realm": "main", "name": "One",
        "kind": {"type": "public"}, "created_at": NOW,
        "logout": {"backchannel": {"uri": "https://client.example/logout"}},
    }))
    .expect("a client");
    let part = SessionClient {
        session_id,
        client_id: client.client_id,
        realm: Realm::main(),
        account_id,
        issuer: "https://id.example".into(),
        joined_at: NOW,
        expires_at: NOW + Duration::from_secs(3600),
    };
    let mut batch = store.batch();
    batch.create(&client).create(&part);
    store.commit(batch).await.expect("in memory");
    client.client_id
}

async fn notice(store: &Store, ended: Ended) -> LogoutNotice {
    let id = LogoutId::new(store.randomness());
    let notice = LogoutNotice::new(id, &Realm::main(), ended, NOW);
    let mut batch = store.batch();
    batch.create(&notice);
    store.commit(batch).await.expect("in memory");
    notice
}

#[tokio::test]
async fn many_that_make_deliveries_at_once_make_one_for_each_client() {
    let store = store();
    let account_id = AccountId::new(store.randomness());
    let session_id = SessionId::new(store.randomness());
    // More than a page of them.
    for _ in 0..130 {
        taking_part(&store, account_id, session_id).await;
    }
    let mut making = JoinSet::new();
    for _ in 0..6 {
        let notice = notice(&store, Ended::Session(session_id)).await;
        let store = store.clone();
        making.spawn(async move { store.fan_out(&notice, NOW).await.expect("in memory").len() });
    }
    assert_eq!(making.join_all().await.into_iter().sum::<usize>(), 130);
    let due = store.due_logouts(&Realm::main(), NOW, 1_000).await.expect("in memory");
    assert_eq!(due.items.len(), 130);
    let left = store.logout_notices(&Realm::main(), 10).await.expect("in memory");
    assert!(left.items.is_empty());
}

#[tokio::test]
async fn of_an_account_only_sessions_that_hold_no_more_are_told() {
    let store = store();
    let ring = KeyRing::new(MasterKey::new(store.randomness()));
    let account_id = AccountId::new(store.randomness());
    let mut batch = store.batch();
    // With a session that lives.
    put_one_of_each(&store, &mut batch, &ring, account_id);
    store.commit(batch).await.expect("in memory");
    let realm = Realm::main();
    let sessions = store.sessions_of(&realm, account_id, None, 10).await.expect("in memory");
    let live = sessions.items.first().expect("a session").session_id;
    let gone = SessionId::new(store.randomness());
    let (_, told) =
        (taking_part(&store, account_id, live).await, taking_part(&store, account_id, gone).await);
    let notice = notice(&store, Ended::SessionsOf(account_id)).await;
    let made = store.fan_out(&notice, NOW).await.expect("in memory");
    assert_eq!(made.iter().map(|made| made.client_id).collect::<Vec<_>>(), [told]);
    let kept = store.clients_of_session(&realm, live, None, 10).await.expect("in memory");
    assert!(!kept.items.is_empty(), "the one that lives is told when it ends");
}
