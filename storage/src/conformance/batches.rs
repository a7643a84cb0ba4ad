//! A batch is all or nothing, has one outcome, and its id tells which.

use std::sync::Arc;

use super::ground::{
    NOW, all, batch, batch_if, body, commit, committed, delete, get, holder, ids, key, main, ok,
    page, put, refused,
};
use crate::engine::{
    Batch, Changes, Check, Engine, Expectation, Outcome,
    bounds::{BODY_BYTES_MAX, INDEXES_MAX, SCAN_MAX, WRITES_MAX},
};

pub(crate) async fn a_batch_is_all_or_nothing(engine: Arc<dyn Engine>) {
    let version =
        commit(&*engine, vec![put("a").body("1").unique("name", "x").into(), put("b").into()])
            .await;
    let Changes::Entries { next: end, .. } = ok(engine.changes(None, 0).await) else { return };
    let writes = vec![
        put("a").body("2").unique("name", "y").into(),
        put("c").many("kind", "x").into(),
        delete("b"),
        put("d").expect(Expectation::Present).into(),
    ];
    refused(&*engine, batch(writes), "d").await;
    assert_eq!(body(&*engine, "a").await.as_deref(), Some("1"));
    assert_eq!(get(&*engine, "a").await.map(|row| row.version), Some(version));
    assert_eq!(ids(&*engine, &all(None, main())).await, ["a", "b"]);
    assert_eq!(holder(&*engine, main(), "name", "x").await.as_deref(), Some("a"));
    assert_eq!(holder(&*engine, main(), "name", "y").await, None);
    assert!(ids(&*engine, &all(Some("kind"), main())).await.is_empty());
    assert_eq!(
        ok(engine.changes(Some(end), 10).await),
        Changes::Entries { entries: Vec::new(), next: end }
    );
}

pub(crate) async fn every_commit_gives_its_rows_a_new_version(engine: Arc<dyn Engine>) {
    let first = commit(&*engine, vec![put("a").into(), put("b").into()]).await;
    let second = commit(&*engine, vec![put("a").into()]).await;
    assert_ne!(first, second);
    assert_eq!(get(&*engine, "a").await.map(|row| row.version), Some(second));
    assert_eq!(get(&*engine, "b").await.map(|row| row.version), Some(first));
}

pub(crate) async fn a_replaced_row_leaves_the_values_it_had(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![put("a").many("kind", "x").many("kind", "y").unique("name", "n").into()])
        .await;
    commit(&*engine, vec![put("a").many("kind", "y").many("kind", "z").into()]).await;
    let found = super::ground::page(&*engine, &all(Some("kind"), main()), None, 10).await;
    assert_eq!(found.iter().map(|position| &position.value[..]).collect::<Vec<_>>(), ["y", "z"]);
    assert_eq!(holder(&*engine, main(), "name", "n").await, None);
}

pub(crate) async fn a_deleted_row_leaves_nothing(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![put("a").many("kind", "x").unique("name", "n").into()]).await;
    commit(&*engine, vec![delete("a")]).await;
    assert_eq!(get(&*engine, "a").await, None);
    assert_eq!(holder(&*engine, main(), "name", "n").await, None);
    assert!(ids(&*engine, &all(Some("kind"), main())).await.is_empty());
    assert!(ids(&*engine, &all(None, main())).await.is_empty());
}

pub(crate) async fn deleting_what_is_not_there_commits(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![delete("a")]).await;
    assert_eq!(get(&*engine, "a").await, None);
}

pub(crate) async fn a_batch_of_checks_alone_commits(engine: Arc<dyn Engine>) {
    let id = committed(&*engine, batch_if("a", Expectation::Absent, Vec::new())).await;
    assert_eq!(engine.is_committed(id).await, Ok(true));
    refused(&*engine, batch_if("a", Expectation::Present, Vec::new()), "a").await;
}

