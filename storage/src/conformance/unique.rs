//! A unique value has one holder.

use std::sync::Arc;

use super::ground::{
    NOW, after, batch, batch_at, commit, committed, delete, holder, holder_at, main, not_unique,
    put,
};
use crate::engine::{Engine, Write};

fn named(id: &str, name: &str) -> Write {
    put(id).unique("name", name).into()
}

async fn holds(engine: &dyn Engine, name: &str) -> Option<String> {
    holder(engine, main(), "name", name).await
}

pub(crate) async fn a_unique_value_has_one_holder(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![named("b", "x")]).await;
    for id in ["a", "c"] {
        not_unique(&*engine, batch(vec![named(id, "x")]), "name").await;
    }
    commit(&*engine, vec![named("a", "xx"), named("c", ""), put("d").unique("other", "x").into()])
        .await;
    assert_eq!(holds(&*engine, "x").await.as_deref(), Some("b"));
}

pub(crate) async fn a_row_keeps_its_value_when_it_is_put_again(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![named("a", "x")]).await;
    commit(&*engine, vec![put("a").body("2").unique("name", "x").into()]).await;
    assert_eq!(holds(&*engine, "x").await.as_deref(), Some("a"));
}

pub(crate) async fn a_holder_that_was_replaced_does_not_hold(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![named("a", "x")]).await;
    commit(&*engine, vec![named("a", "y")]).await;
    commit(&*engine, vec![named("b", "x")]).await;
    not_unique(&*engine, batch(vec![named("c", "y")]), "name").await;
}

pub(crate) async fn a_holder_that_was_deleted_does_not_hold(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![named("a", "x")]).await;
    commit(&*engine, vec![delete("a")]).await;
    commit(&*engine, vec![named("b", "x")]).await;
    assert_eq!(holds(&*engine, "x").await.as_deref(), Some("b"));
}

pub(crate) async fn a_holder_that_expired_does_not_hold(engine: Arc<dyn Engine>) {
    for id in ["a", "b"] {
        let now = if id == "a" { NOW } else { after(10) };
        committed(
            &*engine,
            batch_at(
                now,
                vec![
                    put(id)
                        .unique("name", "x")
                        .until(now + std::time::Duration::from_secs(10))
                        .into(),
                ],
            ),
        )
        .await;
    }
    not_unique(&*engine, batch_at(after(19), vec![named("c", "x")]), "name").await;
    assert_eq!(holder_at(&*engine, main(), ("name", "x"), after(19)).await.as_deref(), Some("b"));
    committed(&*engine, batch_at(after(20), vec![named("c", "x")])).await;
    assert_eq!(holder_at(&*engine, main(), ("name", "x"), after(20)).await.as_deref(), Some("c"));
    // What expired may come back, and then does not take the value along.
    not_unique(&*engine, batch_at(after(20), vec![named("a", "x")]), "name").await;
    committed(&*engine, batch_at(after(20), vec![put("a").into()])).await;
    assert_eq!(holder_at(&*engine, main(), ("name", "x"), after(20)).await.as_deref(), Some("c"));
}

pub(crate) async fn two_rows_of_one_batch_do_not_hold_one_value(engine: Arc<dyn Engine>) {
    not_unique(&*engine, batch(vec![named("a", "x"), named("b", "x")]), "name").await;
    assert_eq!(holds(&*engine, "x").await, None);
    commit(
        &*engine,
        vec![put("a").unique("name", "x").unique("name", "x").unique("name", "y").into()],
    )
    .await;
    assert_eq!(holds(&*engine, "y").await.as_deref(), Some("a"));
}

pub(crate) async fn two_rows_may_exchange_their_values(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![named("a", "x"), named("b", "y")]).await;
    commit(&*engine, vec![named("a", "y"), named("b", "x")]).await;
    assert_eq!(holds(&*engine, "x").await.as_deref(), Some("b"));
    assert_eq!(holds(&*engine, "y").await.as_deref(), Some("a"));
}

pub(crate) async fn a_value_goes_to_another_row_in_one_batch(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![named("a", "x")]).await;
    commit(&*engine, vec![named("b", "x"), delete("a")]).await;
    assert_eq!(holds(&*engine, "x").await.as_deref(), Some("b"));
    commit(&*engine, vec![put("b").into(), named("c", "x")]).await;
    assert_eq!(holds(&*engine, "x").await.as_deref(), Some("c"));
}

pub(crate) async fn many_rows_may_hold_a_value_that_is_not_unique(engine: Arc<dyn Engine>) {
    commit(&*engine, vec![put("a").many("kind", "x").into(), put("b").many("kind", "x").into()])
        .await;
    commit(&*engine, vec![put("c").many("kind", "x").into()]).await;
    assert_eq!(
        super::ground::ids(&*engine, &super::ground::all(Some("kind"), main())).await,
        ["a", "b", "c"]
    );
}
