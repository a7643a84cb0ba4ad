//! Timers, which only say *look*.

use super::*;

const INTERVAL: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn a_child_looks_once_it_has_started_and_then_in_its_interval() {
    let watch = Watch::default();
    let (child, _address) = looking_probe("probe", &watch);
    let _tree = Tree::start(vec![child], LIMIT).await.unwrap();
    tokio::time::sleep(INTERVAL / 2).await;
    assert_eq!(watch.log(), ["start probe", "look probe"]);
    tokio::time::sleep(INTERVAL * 3).await;
    assert_eq!(watch.log(), ["look probe"; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_restarted_child_looks_at_once_and_keeps_its_timer() {
    let watch = Watch::default();
    let (child, address) = looking_probe("probe", &watch);
    let tree = Tree::start(vec![child], LIMIT).await.unwrap();
    address.ask(Message::Count).await.unwrap();
    watch.log();
    tree.kill("probe").await;
    tokio::time::sleep(INTERVAL + INTERVAL / 2).await;
    assert_eq!(watch.log(), ["start probe", "look probe", "look probe"]);
}

#[tokio::test(start_paused = true)]
async fn to_look_is_to_wait_until_every_child_has_looked_in_start_order() {
    let watch = Watch::default();
    let first = looking_probe("first", &watch).0;
    let (without_timer, _) = probe("without timer", &watch);
    let below = subtree("subtree", vec![looking_probe("second", &watch).0], LIMIT);
    let tree = Tree::start(vec![first, without_timer, below], LIMIT).await.unwrap();
    tree.look().await.unwrap();
    watch.log();
    tree.look().await.unwrap();
    assert_eq!(watch.log(), ["look first", "look second"]);
}

#[tokio::test(start_paused = true)]
async fn looks_do_not_pile_up_before_a_busy_child() {
    let watch = Watch::default();
    let (child, address) = looking_probe("probe", &watch);
    let _tree = Tree::start(vec![child], LIMIT).await.unwrap();
    address.ask(Message::Count).await.unwrap();
    watch.log();
    let held = address.hold();
    tokio::time::sleep(INTERVAL * 100 + INTERVAL / 2).await;
    drop(held);
    address.ask(Message::Count).await.unwrap();
    assert_eq!(watch.log(), ["look probe"]);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_does_not_keep_a_child_from_looking() {
    let watch = Watch::default();
    let (child, address) = looking_probe("probe", &watch);
    let tree = Tree::start(vec![child], LIMIT).await.unwrap();
    let held = address.hold();
    while address.tell(Message::Count).is_ok() {}
    let (looked, ()) = join!(biased; tree.look(), async { drop(held) });
    assert_eq!(looked, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn to_look_says_when_a_child_could_not() {
    let (child, address) = looking_probe("probe", &Watch::default());
    let tree = Tree::start(vec![child], LIMIT).await.unwrap();
    let _held = address.hold();
    assert_eq!(tree.look().await, Err(Unavailable::TimedOut));
    tree.stop().await;
    assert_eq!(tree.look().await, Err(Unavailable::Stopped));
}
