//! What holds for one holds for many at the same time.

#![expect(clippy::indexing_slicing, reason = "a test that finds less than it expects ends there")]

use std::sync::Arc;

use tokio::{join, task::JoinSet};

use super::ground::{
    NOW, after, all, batch, batch_at, batch_if, body, commit, delete_if, get, main, ok, put, some,
};
use crate::engine::{Batch, Engine, Expectation, Outcome};

/// The outcomes of batches that are committed at the same time.
async fn together(engine: &Arc<dyn Engine>, batches: impl Iterator<Item = Batch>) -> Vec<Outcome> {
    let mut tasks = JoinSet::new();
    for batch in batches {
        let engine = engine.clone();
        tasks.spawn(async move { engine.commit(batch).await });
    }
    tasks.join_all().await
}

fn one_of_them(outcomes: &[Outcome]) {
    let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count();
    assert_eq!(count(|outcome| *outcome == Outcome::Committed), 1);
    assert_eq!(count(|outcome| matches!(outcome, Outcome::Refused(_))), outcomes.len() - 1);
}

pub(crate) async fn of_a_hundred_creations_of_one_row_one_succeeds(engine: Arc<dyn Engine>) {
    let create = |number: u32| {
        batch(vec![put("a").body(number.to_string()).expect(Expectation::Absent).into()])
    };
    let outcomes = together(&engine, (0..100).map(create)).await;
    one_of_them(&outcomes);
}

pub(crate) async fn of_a_hundred_claims_of_one_value_one_succeeds(engine: Arc<dyn Engine>) {
    let claim = |number: u32| batch(vec![put(&number.to_string()).unique("name", "x").into()]);
    let outcomes = together(&engine, (0..100).map(claim)).await;
    one_of_them(&outcomes);
}

pub(crate) async fn counters_under_their_versions_lose_nothing(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![put("counter").body("0").into()]).await;
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let engine = engine.clone();
        tasks.spawn(async move {
            let mut added = 0;
            while added < 25 {
                let row = some(get(&*engine, "counter").await);
                let count: u32 = ok(ok(String::from_utf8(row.body)).parse());
                let next = put("counter")
                    .body((count + 1).to_string())
                    .expect(Expectation::Version(row.version));
                match engine.commit(batch(vec![next.into()])).await {
                    Outcome::Committed => added += 1,
                    Outcome::Refused(_) => {}
                    other => return Err(other),
                }
            }
            Ok(())
        });
    }
    tasks.join_all().await.into_iter().for_each(|task| ok(task));
    assert_eq!(body(&*engine, "counter").await.as_deref(), Some("200"));
}

pub(crate) async fn two_batches_that_check_what_the_other_writes_never_both_commit(
    engine: Arc<dyn Engine>,
) {
    for round in 0..1_000 {
        let (grant, token) = (format!("grant{round}"), format!("token{round}"));
        let read = Expectation::Version(
            commit(&*engine, vec![put(&grant).into(), put(&token).into()]).await,
        );
        let revoke = batch_if(&token, read, vec![put(&grant).body("revoked").expect(read).into()]);
        let refresh =
            batch_if(&grant, read, vec![put(&token).body("refreshed").expect(read).into()]);
        let tasks = [revoke, refresh].map(|batch| {
            let engine = engine.clone();
            async move { engine.commit(batch).await }
        });
        let [revoked, refreshed] = tasks;
        let (revoked, refreshed) = if round % 2 == 0 {
            join!(revoked, refreshed)
        } else {
            let mut tasks = JoinSet::new();
            tasks.spawn(revoked);
            tasks.spawn(refreshed);
            let mut outcomes = tasks.join_all().await.into_iter();
            (some(outcomes.next()), some(outcomes.next()))
        };
        one_of_them(&[revoked, refreshed]);
    }
}

pub(crate) async fn of_one_that_comes_back_and_one_that_takes_its_value_one_succeeds(
    engine: Arc<dyn Engine>,
) {
    for round in 0..100 {
        let (gone, taker) = (format!("gone{round}"), format!("taker{round}"));
        let value = format!("value{round}");
        commit(&*engine, vec![put(&gone).unique("name", &*value).until(after(1)).into()]).await;
        let claims = [&gone, &taker]
            .map(|id| batch_at(after(2), vec![put(id).unique("name", &*value).into()]));
        one_of_them(&together(&engine, claims.into_iter()).await);
    }
}

pub(crate) async fn two_batches_that_each_need_the_others_row_to_be_absent_never_both_commit(
    engine: Arc<dyn Engine>,
) {
    for round in 0..100 {
        let (one, other) = (format!("one{round}"), format!("other{round}"));
        let batches = [(&one, &other), (&other, &one)].map(|(absent, created)| {
            batch(vec![delete_if(absent, Expectation::Absent), put(created).into()])
        });
        one_of_them(&together(&engine, batches.into_iter()).await);
    }
}

pub(crate) async fn what_was_acknowledged_is_read_at_once(engine: Arc<dyn Engine>) {
    let mut tasks = JoinSet::new();
    for task in 0..4 {
        let engine = engine.clone();
        tasks.spawn(async move {
            for number in 0..50 {
                let (id, value) = (format!("{task}"), format!("{number}"));
                let version = commit(
                    &*engine,
                    vec![put(&id).body(&*value).unique("name", format!("{task}-{number}")).into()],
                )
                .await;
                let reader = engine.clone();
                // Another task reads, on whichever thread it finds itself.
                let mut readers = JoinSet::new();
                readers.spawn(async move { get(&*reader, &id).await });
                let row = some(ok(some(readers.join_next().await)));
                assert_eq!((row.version, row.body), (version, value.into_bytes()));
                let name = format!("{task}-{number}");
                assert!(super::ground::holder(&*engine, main(), "name", &name).await.is_some());
            }
        });
    }
    tasks.join_all().await;
}

pub(crate) async fn nobody_reads_half_a_batch(engine: Arc<dyn Engine>) {
    let both = |number: u32| {
        ["a", "b"].map(|id| put(id).body(number.to_string()).many("kind", "x").into()).into()
    };
    commit(&*engine, both(0)).await;
    let writer = engine.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        for number in 1..=200 {
            commit(&*writer, both(number)).await;
        }
    });
    let mut reads = 0;
    while tasks.try_join_next().is_none() {
        for index in [None, Some("kind")] {
            let found = ok(engine.scan(&all(index, main()), None, 10, NOW).await);
            let bodies: Vec<_> = found.iter().map(|found| &found.row.body).collect();
            assert!(bodies.len() == 2 && bodies[0] == bodies[1], "{bodies:?}");
        }
        reads += 1;
        tokio::task::yield_now().await;
    }
    assert!(reads > 0);
}
