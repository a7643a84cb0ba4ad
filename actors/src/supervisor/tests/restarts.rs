//! Children that die, and children that die too often.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_child_is_restarted_however_it_dies() {
    for death in [Death::Error, Death::Panic, Death::ByItself] {
        let (_tree, address) = alone(&Watch::default()).await;
        address.ask(Message::Count).await.unwrap();
        address.die(death).await;
        assert_eq!(address.ask(Message::Count).await, Ok(1), "{death:?}: with fresh state");
    }
    let (tree, address) = alone(&Watch::default()).await;
    address.ask(Message::Count).await.unwrap();
    tree.kill("probe").await;
    assert_eq!(address.ask(Message::Count).await, Ok(1), "killed");
}

#[tokio::test(start_paused = true)]
async fn the_others_do_not_notice() {
    let watch = Watch::default();
    let (children, [dying, other]) = {
        let (a, dying) = probe("a", &watch);
        let (b, other) = probe("b", &watch);
        (vec![a, b], [dying, other])
    };
    let _tree = Tree::start(children, LIMIT).await.unwrap();
    other.ask(Message::Count).await.unwrap();
    dying.die(Death::Panic).await;
    dying.ask(Message::Count).await.unwrap();
    assert_eq!(other.ask(Message::Count).await, Ok(2));
    assert_eq!(watch.log(), ["start a", "start b", "start a"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn an_incarnation_starts_only_once_its_predecessor_is_over() {
    let watch = Watch::default();
    let (child, address) = probe("probe", &watch);
    let tree = Tree::start(vec![subtree("subtree", vec![child], LIMIT)], LIMIT).await.unwrap();
    let predecessor = address.cell().unwrap();
    let (release, until) = std::sync::mpsc::sync_channel(1);
    let (in_hand, is_in_hand) = tokio::sync::oneshot::channel();
    address.tell(|reply| Message::Block(in_hand, until, reply)).unwrap();
    is_in_hand.await.unwrap();
    assert!(tree.kill("subtree").await, "which cannot kill what holds its thread");
    while tree.status()[1].restarts == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(watch.log(), ["start probe"]);
    drop(release);
    predecessor.wait(None).await.unwrap();
    assert_eq!(address.ask(Message::Count).await, Ok(1));
    assert_eq!(watch.log(), ["start probe"]);
    assert_eq!(watch.alive_max(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_restart_is_tried_again_and_counts() {
    let watch = Watch::default();
    let (tree, address) = alone(&watch).await;
    watch.refuse_starts(2);
    tree.kill("probe").await;
    assert_eq!(address.ask(Message::Count).await, Ok(1));
    assert_eq!(watch.log(), ["start probe", "refuse probe", "refuse probe", "start probe"]);
    assert_eq!(tree.status()[0].restarts, 3);
    tree.kill("probe").await;
    tree.failed().await;
}

#[tokio::test(start_paused = true)]
async fn too_many_restarts_within_the_window_fail_the_tree() {
    let watch = Watch::default();
    let (child, address) = probe("probe", &watch);
    let (other, _) = probe("other", &watch);
    let tree = Tree::start(vec![other, child], LIMIT).await.unwrap();
    die_too_often(&address).await;
    let failed = tree.failed().await.to_string();
    assert_eq!(failed, "the supervision tree failed: more than 3 restarts within 60s");
    assert_eq!(address.ask(Message::Count).await, Err(Unavailable::Stopped));
    assert_eq!(watch.log().last().unwrap(), "stop other", "the others stop in order");
}

#[tokio::test(start_paused = true)]
async fn restarts_that_are_older_than_the_window_are_forgotten() {
    let (tree, address) = alone(&Watch::default()).await;
    for _ in 0..=LIMIT.restarts_max {
        address.die(Death::Error).await;
        address.ask(Message::Count).await.unwrap();
        tokio::time::advance(LIMIT.window / 2).await;
    }
    assert_eq!(address.ask(Message::Count).await, Ok(2));
    assert!(timeout(LIMIT.window, tree.failed()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn each_further_restart_of_a_child_waits_twice_as_long_up_to_the_window() {
    let limit = RestartLimit { restarts_max: 100, ..LIMIT };
    let mut state = State { slots: Vec::new(), limit, restarts: VecDeque::new() };
    let now = Instant::now();
    let mut wait = |child| state.wait_before_restart(child, now).unwrap().as_millis();
    assert_eq!([wait(0), wait(0), wait(0), wait(0)], [0, 100, 200, 400]);
    assert_eq!([wait(1), wait(1)], [0, 100], "each child for itself");
    assert_eq!((0..60).map(|_| wait(0)).max(), Some(LIMIT.window.as_millis()));
}

#[tokio::test(start_paused = true)]
async fn the_restarts_that_are_remembered_are_bounded() {
    let mut state = State { slots: Vec::new(), limit: LIMIT, restarts: VecDeque::new() };
    let now = Instant::now();
    let restarts = (0..100).filter(|child| state.wait_before_restart(*child, now).is_some());
    assert_eq!(restarts.count(), LIMIT.restarts_max);
    assert_eq!(state.restarts.len(), LIMIT.restarts_max);
}
