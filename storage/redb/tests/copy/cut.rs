//! A copy that was cut: nobody serves it, and another run finishes it, wherever it was cut.

use std::{sync::Arc, time::Duration};

use protocol::{MasterKey, Realm};
use storage::{
    copy::{Begin, CopyError},
    installation::NotOurs,
};

use crate::{
    ground::{NOW, over},
    place::{Disturbance, Disturbed, copy, empty, installation, rows},
};

/// Cuts a copy of `source` at each of its commits in turn, lets `check` look at what is left, and finishes it.
async fn cut_everywhere(how: fn() -> Disturbance) -> u32 {
    let source = installation(260).await;
    for commits in 0.. {
        let target = empty();
        match copy(&source, &Disturbed::store(&target, commits, how()), Begin::Anew).await {
            Ok(_) => return commits,
            Err(error) => assert!(matches!(error, CopyError::Target(_)), "{error}"),
        }
        let finished = copy(&source, &target, Begin::Resume).await;
        // Cut after its last commit the copy was whole, and is not gone on with.
        if !matches!(finished, Err(CopyError::NotEmpty { .. })) {
            finished.unwrap();
        }
        assert_eq!(rows(&source, NOW).await, rows(&target, NOW).await, "cut after {commits}");
    }
    unreachable!("a copy has an end")
}

#[tokio::test]
async fn cut_before_any_of_its_commits_a_copy_is_finished_by_the_next_run() {
    let commits = cut_everywhere(|| Disturbance::Before).await;
    assert!(commits > 17, "it was cut within a table, between tables and at both ends: {commits}");
}

#[tokio::test]
async fn cut_after_any_of_its_commits_a_copy_is_finished_by_the_next_run() {
    assert!(cut_everywhere(|| Disturbance::After).await > 17);
}

#[tokio::test]
async fn the_next_run_goes_on_where_the_one_before_stopped() {
    let (source, target) = (installation(600).await, empty());
    let cut = Disturbed::store(&target, 6, Disturbance::Before);
    copy(&source, &cut, Begin::Anew).await.unwrap_err();
    let there = rows(&target, NOW).await.len() as u64 - 1;
    assert!(there > 250, "{there}");
    let copied = copy(&source, &target, Begin::Resume).await.unwrap();
    assert_eq!(copied.written, copied.survey.rows() - there);
}

#[tokio::test]
async fn nobody_serves_a_copy_that_was_cut_or_begins_another_over_it() {
    let (source, target) = (installation(0).await, empty());
    let cut = Disturbed::store(&target, 3, Disturbance::Before);
    copy(&source, &cut, Begin::Anew).await.unwrap_err();
    let key = MasterKey::new(target.randomness());
    let served = target.claim(&Realm::main(), &key).await;
    assert!(matches!(served, Err(NotOurs::Unfinished)), "{served:?}");
    let anew = copy(&source, &target, Begin::Anew).await;
    assert!(matches!(anew, Err(CopyError::CutShort)), "{anew:?}");
    let onwards = copy(&target, &empty(), Begin::Anew).await;
    assert!(matches!(onwards, Err(CopyError::SourceUnfinished)), "{onwards:?}");
}

#[tokio::test]
async fn a_store_that_was_served_first_is_not_copied_over() {
    let (source, target) = (installation(0).await, empty());
    let key = MasterKey::new(target.randomness());
    let claimed = {
        let target = target.clone();
        async move { target.claim(&Realm::main(), &key).await.unwrap() }
    };
    let meanwhile = Disturbed::store(&target, 0, Disturbance::Meanwhile(Box::pin(claimed)));
    let refused = copy(&source, &meanwhile, Begin::Anew).await;
    assert!(
        matches!(refused, Err(CopyError::TargetChanged { table: "installations" })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_expires_between_two_runs_does_not_matter() {
    let (source, target) = (installation(0).await, empty());
    let cut = Disturbed::store(&target, 9, Disturbance::Before);
    copy(&source, &cut, Begin::Anew).await.unwrap_err();
    let later = NOW + Duration::from_secs(7200);
    let (source, target) =
        (over(Arc::clone(source.engine()), later), over(Arc::clone(target.engine()), later));
    copy(&source, &target, Begin::Resume).await.unwrap();
    assert_eq!(rows(&source, later).await, rows(&target, later).await);
}

#[tokio::test]
async fn of_two_runs_only_the_later_one_goes_on() {
    let (source, target) = (installation(0).await, empty());
    let other = {
        let (source, target) = (source.clone(), target.clone());
        async move {
            let cut = Disturbed::store(&target, 2, Disturbance::Before);
            copy(&source, &cut, Begin::Resume).await.unwrap_err();
        }
    };
    let overtaken = Disturbed::store(&target, 4, Disturbance::Meanwhile(Box::pin(other)));
    let refused = copy(&source, &overtaken, Begin::Anew).await;
    assert!(
        matches!(refused, Err(CopyError::TargetChanged { table: "unfinished_copies" })),
        "{refused:?}"
    );
    copy(&source, &target, Begin::Resume).await.unwrap();
    assert_eq!(rows(&source, NOW).await, rows(&target, NOW).await);
}