pub(crate) async fn a_batch_as_large_as_allowed_commits(engine: Arc<dyn Engine>) {
    commit(&*engine, (0..WRITES_MAX).map(|number| put(&format!("{number:04}")).into()).collect())
        .await;
    assert_eq!(ids(&*engine, &all(None, main())).await.len(), WRITES_MAX);
    let large = format!(r#"{{"n":"{}"}}"#, "x".repeat(BODY_BYTES_MAX - 8));
    assert_eq!(large.len(), BODY_BYTES_MAX);
    commit(&*engine, vec![put("large").body(&*large).into()]).await;
    assert_eq!(body(&*engine, "large").await, Some(large));
}

pub(crate) async fn a_row_in_as_many_indexes_as_allowed_is_found_by_each(engine: Arc<dyn Engine>) {
    let values: Vec<_> = (0..INDEXES_MAX).map(|number| format!("{number:03}")).collect();
    let indexed = || values.iter().fold(put("a"), |put, value| put.many("kind", &**value));
    commit(&*engine, vec![indexed().into()]).await;
    commit(&*engine, vec![indexed().body(r#"{"n":2}"#).into()]).await;
    let found = page(&*engine, &all(Some("kind"), main()), None, SCAN_MAX).await;
    assert_eq!(found.into_iter().map(|position| position.value).collect::<Vec<_>>(), values);
    commit(&*engine, vec![delete("a")]).await;
    assert!(ids(&*engine, &all(Some("kind"), main())).await.is_empty());
}

pub(crate) async fn a_batch_sent_again_is_not_applied_again(engine: Arc<dyn Engine>) {
    let once = batch(vec![put("a").body("1").expect(Expectation::Absent).into()]);
    committed(&*engine, once.clone()).await;
    commit(&*engine, vec![put("a").body("2").into()]).await;
    assert_eq!(engine.commit(once).await, Outcome::Committed, "it was committed");
    assert_eq!(body(&*engine, "a").await.as_deref(), Some("2"));
}

pub(crate) async fn a_batch_id_tells_whether_the_batch_was_committed(engine: Arc<dyn Engine>) {
    let id = commit(&*engine, vec![put("a").into()]).await;
    assert_eq!(engine.is_committed(id).await, Ok(true));
    let refusal = batch(vec![put("a").expect(Expectation::Absent).into()]);
    let refused_id = refusal.id;
    refused(&*engine, refusal, "a").await;
    assert_eq!(engine.is_committed(refused_id).await, Ok(false));
    assert_eq!(engine.is_committed(batch(Vec::new()).id).await, Ok(false));
}

pub(crate) async fn a_batch_said_not_to_be_committed_never_is(engine: Arc<dyn Engine>) {
    let late = batch(vec![put("a").into()]);
    let id = late.id;
    assert_eq!(engine.is_committed(id).await, Ok(false));
    assert!(matches!(engine.commit(late).await, Outcome::NotApplied(_)));
    assert_eq!(engine.is_committed(id).await, Ok(false));
    assert_eq!(get(&*engine, "a").await, None);
}

pub(crate) async fn a_commit_that_nobody_waits_for_leaves_all_or_nothing(engine: Arc<dyn Engine>) {
    for number in 0..100 {
        let id = format!("{number}");
        let check = Check { key: key("none"), expectation: Expectation::Absent };
        let batch =
            Batch { checks: vec![check], ..batch(vec![put(&id).many("kind", &*id).into()]) };
        let batch_id = batch.id;
        tokio::select! {
            biased;
            _ = engine.commit(batch) => {}
            () = std::future::ready(()) => {}
        }
        let is_committed = ok(engine.is_committed(batch_id).await);
        let row = ok(engine.get(&key(&id), NOW).await);
        assert_eq!(row.is_some(), is_committed, "{number}");
        assert_eq!(
            ids(&*engine, &all(Some("kind"), main())).await.contains(&id),
            is_committed,
            "{number}"
        );
    }
}
