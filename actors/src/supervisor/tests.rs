//! What the rest of the program may rely on when actors die, stop and look.

use std::num::NonZeroUsize;

use tokio::{join, time::timeout};

use super::{
    probe::{Death, LIMIT, Message, Watch, looking_probe, probe, sharded_probe},
    *,
};
use crate::{Address, Unavailable};

mod looks;
mod restarts;
mod stops;
mod subtrees;

async fn alone(watch: &Watch) -> (Tree, Address<Message>) {
    let (child, address) = probe("probe", watch);
    (Tree::start(vec![child], LIMIT).await.unwrap(), address)
}

/// Has the probe die once more than its supervisor allows.
async fn die_too_often(address: &Address<Message>) {
    for _ in 0..=LIMIT.restarts_max {
        address.ask(Message::Count).await.unwrap();
        address.die(Death::Error).await;
    }
}

#[tokio::test(start_paused = true)]
async fn children_start_in_order_and_stop_in_reverse() {
    let watch = Watch::default();
    let children = ["a", "b", "c"].map(|name| probe(name, &watch).0).into();
    let tree = Tree::start(children, LIMIT).await.unwrap();
    assert_eq!(watch.log(), ["start a", "start b", "start c"]);
    tree.stop().await;
    assert_eq!(watch.log(), ["stop c", "stop b", "stop a"]);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_refuses_its_first_start_fails_the_start_and_leaves_nothing_behind() {
    let (good, bad) = (Watch::default(), Watch::default());
    bad.refuse_starts(1);
    let (first, address) = probe("first", &good);
    let (second, _) = probe("second", &bad);
    let error = Tree::start(vec![first, second], LIMIT).await.unwrap_err();
    assert_eq!(error, StartError::Child("second: told to refuse".into()));
    assert_eq!(good.log(), ["start first", "stop first"]);
    assert_eq!(address.ask(Message::Count).await, Err(Unavailable::Stopped));
}

#[tokio::test(start_paused = true)]
async fn a_child_that_does_not_come_to_an_end_of_its_start_fails_the_start() {
    let watch = Watch::default();
    watch.hang_starts();
    let error = Tree::start(vec![probe("probe", &watch).0], LIMIT).await.unwrap_err();
    assert_eq!(error, StartError::Child("probe: not within 10s".into()));
}

#[tokio::test(start_paused = true)]
async fn two_children_of_one_name_are_refused() {
    let watch = Watch::default();
    let children = vec![probe("same", &watch).0, probe("same", &watch).0];
    let error = Tree::start(children, LIMIT).await.unwrap_err();
    assert_eq!(error, StartError::SameName("same".into()));
    assert!(watch.log().is_empty());
}

#[tokio::test(start_paused = true)]
async fn two_trees_with_the_same_names_live_in_one_process() {
    let watch = Watch::default();
    let (_first_tree, first) = alone(&watch).await;
    let (_second_tree, second) = alone(&watch).await;
    assert_eq!(first.ask(Message::Count).await, Ok(1));
    assert_eq!(second.ask(Message::Count).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn the_status_tells_what_each_child_does() {
    let (first, second) = (Watch::default(), Watch::default());
    let (one, dying) = probe("one", &first);
    let (two, busy) = probe("two", &second);
    let tree = Tree::start(vec![one, two], LIMIT).await.unwrap();
    let _held = busy.hold();
    tree.kill("one").await;
    dying.ask(Message::Count).await.unwrap();
    tree.kill("one").await;
    let seen = |name: &str, state, restarts, waiting| ChildStatus {
        name: name.into(),
        state,
        restarts,
        waiting,
    };
    let two = seen("two", ChildState::Running, 0, 1);
    assert_eq!(tree.status(), [seen("one", ChildState::Restarting, 1, 0), two.clone()]);
    dying.ask(Message::Count).await.unwrap();
    assert_eq!(tree.status(), [seen("one", ChildState::Running, 2, 0), two]);
    tree.stop().await;
    assert!(tree.status().iter().all(|child| child.state == ChildState::Stopped));
}

#[tokio::test(start_paused = true)]
async fn only_a_child_of_the_tree_can_be_killed() {
    let (tree, _) = alone(&Watch::default()).await;
    assert!(!tree.kill("nobody").await);
    assert!(tree.kill("probe").await);
}

#[tokio::test(start_paused = true)]
async fn a_key_stays_with_its_shard_and_one_shard_dies_alone() {
    let watch = Watch::default();
    let (children, shards) = sharded_probe(NonZeroUsize::new(4).unwrap(), &watch);
    let tree = Tree::start(children, LIMIT).await.unwrap();
    let names: Vec<_> = tree.status().into_iter().map(|child| child.name).collect();
    assert_eq!(names, ["probe/0", "probe/1", "probe/2", "probe/3"]);
    for key in 0..100 {
        shards.of(&key).ask(Message::Count).await.unwrap();
    }
    let mut counts = [0; 4];
    for (count, shard) in counts.iter_mut().zip(shards.iter()) {
        *count = shard.ask(Message::Count).await.unwrap();
    }
    assert_eq!(counts.iter().sum::<u32>(), 100 + 4);
    assert!(counts.iter().all(|count| *count > 1), "each has its part: {counts:?}");
    tree.kill("probe/2").await;
    for (index, shard) in shards.iter().enumerate() {
        let expected = if index == 2 { 1 } else { counts[index] + 1 };
        assert_eq!(shard.ask(Message::Count).await, Ok(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn a_single_shard_has_every_key() {
    let (children, shards) = sharded_probe(NonZeroUsize::MIN, &Watch::default());
    let _tree = Tree::start(children, LIMIT).await.unwrap();
    assert_eq!(shards.of("any").ask(Message::Count).await, Ok(1));
    assert_eq!(shards.of("other").ask(Message::Count).await, Ok(2));
}
