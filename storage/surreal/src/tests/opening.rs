//! How a store is opened: by several nodes at once, and not at all where it would do harm.

use std::{sync::Arc, time::Duration};

use protocol::{Realm, Timestamp};
use storage::{
    Engine, Expectation, StorageError,
    engine::{BATCH_IDS_KEPT, Batch, BatchId, Check, Key, Outcome, Write},
};
use surrealdb::types::{Value, Variables};
use tokio::task::JoinSet;

use crate::{
    OpenError, Options, SurrealDb,
    testing::{Server, options},
    value::whole,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_at_once_on_an_empty_database_all_serve() {
    let of_all = options();
    let mut starting = JoinSet::new();
    for number in 0..6 {
        let options = Options { node: format!("node-{number}"), ..of_all.clone() };
        starting.spawn(SurrealDb::open(options));
    }
    while let Some(opened) = starting.join_next().await {
        assert!(opened.unwrap().unwrap().is_available());
    }
}

async fn refused_after(statement: &str) -> OpenError {
    let options = options();
    let store = SurrealDb::open(options.clone()).await.unwrap();
    store.link.ask(statement, Variables::new()).await.unwrap();
    drop(store);
    SurrealDb::open(options).await.err().unwrap()
}

#[tokio::test]
async fn tables_that_a_later_release_arranged_are_refused() {
    let refused = refused_after("UPSERT doorward_schema:tables SET layout = 2").await;
    assert_eq!(refused, OpenError::Layout { found: 2, readable: 1 });
}

#[tokio::test]
async fn a_table_that_is_missing_is_made() {
    let options = options();
    let store = SurrealDb::open(options.clone()).await.unwrap();
    let older = "REMOVE TABLE tombstones; UPDATE doorward_schema:tables SET tables -= 'tombstones'";
    store.link.ask(older, Variables::new()).await.unwrap();
    let store = SurrealDb::open(options).await.unwrap();
    let mut told = store.link.ask("INFO FOR TABLE tombstones", Variables::new()).await.unwrap();
    let told = told.take::<Value>(0).unwrap().into_json_value().to_string();
    assert!(told.contains("expires_at"), "{told}");
}

#[tokio::test]
async fn a_row_that_was_only_checked_is_seen_by_nobody_and_swept() {
    let store = SurrealDb::open(options()).await.unwrap();
    let now = Timestamp::from_seconds(1_800_000_000);
    let key = Key { table: "tombstones", realm: Realm::main(), id: "x".into() };
    let checks = vec![Check { key: key.clone(), expectation: Expectation::Absent }];
    let batch = Batch { id: BatchId::new(now, [7; 10]), now, writes: Vec::new(), checks };
    assert_eq!(store.commit(batch).await, Outcome::Committed);
    assert_eq!(store.get(&key, now).await, Ok(None));
    let count = async || {
        let count = "RETURN count(SELECT id FROM tombstones)";
        store.link.ask(count, Variables::new()).await.unwrap().take::<Value>(0).unwrap()
    };
    assert_eq!(count().await, whole(1));
    assert_eq!(store.sweep(now + BATCH_IDS_KEPT * 2, 10).await.unwrap().rows, 0);
    assert_eq!(count().await, whole(0));
}

#[tokio::test]
async fn rows_of_an_encoding_that_cannot_be_read_are_refused() {
    let refused = refused_after("UPSERT doorward_schema:tables SET encoding = 9").await;
    assert_eq!(refused, OpenError::Schema { found: 9, readable_max: 2 });
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_shown() {
    let options = Options { password: "of-another-run".to_owned().into(), ..options() };
    assert!(!format!("{options:?}").contains("of-another-run"));
    assert_eq!(SurrealDb::open(options).await.err(), Some(OpenError::SignIn));
}

#[tokio::test]
async fn a_user_of_the_database_alone_is_enough_once_it_is_there() {
    let options = options();
    let store = SurrealDb::open(options.clone()).await.unwrap();
    let user = "DEFINE USER narrow ON DATABASE PASSWORD 'of-the-database' ROLES EDITOR";
    store.link.ask(user, Variables::new()).await.unwrap();
    let narrow = Options {
        username: "narrow".into(),
        password: "of-the-database".to_owned().into(),
        ..options
    };
    assert!(SurrealDb::open(narrow).await.unwrap().is_available());
}

#[tokio::test]
async fn a_url_that_is_none_is_refused() {
    let options = Options { url: "http://localhost:8000".into(), ..options() };
    assert_eq!(SurrealDb::open(options).await.err(), Some(OpenError::Url));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_over_tls_is_trusted_by_the_configured_authority_alone() {
    let server = Server::start_with_tls();
    let of = |ca_file| Options {
        url: format!("wss://localhost:{}", server.address.port()),
        username: server.username.clone(),
        password: server.password.clone(),
        deadline: Duration::from_secs(5),
        ca_file,
        ..options()
    };
    let trusted = of(Some(server.ca_file.clone().unwrap()));
    let store: Arc<dyn Engine> = Arc::new(SurrealDb::open(trusted).await.unwrap());
    assert!(store.is_available());
    let public_web = crate::link::connect(&of(None)).await.err().unwrap();
    assert!(matches!(public_web, OpenError::Unreachable(_)), "{public_web:?}");
}

#[tokio::test]
async fn a_body_of_very_many_values_comes_back_the_same() {
    let store = SurrealDb::open(options()).await.unwrap();
    let now = Timestamp::from_seconds(1_800_000_000);
    let key = Key { table: "tombstones", realm: Realm::main(), id: "x".into() };
    let body = format!("[{}0]", "0,".repeat(400_000)).into_bytes();
    let put = Write::Put {
        key: key.clone(),
        tenant: (&key.realm).into(),
        schema: 1,
        body: body.clone(),
        indexes: Vec::new(),
        expires_at: None,
        expectation: None,
    };
    let batch =
        Batch { id: BatchId::new(now, [7; 10]), now, writes: vec![put], checks: Vec::new() };
    assert_eq!(store.commit(batch).await, Outcome::Committed);
    assert_eq!(store.get(&key, now).await.unwrap().unwrap().body, body);
}

#[tokio::test]
async fn a_database_that_has_vanished_is_no_empty_one() {
    let options = options();
    let store = SurrealDb::open(options.clone()).await.unwrap();
    let key = Key { table: "tombstones", realm: Realm::main(), id: "x".into() };
    let now = Timestamp::from_seconds(1_800_000_000);
    assert_eq!(store.get(&key, now).await, Ok(None));
    let gone = format!("REMOVE DATABASE {}", options.database);
    store.link.ask(gone, Variables::new()).await.unwrap();
    let read = store.get(&key, now).await;
    assert!(matches!(read, Err(StorageError::Unavailable { .. })), "{read:?}");
}
