//! An expired row does not exist; a sweep takes it off the disk.

use std::sync::Arc;

use protocol::Timestamp;

use super::ground::{
    NOW, after, all, batch, batch_at, batch_if, commit, committed, get_at, holder_at, main, ok,
    put, refused,
};
use crate::engine::{Batch, Check, Engine, Expectation, Swept, Write};

fn expiring(id: &str, seconds: u64) -> Write {
    put(id).many("kind", "x").unique("name", id).until(after(seconds)).into()
}

async fn scanned(engine: &dyn Engine, index: Option<&'static str>, now: Timestamp) -> Vec<String> {
    let found = ok(engine.scan(&all(index, main()), None, 100, now).await);
    found.into_iter().map(|found| found.row.key.id).collect()
}

pub(crate) async fn a_row_exists_until_it_expires_and_not_at_that_instant(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![expiring("a", 10), put("b").many("kind", "x").into()]).await;
    let last = Timestamp::from_millis(after(10).as_millis() - 1);
    for (now, exists) in [(NOW, true), (last, true), (after(10), false), (after(1_000_000), false)]
    {
        assert_eq!(get_at(&*engine, "a", now).await.is_some(), exists);
        assert_eq!(holder_at(&*engine, main(), ("name", "a"), now).await.is_some(), exists);
        for index in [None, Some("kind")] {
            assert_eq!(scanned(&*engine, index, now).await.contains(&"a".to_owned()), exists);
            assert!(scanned(&*engine, index, now).await.contains(&"b".to_owned()));
        }
    }
}

pub(crate) async fn an_expired_row_is_absent_to_expectations_and_checks(engine: Arc<dyn Engine>) {
    let version = commit(&*engine, vec![expiring("a", 10)]).await;
    let check = |expectation| Check { key: super::ground::key("a"), expectation };
    let checking =
        |now, expectation| Batch { checks: vec![check(expectation)], ..batch_at(now, Vec::new()) };
    for expectation in [Expectation::Present, Expectation::Version(version)] {
        refused(&*engine, batch_at(after(10), vec![put("a").expect(expectation).into()]), "a")
            .await;
        refused(&*engine, checking(after(10), expectation), "a").await;
        committed(&*engine, checking(after(9), expectation)).await;
    }
    refused(&*engine, checking(after(9), Expectation::Absent), "a").await;
    committed(&*engine, checking(after(10), Expectation::Absent)).await;
    refused(&*engine, batch_if("a", Expectation::Absent, Vec::new()), "a").await;
}

pub(crate) async fn an_expired_row_may_be_put_again(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![expiring("a", 10)]).await;
    let again = put("a").many("kind", "y").expect(Expectation::Absent).into();
    let version = committed(&*engine, batch_at(after(10), vec![again])).await;
    assert_eq!(get_at(&*engine, "a", after(10)).await.map(|row| row.version), Some(version));
    assert_eq!(scanned(&*engine, Some("kind"), after(10)).await, ["a"]);
    assert_eq!(holder_at(&*engine, main(), ("name", "a"), after(10)).await, None);
}

pub(crate) async fn a_page_is_full_although_rows_in_it_expired(engine: Arc<dyn Engine>) {
    let row = |number: u64| match (number % 3, format!("{number:02}")) {
        (0, id) => put(&id).many("kind", "x").into(),
        (_, id) => expiring(&id, 10),
    };
    commit(&*engine, (0..30).map(row).collect()).await;
    for index in [None, Some("kind")] {
        let page = ok(engine.scan(&all(index, main()), None, 4, after(10)).await);
        let ids: Vec<_> = page.iter().map(|found| &found.row.key.id[..]).collect();
        assert_eq!(ids, ["00", "03", "06", "09"]);
        let next = ok(engine
            .scan(&all(index, main()), page.last().map(|found| &found.position), 100, after(10))
            .await);
        assert_eq!(next.len(), 6);
    }
}

pub(crate) async fn a_sweep_removes_what_expired_and_nothing_else(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![expiring("a", 10), expiring("b", 11), put("c").many("kind", "x").into()])
        .await;
    assert_eq!(engine.sweep(after(10), 100).await, Ok(Swept { rows: 1, is_full: false }));
    assert_eq!(engine.sweep(after(10), 100).await, Ok(Swept::default()));
    // Read at an instant at which it had not expired, it is gone all the same.
    assert_eq!(get_at(&*engine, "a", NOW).await, None);
    assert_eq!(holder_at(&*engine, main(), ("name", "a"), NOW).await, None);
    for index in [None, Some("kind")] {
        assert_eq!(scanned(&*engine, index, NOW).await, ["b", "c"]);
    }
    commit(&*engine, vec![put("a").unique("name", "a").expect(Expectation::Absent).into()]).await;
}

pub(crate) async fn a_sweep_goes_page_by_page(engine: Arc<dyn Engine>) {
    commit(
        &*engine,
        (0..25).map(|number| expiring(&format!("{number}"), number % 5 + 1)).collect(),
    )
    .await;
    let mut rows = Vec::new();
    loop {
        let swept = ok(engine.sweep(after(5), 10).await);
        rows.push(swept.rows);
        if !swept.is_full {
            break;
        }
    }
    assert_eq!(rows, [10, 10, 5]);
    assert!(scanned(&*engine, None, NOW).await.is_empty());
}

pub(crate) async fn a_row_whose_expiry_was_put_off_survives_the_sweep(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![expiring("a", 10)]).await;
    commit(&*engine, vec![expiring("a", 20)]).await;
    assert_eq!(engine.sweep(after(10), 100).await, Ok(Swept::default()));
    assert!(get_at(&*engine, "a", after(10)).await.is_some());
    assert_eq!(engine.sweep(after(20), 100).await, Ok(Swept { rows: 1, is_full: false }));
}

pub(crate) async fn a_row_that_expires_no_more_survives_the_sweep(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![expiring("a", 10), expiring("b", 10)]).await;
    commit(&*engine, vec![put("a").into(), super::ground::delete("b")]).await;
    committed(&*engine, batch(vec![put("b").into()])).await;
    assert_eq!(engine.sweep(after(1_000), 100).await.map(|swept| swept.rows), Ok(0));
    assert!(get_at(&*engine, "a", after(1_000)).await.is_some());
    assert!(get_at(&*engine, "b", after(1_000)).await.is_some());
}

pub(crate) async fn a_delete_that_expects_nothing_takes_off_what_is_over(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![expiring("a", 10)]).await;
    let absent = vec![super::ground::delete_if("a", Expectation::Absent)];
    committed(&*engine, super::ground::batch_at(after(10), absent)).await;
    assert_eq!(engine.sweep(after(10), 100).await, Ok(Swept::default()));
    assert_eq!(get_at(&*engine, "a", NOW).await, None);
}
