//! What a batch expects of rows, those it writes and those it only checks.

use std::sync::Arc;

use super::ground::{
    batch, batch_if, body, commit, committed, delete, delete_if, get, put, refused,
};
use crate::engine::{Engine, Expectation, Version};

const ABSENT: Expectation = Expectation::Absent;
const PRESENT: Expectation = Expectation::Present;

const fn version(version: Version) -> Expectation {
    Expectation::Version(version)
}

pub(crate) async fn absent_holds_where_there_is_no_row(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![delete_if("a", ABSENT)]).await;
    commit(&*engine, vec![put("a").body("1").expect(ABSENT).into()]).await;
    refused(&*engine, batch(vec![put("a").body("2").expect(ABSENT).into()]), "a").await;
    refused(&*engine, batch(vec![delete_if("a", ABSENT)]), "a").await;
    assert_eq!(body(&*engine, "a").await.as_deref(), Some("1"));
    commit(&*engine, vec![delete("a")]).await;
    commit(&*engine, vec![put("a").expect(ABSENT).into()]).await;
}

pub(crate) async fn present_holds_where_there_is_a_row(engine: Arc<dyn Engine>) {
    refused(&*engine, batch(vec![put("a").expect(PRESENT).into()]), "a").await;
    refused(&*engine, batch(vec![delete_if("a", PRESENT)]), "a").await;
    assert_eq!(get(&*engine, "a").await, None);
    commit(&*engine, vec![put("a").into()]).await;
    commit(&*engine, vec![put("a").body("2").expect(PRESENT).into()]).await;
    commit(&*engine, vec![delete_if("a", PRESENT)]).await;
    refused(&*engine, batch(vec![put("a").expect(PRESENT).into()]), "a").await;
}

pub(crate) async fn a_version_holds_as_long_as_the_row_is_as_that_batch_left_it(
    engine: Arc<dyn Engine>,
) {
    let first = commit(&*engine, vec![put("a").body("1").into()]).await;
    let second = commit(&*engine, vec![put("a").body("2").expect(version(first)).into()]).await;
    refused(&*engine, batch(vec![put("a").body("3").expect(version(first)).into()]), "a").await;
    refused(&*engine, batch(vec![delete_if("a", version(first))]), "a").await;
    assert_eq!(body(&*engine, "a").await.as_deref(), Some("2"));
    commit(&*engine, vec![delete_if("a", version(second))]).await;
    refused(&*engine, batch(vec![put("a").expect(version(second)).into()]), "a").await;
    // The same text put again is another state.
    commit(&*engine, vec![put("a").body("2").into()]).await;
    refused(&*engine, batch(vec![put("a").expect(version(second)).into()]), "a").await;
}

pub(crate) async fn no_expectation_holds_everywhere(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![put("a").body("1").into()]).await;
    commit(&*engine, vec![put("a").body("2").into(), delete("b")]).await;
    assert_eq!(body(&*engine, "a").await.as_deref(), Some("2"));
}

pub(crate) async fn a_check_holds_like_an_expectation(engine: Arc<dyn Engine>) {
    let write = || vec![put("other").into()];
    committed(&*engine, batch_if("a", ABSENT, write())).await;
    refused(&*engine, batch_if("a", PRESENT, write()), "a").await;
    let first = commit(&*engine, vec![put("a").into()]).await;
    refused(&*engine, batch_if("a", ABSENT, write()), "a").await;
    committed(&*engine, batch_if("a", PRESENT, write())).await;
    let last = committed(&*engine, batch_if("a", version(first), write())).await;
    commit(&*engine, vec![put("a").into()]).await;
    refused(&*engine, batch_if("a", version(first), write()), "a").await;
    assert_eq!(
        get(&*engine, "other").await.map(|row| row.version),
        Some(last),
        "a failed check leaves nothing"
    );
}

pub(crate) async fn a_check_leaves_the_row_as_it_was(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![put("a").body("1").many("kind", "x").into()]).await;
    let before = get(&*engine, "a").await;
    committed(&*engine, batch_if("a", PRESENT, vec![put("b").into()])).await;
    assert_eq!(get(&*engine, "a").await, before);
}

pub(crate) async fn a_refusal_names_the_row(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![put("a").into(), put("b").into()]).await;
    let writes =
        vec![put("a").expect(PRESENT).into(), put("b").expect(ABSENT).into(), put("c").into()];
    refused(&*engine, batch(writes), "b").await;
    refused(&*engine, batch_if("c", PRESENT, vec![put("a").into()]), "c").await;
}
