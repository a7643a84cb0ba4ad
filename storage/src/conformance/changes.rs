//! The change log: durable, in order, each commit at least once, and honest when something is gone.

#![expect(clippy::indexing_slicing, reason = "a test that finds less than it expects ends there")]

use std::{collections::HashSet, sync::Arc, time::Duration};

use protocol::Realm;
use tokio::task::JoinSet;

use super::ground::{
    NOW, TABLE, batch, batch_at, batch_if, commit, committed, delete, get, ok, put, refused,
};
use crate::engine::{
    BATCH_IDS_KEPT, BatchId, CHANGES_READ_MAX, Change, Changes, Cursor, Engine, Expectation,
};

async fn read(engine: &dyn Engine, after: Option<Cursor>, limit: usize) -> (Vec<Change>, Cursor) {
    let Changes::Entries { entries, next } = ok(engine.changes(after, limit).await) else {
        return ok(Err("entries are lost"));
    };
    (entries, next)
}

async fn end(engine: &dyn Engine) -> Cursor {
    read(engine, None, 0).await.1
}

/// As a reader must: over an overlap, and without what it has seen.
async fn unseen(
    engine: &dyn Engine,
    from: &mut Cursor,
    seen: &mut HashSet<BatchId>,
) -> Vec<BatchId> {
    let overlap = engine.changes_overlap();
    let mut after = *from;
    if !overlap.is_zero() {
        after = Cursor { at: after.at - overlap, sequence: 0 };
    }
    let mut new = Vec::new();
    loop {
        let (entries, next) = read(engine, Some(after), 7).await;
        new.extend(entries.iter().map(|entry| entry.batch_id).filter(|id| seen.insert(*id)));
        if entries.is_empty() {
            *from = next.max(*from);
            return new;
        }
        after = next;
    }
}

pub(crate) async fn each_commit_is_in_the_log_in_order(engine: Arc<dyn Engine>) {
    let start = end(&*engine).await;
    let first = commit(&*engine, vec![put("a").into(), put("b").table("others").into()]).await;
    let second = committed(&*engine, batch_if("c", Expectation::Absent, vec![delete("a")])).await;
    let (entries, next) = read(&*engine, Some(start), 10).await;
    let row = |table: &str, id: &str| (table.to_owned(), Realm::main(), id.to_owned());
    let told: Vec<_> = entries.iter().map(|entry| (entry.batch_id, entry.rows.clone())).collect();
    assert_eq!(
        told,
        [(first, vec![row(TABLE, "a"), row("others", "b")]), (second, vec![row(TABLE, "a")])]
    );
    assert!(start < entries[0].cursor && entries[0].cursor < entries[1].cursor);
    assert_eq!(next, entries[1].cursor);
    // A clock that was set back does not turn the order round.
    committed(&*engine, batch_at(NOW - Duration::from_secs(60), vec![put("d").into()])).await;
    let (entries, later) = read(&*engine, Some(next), 10).await;
    assert_eq!(entries.len(), 1);
    assert!(engine.changes_overlap() > Duration::ZERO || later > next);
}

pub(crate) async fn the_end_of_the_log_is_where_a_reader_begins(engine: Arc<dyn Engine>) {
    let (nothing, start) = read(&*engine, None, 10).await;
    assert!(nothing.is_empty());
    commit(&*engine, vec![put("a").into()]).await;
    let (nothing, next) = read(&*engine, None, 10).await;
    assert!(nothing.is_empty() && start < next);
    assert_eq!(read(&*engine, Some(next), 10).await, (Vec::new(), next));
}

pub(crate) async fn what_was_refused_is_not_in_the_log(engine: Arc<dyn Engine>) {
    let start = end(&*engine).await;
    refused(&*engine, batch(vec![put("a").expect(Expectation::Present).into()]), "a").await;
    assert_eq!(read(&*engine, Some(start), 10).await.0, []);
}

pub(crate) async fn the_log_is_read_page_by_page(engine: Arc<dyn Engine>) {
    let start = end(&*engine).await;
    let mut ids = Vec::new();
    for number in 0..10 {
        ids.push(commit(&*engine, vec![put(&number.to_string()).into()]).await);
    }
    let (mut after, mut told) = (start, Vec::new());
    for expected in [4, 4, 2, 0] {
        let (entries, next) = read(&*engine, Some(after), 4).await;
        assert_eq!(entries.len(), expected);
        told.extend(entries.into_iter().map(|entry| entry.batch_id));
        after = next;
    }
    assert_eq!(told, ids);
}

