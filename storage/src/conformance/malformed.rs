//! What is out of bounds is a typed fault of the caller, and nothing of it is written.

use std::{ops::Bound, sync::Arc};

use super::ground::{NOW, TABLE, all, batch, batch_if, get, key, main, ok, put};
use crate::engine::{
    Batch, Engine, Expectation, ID_BYTES_MAX, IndexKey, Key, Outcome, Position, Range,
    StorageError, Write,
    bounds::{BATCH_BYTES_MAX, BODY_BYTES_MAX, INDEXES_MAX, NAME_BYTES_MAX, SCAN_MAX, WRITES_MAX},
};

fn is_malformed<T>(result: Result<T, StorageError>) -> bool {
    matches!(result, Err(StorageError::Malformed { .. }))
}

async fn refused(engine: &dyn Engine, batch: Batch, why: &str) {
    let outcome = engine.commit(batch).await;
    assert!(
        matches!(outcome, Outcome::NotApplied(StorageError::Malformed { .. })),
        "{why}: {outcome:?}"
    );
}

pub(crate) async fn an_id_out_of_bounds_is_refused(engine: Arc<dyn Engine>) {
    let long = "é".repeat(ID_BYTES_MAX / 2) + "x";
    for id in ["", "\0", "a\0b", &long] {
        refused(&*engine, batch(vec![put(id).into()]), id).await;
        refused(&*engine, batch(vec![super::ground::delete(id)]), id).await;
        refused(&*engine, batch_if(id, Expectation::Absent, Vec::new()), id).await;
        assert!(is_malformed(engine.get(&key(id), NOW).await), "{id:?}");
    }
    let longest = "é".repeat(ID_BYTES_MAX / 2);
    super::ground::commit(&*engine, vec![put(&longest).unique("name", &*longest).into()]).await;
    assert!(get(&*engine, &longest).await.is_some());
}

pub(crate) async fn a_value_out_of_bounds_is_refused(engine: Arc<dyn Engine>) {
    let long = "x".repeat(ID_BYTES_MAX + 1);
    for value in ["\0", "a\0", &long] {
        refused(&*engine, batch(vec![put("a").many("kind", value).into()]), value).await;
        let index = IndexKey { table: TABLE, index: "name", tenant: main(), value: value.into() };
        assert!(is_malformed(engine.find(&index, NOW).await), "{value:?}");
    }
    assert_eq!(get(&*engine, "a").await, None);
}

pub(crate) async fn a_batch_out_of_bounds_is_refused(engine: Arc<dyn Engine>) {
    let many = (0..=WRITES_MAX).map(|number| put(&number.to_string()).into()).collect();
    refused(&*engine, batch(many), "writes").await;
    refused(&*engine, batch(vec![put("a").body("x".repeat(BODY_BYTES_MAX + 1)).into()]), "body")
        .await;
    let large = "x".repeat(BODY_BYTES_MAX);
    let bodies = (0..=BATCH_BYTES_MAX / BODY_BYTES_MAX)
        .map(|number| put(&number.to_string()).body(&*large).into());
    refused(&*engine, batch(bodies.collect()), "bodies").await;
    let indexed =
        (0..=INDEXES_MAX).fold(put("a"), |put, number| put.many("kind", number.to_string()));
    refused(&*engine, batch(vec![indexed.into()]), "indexes").await;
    const LONG: &str =
        concat!("a_name_of_sixty_four_bytes_at_most_is_what_a_table_or_an_index_has", "_");
    assert!(LONG.len() > NAME_BYTES_MAX);
    for name in ["", "\0", LONG] {
        refused(&*engine, batch(vec![put("a").table(name).into()]), "table").await;
        refused(&*engine, batch(vec![put("a").many(name, "x").into()]), "index").await;
    }
    assert_eq!(get(&*engine, "a").await, None);
    assert_eq!(get(&*engine, "0").await, None);
}

pub(crate) async fn a_batch_that_contradicts_itself_is_refused(engine: Arc<dyn Engine>) {
    refused(&*engine, batch(vec![put("a").into(), put("a").into()]), "put twice").await;
    refused(&*engine, batch(vec![put("a").into(), super::ground::delete("a")]), "put and deleted")
        .await;
    refused(&*engine, batch_if("a", Expectation::Absent, vec![put("a").into()]), "checked and put")
        .await;
    let mut elsewhere = put("a").write();
    if let Write::Put { key, .. } = &mut elsewhere {
        *key = Key { realm: ok("elsewhere".to_owned().try_into()), ..key.clone() };
    }
    refused(&*engine, batch(vec![elsewhere]), "another realm").await;
    assert_eq!(get(&*engine, "a").await, None);
}

pub(crate) async fn a_scan_out_of_bounds_is_refused(engine: Arc<dyn Engine>) {
    let whole = all(Some("kind"), main());
    let nul = || Bound::Included("a\0".to_owned());
    for range in [
        Range { from: nul(), ..whole.clone() },
        Range { to: nul(), ..whole.clone() },
        Range { index: Some(""), ..whole.clone() },
    ] {
        assert!(is_malformed(engine.scan(&range, None, 10, NOW).await), "{range:?}");
    }
    for (value, id) in [("\0", "a"), ("a", ""), ("a", "\0")] {
        let after = Position { value: value.into(), id: id.into() };
        assert!(is_malformed(engine.scan(&whole, Some(&after), 10, NOW).await), "{after:?}");
    }
    assert!(is_malformed(engine.scan(&whole, None, SCAN_MAX + 1, NOW).await));
    assert_eq!(engine.scan(&whole, None, SCAN_MAX, NOW).await, Ok(Vec::new()));
}
