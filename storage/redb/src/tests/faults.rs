//! A disk that fails at any moment: what is answered is true, and the store comes back by itself.

use std::sync::atomic::Ordering;

use storage::{
    StorageError,
    engine::{Batch, BatchId, Engine, Expectation, Outcome, Write},
};

use super::{
    disk::{NOW, Weather, large, on, rows, until},
    opening::{batch, key},
};
use crate::job::ROOM_UNITS;

/// What a batch becomes when the `n`th call that changes the disk fails, once.
async fn outcome_when_call_fails(n: i64) -> Option<Outcome> {
    let weather = Weather::fair();
    let engine = on(&weather);
    let (first, second) = (large(1), large(2));
    assert_eq!(engine.commit(first.clone()).await, Outcome::Committed);
    weather.countdown.store(n, Ordering::SeqCst);
    let outcome = engine.commit(second.clone()).await;
    let has_failed = weather.countdown.load(Ordering::SeqCst) < 0;
    weather.clear_up();
    let is_committed = outcome == Outcome::Committed;
    assert!(
        is_committed || matches!(outcome, Outcome::NotApplied(StorageError::Unavailable { .. })),
        "{n}: {outcome:?}"
    );
    until(async || engine.is_available()).await;
    assert_eq!(rows(&engine, &first).await, 20, "{n}");
    assert_eq!(rows(&engine, &second).await, if is_committed { 20 } else { 0 }, "{n}");
    assert_eq!(engine.is_committed(second.id).await, Ok(is_committed), "{n}");
    assert_eq!(engine.commit(large(3)).await, Outcome::Committed, "{n}");
    has_failed.then_some(outcome)
}

#[tokio::test]
async fn whichever_call_fails_the_answer_is_true() {
    let mut outcomes = Vec::new();
    let mut n = 0;
    while let Some(outcome) = outcome_when_call_fails(n).await {
        outcomes.push(outcome);
        n += 1;
    }
    let committed = outcomes.iter().filter(|outcome| **outcome == Outcome::Committed).count();
    assert!(outcomes.len() > 20 && (1..outcomes.len()).contains(&committed), "{outcomes:?}");
}

#[tokio::test]
async fn an_outcome_that_cannot_be_told_is_unknown_until_the_store_is_back() {
    let mut unknown = 0;
    for n in (0..60).step_by(3) {
        let weather = Weather::fair();
        let engine = on(&weather);
        let batch = large(1);
        weather.openings_fail.store(true, Ordering::SeqCst);
        weather.countdown.store(n, Ordering::SeqCst);
        let outcome = engine.commit(batch.clone()).await;
        if outcome == Outcome::Committed {
            break;
        }
        assert!(!engine.is_available());
        assert!(matches!(engine.get(&key("a"), NOW).await, Err(StorageError::Unavailable { .. })));
        assert!(matches!(
            engine.is_committed(batch.id).await,
            Err(StorageError::Unavailable { .. })
        ));
        assert!(matches!(engine.sweep(NOW, 1).await, Err(StorageError::Unavailable { .. })));
        let refused = engine.commit(large(2)).await;
        assert!(matches!(refused, Outcome::NotApplied(StorageError::Unavailable { .. })));
        weather.clear_up();
        until(async || engine.is_available()).await;
        let is_committed = engine.is_committed(batch.id).await.unwrap();
        assert_eq!(rows(&engine, &batch).await, if is_committed { 20 } else { 0 });
        unknown += usize::from(outcome == Outcome::Unknown);
        assert!(outcome == Outcome::Unknown || !is_committed, "{outcome:?} and it is there");
    }
    assert!(unknown > 0);
}

#[tokio::test]
async fn reads_come_back_before_writes_and_are_not_disturbed_again() {
    let weather = Weather::fair();
    let engine = on(&weather);
    let first = large(1);
    assert_eq!(engine.commit(first.clone()).await, Outcome::Committed);
    weather.is_full.store(true, Ordering::SeqCst);
    assert!(matches!(engine.commit(large(2)).await, Outcome::NotApplied(_)));
    let openings = weather.openings.load(Ordering::SeqCst);
    for number in 3..30 {
        assert_eq!(rows(&engine, &first).await, 20);
        assert!(matches!(
            engine.commit(large(number)).await,
            Outcome::NotApplied(StorageError::Unavailable { .. })
        ));
        assert!(!engine.is_available());
    }
    assert_eq!(engine.is_committed(BatchId([3; 16])).await, Ok(false));
    assert_eq!(
        weather.openings.load(Ordering::SeqCst),
        openings,
        "a disk that is known to be full is not written to"
    );
    weather.clear_up();
    until(async || engine.is_available()).await;
    assert_eq!(engine.commit(large(40)).await, Outcome::Committed);
}

#[tokio::test]
async fn a_read_that_fails_brings_the_store_back() {
    let weather = Weather::fair();
    let engine = on(&weather);
    let batch = large(1);
    assert_eq!(engine.commit(batch.clone()).await, Outcome::Committed);
    weather.reads_fail.store(true, Ordering::SeqCst);
    until(async || engine.get(batch.writes[0].key(), NOW).await.is_err()).await;
    weather.clear_up();
    until(async || engine.is_available()).await;
    assert_eq!(rows(&engine, &batch).await, 20);
    assert_eq!(engine.commit(large(2)).await, Outcome::Committed);
}

#[tokio::test]
async fn nothing_is_refused_for_a_batch_that_was_lost() {
    let mut lost = 0;
    for n in 0..80 {
        let weather = Weather::fair();
        let engine = on(&weather);
        weather.pause(true);
        let commit = |batch: Batch| {
            let engine = engine.clone();
            async move { engine.commit(batch).await }
        };
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(commit(batch(1, 1, "a")));
        let queued = |units: usize| engine.room.available_permits() == ROOM_UNITS - units;
        until(async || queued(1)).await;
        let mut second = batch(3, 1, "b");
        if let Some(Write::Put { expectation, .. }) = second.writes.first_mut() {
            *expectation = Some(Expectation::Absent);
        }
        let (first, second) = (commit(batch(2, 1, "b")), commit(second));
        let both = async { tokio::join!(first, second) };
        weather.countdown.store(n, Ordering::SeqCst);
        let going_on = async {
            until(async || queued(3)).await;
            weather.pause(false);
        };
        let ((first, second), ()) = tokio::join!(both, going_on);
        match first {
            Outcome::Committed => assert!(!matches!(second, Outcome::Committed), "{n}"),
            _ => assert!(
                !matches!(second, Outcome::Refused(_)),
                "{n}: refused for a row that is not there"
            ),
        }
        lost += usize::from(first != Outcome::Committed);
        tasks.join_all().await;
    }
    assert!(lost > 0);
}
