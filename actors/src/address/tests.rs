//! What who asks an actor may rely on.

use tokio::{join, sync::oneshot, task::JoinSet};

use super::*;
use crate::{
    Tree,
    supervisor::probe::{Death, LIMIT, Message, QUEUE, Watch, probe},
};

async fn alone() -> (Tree, Address<Message>) {
    let (child, address) = probe("probe", &Watch::default());
    (Tree::start(vec![child], LIMIT).await.unwrap(), address)
}

#[tokio::test(start_paused = true)]
async fn an_ask_is_answered() {
    let (_tree, address) = alone().await;
    assert_eq!(address.ask(Message::Count).await, Ok(1));
    assert_eq!(address.clone().ask(Message::Count).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn one_request_more_than_the_queue_holds_is_refused_as_busy() {
    let (_tree, address) = alone().await;
    let held = address.hold();
    for _ in 1..QUEUE.length_max {
        address.tell(Message::Count).unwrap();
    }
    assert_eq!(address.ask(Message::Count).await, Err(Unavailable::Busy));
    assert_eq!(address.tell(Message::Count), Err(Unavailable::Busy));
    drop(held);
    assert_eq!(address.ask_patiently(Message::Count).await, Ok(4));
}

#[tokio::test(start_paused = true)]
async fn what_is_told_is_carried_out() {
    let (_tree, address) = alone().await;
    address.tell(Message::Count).unwrap();
    assert_eq!(address.ask(Message::Count).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn a_place_is_free_again_once_the_reply_is_sent_or_dropped() {
    let (_tree, address) = alone().await;
    address.ask(Message::Count).await.unwrap();
    assert_eq!(address.waiting(), 0);
    assert_eq!(address.ask(Message::Ignore).await, Err(Unavailable::Stopped));
    assert_eq!(address.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_ask_ends_at_its_deadline_and_keeps_its_place_until_the_actor_is_done_with_it() {
    let (_tree, address) = alone().await;
    let held = address.hold();
    let asked_at = Instant::now();
    assert_eq!(address.ask(Message::Count).await, Err(Unavailable::TimedOut));
    assert_eq!(asked_at.elapsed(), QUEUE.deadline);
    assert_eq!(address.waiting(), 2);
    drop(held);
    assert_eq!(address.ask(Message::Count).await, Ok(2), "it was carried out all the same");
    assert_eq!(address.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_actor_sees_that_its_caller_has_gone_away() {
    let (_tree, address) = alone().await;
    let held = address.hold();
    let (answer, is_abandoned) = oneshot::channel();
    let asked = address.ask(|reply| Message::IsAbandoned(reply, answer));
    assert!(timeout(Duration::from_millis(1), asked).await.is_err(), "the caller gives up");
    drop(held);
    assert!(is_abandoned.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn what_is_told_is_never_abandoned() {
    let (_tree, address) = alone().await;
    let (answer, is_abandoned) = oneshot::channel();
    address.tell(|reply| Message::IsAbandoned(reply, answer)).unwrap();
    assert!(!is_abandoned.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn who_waits_in_the_mailbox_of_a_killed_actor_hears_at_once() {
    let (tree, address) = alone().await;
    let _held = address.hold();
    let killed_at = Instant::now();
    let (first, second, _) = join!(
        biased;
        address.ask(Message::Count),
        address.ask(Message::Count),
        tree.kill("probe"),
    );
    assert_eq!([first, second], [Err(Unavailable::Stopped); 2]);
    assert_eq!(killed_at.elapsed(), Duration::ZERO);
    assert_eq!(address.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_kept_reply_keeps_its_place_and_dies_with_the_actor() {
    let (tree, address) = alone().await;
    address.tell(Message::Keep).unwrap();
    let kept = address.ask(Message::Keep);
    let killed = async {
        address.ask(Message::Count).await.unwrap();
        assert_eq!(address.waiting(), 2);
        tree.kill("probe").await;
    };
    let (answer, ()) = join!(biased; kept, killed);
    assert_eq!(answer, Err(Unavailable::Stopped));
    assert_eq!(address.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn whose_request_kills_the_actor_hears_at_once_and_the_next_is_answered() {
    for death in [Death::Error, Death::Panic, Death::ByItself] {
        let (_tree, address) = alone().await;
        let died_at = Instant::now();
        let answer = address.ask(|reply| Message::Die(death, reply)).await;
        assert_eq!(answer, Err(Unavailable::Stopped), "{death:?}");
        assert_eq!(died_at.elapsed(), Duration::ZERO, "{death:?}");
        assert_eq!(address.ask_patiently(Message::Count).await, Ok(1), "{death:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_ask_during_a_restart_waits_for_the_next_incarnation() {
    let (tree, address) = alone().await;
    tree.kill("probe").await;
    address.ask(Message::Count).await.unwrap();
    tree.kill("probe").await;
    let asked_at = Instant::now();
    assert_eq!(address.ask(Message::Count).await, Ok(1));
    assert!(asked_at.elapsed() >= LIMIT.backoff, "the second restart is not at once");
}

#[tokio::test(start_paused = true)]
async fn an_ask_waits_no_longer_for_the_next_incarnation_than_its_deadline() {
    let watch = Watch::default();
    let (child, address) = probe("probe", &watch);
    let limit = crate::RestartLimit { backoff: QUEUE.deadline * 2, ..LIMIT };
    let tree = Tree::start(vec![child], limit).await.unwrap();
    watch.refuse_starts(1);
    tree.kill("probe").await;
    let asked_at = Instant::now();
    assert_eq!(address.ask(Message::Count).await, Err(Unavailable::TimedOut));
    assert_eq!(asked_at.elapsed(), QUEUE.deadline);
    assert_eq!(address.waiting(), 0, "nobody took the request");
}

#[tokio::test(start_paused = true)]
async fn a_tell_does_not_wait_for_the_next_incarnation() {
    let (tree, address) = alone().await;
    tree.kill("probe").await;
    address.ask(Message::Count).await.unwrap();
    tree.kill("probe").await;
    assert_eq!(address.tell(Message::Count), Err(Unavailable::Stopped));
    assert_eq!(address.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_asks_after_the_tree_has_stopped_hears_at_once() {
    let (tree, address) = alone().await;
    tree.stop().await;
    let asked_at = Instant::now();
    assert_eq!(address.ask(Message::Count).await, Err(Unavailable::Stopped));
    assert_eq!(address.tell(Message::Count), Err(Unavailable::Stopped));
    assert_eq!(asked_at.elapsed(), Duration::ZERO);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_ask_ends_while_the_actor_is_killed_again_and_again() {
    let (child, address) = probe("probe", &Watch::default());
    let limit = crate::RestartLimit { restarts_max: 1_000, backoff: Duration::ZERO, ..LIMIT };
    let tree = Tree::start(vec![child], limit).await.unwrap();
    let mut callers = JoinSet::new();
    for _ in 1..QUEUE.length_max {
        let address = address.clone();
        callers.spawn(async move {
            for _ in 0..500 {
                let answer = address.ask(Message::Count).await;
                assert!(matches!(answer, Ok(_) | Err(Unavailable::Stopped)), "{answer:?}");
            }
        });
    }
    for _ in 0..100 {
        assert!(tree.kill("probe").await);
        address.ask_patiently(Message::Look).await.ok();
    }
    while let Some(caller) = callers.join_next().await {
        caller.unwrap();
    }
    assert!(address.ask(Message::Count).await.is_ok());
    assert_eq!(address.waiting(), 0);
}
