//! Trees that stop, and trees that are let go.

use super::*;

#[tokio::test(start_paused = true)]
async fn stopping_finishes_what_is_queued() {
    let (tree, address) = alone(&Watch::default()).await;
    let held = address.hold();
    let (first, second, (), ()) = join!(
        biased;
        address.ask(Message::Count),
        address.ask(Message::Count),
        tree.stop(),
        async { drop(held) },
    );
    assert_eq!((first, second), (Ok(1), Ok(2)));
}

#[tokio::test(start_paused = true)]
async fn a_child_that_does_not_finish_in_time_is_killed_and_the_others_still_stop_in_order() {
    let watch = Watch::default();
    let (children, [_, stuck, _]) = {
        let (a, a_address) = probe("a", &watch);
        let (b, b_address) = probe("b", &watch);
        let (c, c_address) = probe("c", &watch);
        (vec![a, b, c], [a_address, b_address, c_address])
    };
    let tree = Tree::start(children, LIMIT).await.unwrap();
    let _held = stuck.hold();
    watch.log();
    let stopped_at = Instant::now();
    tree.stop().await;
    assert_eq!(watch.log(), ["stop c", "stop a"]);
    assert_eq!(stopped_at.elapsed(), LIMIT.drain);
    assert_eq!(stuck.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_asks_while_the_tree_stops_hears_at_once() {
    let (tree, address) = alone(&Watch::default()).await;
    let _held = address.hold();
    let asked = async {
        tokio::task::yield_now().await;
        let asked_at = Instant::now();
        (address.ask(Message::Count).await, asked_at.elapsed())
    };
    let ((), answer) = join!(biased; tree.stop(), asked);
    assert_eq!(answer, (Err(Unavailable::Stopped), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_restart_that_is_due_does_not_hold_up_the_stop() {
    let (tree, address) = alone(&Watch::default()).await;
    tree.kill("probe").await;
    address.ask(Message::Count).await.unwrap();
    tree.kill("probe").await;
    let stopped_at = Instant::now();
    tree.stop().await;
    assert_eq!(stopped_at.elapsed(), Duration::ZERO);
    assert_eq!(address.ask(Message::Count).await, Err(Unavailable::Stopped));
}

#[tokio::test(start_paused = true)]
async fn to_stop_is_not_to_fail() {
    let (tree, _) = alone(&Watch::default()).await;
    tree.stop().await;
    assert!(timeout(LIMIT.window, tree.failed()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_tree_can_be_stopped_twice() {
    let (tree, _) = alone(&Watch::default()).await;
    join!(tree.stop(), tree.stop());
    tree.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_root_that_ends_without_a_word_is_a_failure() {
    let (tree, address) = alone(&Watch::default()).await;
    address.cell().unwrap().try_get_supervisor().unwrap().kill();
    let failed = tree.failed().await.to_string();
    assert_eq!(failed, "the supervision tree failed: its root ended without a word");
    assert_eq!(address.ask(Message::Count).await, Err(Unavailable::Stopped));
}

#[tokio::test(start_paused = true)]
async fn a_tree_that_is_dropped_is_killed() {
    let watch = Watch::default();
    let (tree, address) = alone(&watch).await;
    let cell = address.cell().unwrap();
    drop(tree);
    cell.wait(Some(KILL_MAX)).await.unwrap();
    assert_eq!(address.ask(Message::Count).await, Err(Unavailable::Stopped));
    assert_eq!(watch.log(), ["start probe"], "killed, not stopped");
}