pub(crate) async fn a_page_of_the_log_is_full_or_the_last(engine: Arc<dyn Engine>) {
    let start = end(&*engine).await;
    let mut tasks = JoinSet::new();
    let each = CHANGES_READ_MAX / 8 + 1;
    for task in 0..8 {
        let engine = engine.clone();
        tasks.spawn(async move {
            for number in 0..each {
                commit(&*engine, vec![put(&format!("{task}-{number}")).into()]).await;
            }
        });
    }
    tasks.join_all().await;
    let (full, next) = read(&*engine, Some(start), CHANGES_READ_MAX).await;
    assert_eq!(full.len(), CHANGES_READ_MAX);
    let (rest, next) = read(&*engine, Some(next), CHANGES_READ_MAX).await;
    assert_eq!(rest.len(), 8 * each - CHANGES_READ_MAX);
    assert_eq!(read(&*engine, Some(next), CHANGES_READ_MAX).await.0, []);
}

pub(crate) async fn the_log_answers_the_same_again(engine: Arc<dyn Engine>) {
    let start = end(&*engine).await;
    commit(&*engine, vec![put("a").into()]).await;
    commit(&*engine, vec![put("b").into()]).await;
    let once = read(&*engine, Some(start), 10).await;
    assert_eq!(once.0.len(), 2);
    assert_eq!(read(&*engine, Some(start), 10).await, once);
    assert_eq!(read(&*engine, Some(once.0[0].cursor), 10).await.0, once.0[1..]);
}

pub(crate) async fn batch_ids_and_changes_are_kept_as_long_as_promised(engine: Arc<dyn Engine>) {
    let start = end(&*engine).await;
    let id = commit(&*engine, vec![put("a").into()]).await;
    ok(engine.sweep(NOW + BATCH_IDS_KEPT - Duration::from_secs(1), 100).await);
    assert_eq!(engine.is_committed(id).await, Ok(true));
    assert_eq!(read(&*engine, Some(start), 10).await.0.len(), 1);
}

pub(crate) async fn a_reader_who_comes_too_late_is_told(engine: Arc<dyn Engine>) {
    let start = end(&*engine).await;
    commit(&*engine, vec![put("a").into()]).await;
    commit(&*engine, vec![put("b").into()]).await;
    let last = end(&*engine).await;
    let late = NOW + BATCH_IDS_KEPT * 2;
    while ok(engine.sweep(late, 1).await).is_full {}
    let Changes::Lost { next } = ok(engine.changes(Some(start), 10).await) else {
        return ok(Err("nobody said that entries are gone"));
    };
    assert_eq!(read(&*engine, Some(last), 10).await.0, [], "who had read all of it lost nothing");
    assert!(get(&*engine, "a").await.is_some(), "rows stay");
    let id = committed(&*engine, batch_at(late, vec![put("c").into()])).await;
    let (entries, _) = read(&*engine, Some(next), 10).await;
    assert_eq!(entries.iter().map(|entry| entry.batch_id).collect::<Vec<_>>(), [id]);
}

pub(crate) async fn a_reader_misses_nothing_of_what_is_committed_at_the_same_time(
    engine: Arc<dyn Engine>,
) {
    let mut from = end(&*engine).await;
    let mut tasks = JoinSet::new();
    for task in 0..4 {
        let engine = engine.clone();
        tasks.spawn(async move {
            let mut ids = Vec::new();
            for number in 0..50 {
                ids.push(commit(&*engine, vec![put(&format!("{task}-{number}")).into()]).await);
            }
            ids
        });
    }
    let (mut seen, mut committed) = (HashSet::new(), Vec::new());
    while let Some(ids) = tasks.join_next().await {
        unseen(&*engine, &mut from, &mut seen).await;
        committed.extend(ok(ids));
    }
    unseen(&*engine, &mut from, &mut seen).await;
    assert_eq!(committed.len(), 200);
    assert_eq!(committed.into_iter().collect::<HashSet<_>>(), seen);
}
