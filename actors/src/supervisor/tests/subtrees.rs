//! Supervisors below a supervisor.

use super::*;

struct Wood {
    tree: Tree,
    watch: Watch,
    inner: Address<Message>,
    outer: Address<Message>,
}

/// A root with a child and a subtree of one.
async fn wood() -> Wood {
    let watch = Watch::default();
    let (inner_child, inner) = probe("subtree/inner", &watch);
    let (outer_child, outer) = probe("outer", &watch);
    let below = subtree("subtree", vec![inner_child], LIMIT);
    let tree = Tree::start(vec![outer_child, below], LIMIT).await.unwrap();
    Wood { tree, watch, inner, outer }
}

#[tokio::test(start_paused = true)]
async fn a_subtree_that_fails_is_restarted_and_nobody_else_notices() {
    let Wood { tree, inner, outer, .. } = wood().await;
    outer.ask(Message::Count).await.unwrap();
    die_too_often(&inner).await;
    assert_eq!(inner.ask(Message::Count).await, Ok(1));
    assert_eq!(outer.ask(Message::Count).await, Ok(2));
    let restarts: Vec<_> =
        tree.status().into_iter().map(|child| (child.name, child.restarts)).collect();
    let expected = [("outer", 0), ("subtree", 1), ("subtree/inner", 4)];
    assert_eq!(restarts, expected.map(|(name, restarts)| (name.to_owned(), restarts)));
}

#[tokio::test(start_paused = true)]
async fn a_subtree_that_fails_too_often_fails_the_tree() {
    let Wood { tree, inner, outer, .. } = wood().await;
    for _ in 0..=LIMIT.restarts_max {
        die_too_often(&inner).await;
    }
    tree.failed().await;
    assert_eq!(inner.ask(Message::Count).await, Err(Unavailable::Stopped));
    assert_eq!(outer.ask(Message::Count).await, Err(Unavailable::Stopped));
}

#[tokio::test(start_paused = true)]
async fn what_is_in_a_killed_subtree_comes_back_with_it() {
    let Wood { tree, inner, .. } = wood().await;
    inner.ask(Message::Count).await.unwrap();
    assert!(tree.kill("subtree").await);
    assert_eq!(inner.ask(Message::Count).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_subtree_stops_in_its_place_and_finishes_what_is_queued() {
    let Wood { tree, watch, inner, .. } = wood().await;
    watch.log();
    let held = inner.hold();
    let (answer, (), ()) =
        join!(biased; inner.ask(Message::Count), tree.stop(), async { drop(held) });
    assert_eq!(answer, Ok(1));
    assert_eq!(watch.log(), ["stop subtree/inner", "stop outer"]);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_refuses_to_start_in_a_subtree_fails_the_start() {
    let watch = Watch::default();
    watch.refuse_starts(1);
    let below = subtree("subtree", vec![probe("inner", &watch).0], LIMIT);
    let error = Tree::start(vec![below], LIMIT).await.unwrap_err();
    assert_eq!(error, StartError::Child("subtree: inner: told to refuse".into()));
}
