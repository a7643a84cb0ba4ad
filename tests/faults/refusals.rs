//! Refusals are told of on a bad day, too, or not at all: they slow no answer, outlive their actor, and fill nothing.

use std::time::Duration;

use flows::admin::refusals::RefusalFilter;
use protocol::paths;

use crate::world::{Answer, RelyingParty, Sent, World};

fn of(answer: &Answer) -> String {
    answer.text("refusal_id").unwrap_or_else(|| panic!("no id in {answer:?}"))
}

/// A refusal of somebody who has proved nothing.
fn by_stranger(party: &RelyingParty) -> Sent {
    Sent::post(paths::TOKEN).form(&[("client_id", &*party.id()), ("grant_type", "x")])
}

/// How many refusals an operator finds.
async fn kept(world: &World) -> usize {
    let (mut count, mut after) = (0, None);
    loop {
        let filter = RefusalFilter::default();
        let list =
            world.flows().refusals(&world.operator(), &filter, after.as_ref()).await.unwrap();
        count += list.items.len();
        match list.next {
            Some(next) => after = Some(next),
            None => return count,
        }
    }
}

#[tokio::test]
async fn what_one_node_refuses_is_found_at_another() {
    let world = World::new().await;
    let other = world.beside("other").await;
    let party = world.relying_party().await;
    let here = of(&party.refresh("unknown").await);
    let there = of(&other.send(party.refreshing("unknown")).await);
    assert_ne!(here, there);
    world.look().await.unwrap();
    assert_eq!(other.refusal(&here).await.reason, "refresh_token_unknown");
    other.look().await.unwrap();
    assert_eq!(world.refusal(&there).await.node, "other");
}

#[tokio::test]
async fn a_flood_of_strangers_fills_nothing_and_hides_no_refusal_of_a_client() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let answers = world.all_at_once(400, &by_stranger(&party)).await;
    let refused = answers.iter().filter(|answer| answer.status == 401);
    assert!(refused.clone().all(|answer| answer.error() == "invalid_client"));
    let by_client = of(&party.refresh("unknown").await);
    assert_eq!(world.refusal(&by_client).await.reason, "refresh_token_unknown");
    assert!(kept(&world).await <= 101, "a hundred at once, and the client's");
    world.advance(Duration::from_secs(1)).await;
    world.all_at_once(400, &by_stranger(&party)).await;
    assert!(kept(&world).await <= 111, "ten a second");
}

#[tokio::test]
async fn nobody_waits_for_a_store_that_takes_no_writes_and_what_was_refused_is_found_later() {
    let world = World::new().await;
    let party = world.relying_party().await;
    world.engine().take_no_writes();
    let answer = party.refresh("unknown").await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
    assert!(world.find_refusal(&of(&answer)).await.is_none());
    world.engine().come_back();
    world.look().await.unwrap();
    assert_eq!(world.refusal(&of(&answer)).await.reason, "refresh_token_unknown");
}

#[tokio::test]
async fn the_death_of_the_actor_loses_no_refusal() {
    let world = World::new().await;
    let party = world.relying_party().await;
    world.engine().take_no_writes();
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(of(&party.refresh("unknown").await));
    }
    world.kill("refusals").await;
    world.engine().come_back();
    for id in &ids {
        assert_eq!(world.refusal(id).await.reason, "refresh_token_unknown");
    }
    assert_eq!(kept(&world).await, ids.len());
}

#[tokio::test]
async fn an_answer_does_not_wait_for_its_refusal_to_be_written() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let mut held = world.engine().hold("refusals");
    let first = of(&party.refresh("unknown").await);
    held.reached().await;
    // While it is being written, others are refused as fast.
    let second = of(&party.refresh("unknown").await);
    held.release();
    for id in [first, second] {
        assert_eq!(world.refusal(&id).await.reason, "refresh_token_unknown");
    }
}
