//! Refusals are told of on a bad day, too, or not at all: they slow no answer, outlive their actor, and fill nothing.

use std::{net::IpAddr, time::Duration};

use flows::admin::refusals::RefusalFilter;
use protocol::{event::Act, paths, refusal::RefusalId};

use crate::world::{Answer, Ask, Browser, RelyingParty, Sent, World};

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

/// Whether a refusal is found, and told of in the audit log.
async fn is_told(world: &World, id: &str) -> (bool, bool) {
    let is_found = world.find_refusal(id).await.is_some();
    let events = world.events().await;
    let is_of_it = |request_id: &Option<String>| request_id.as_deref() == Some(id);
    (is_found, events.iter().any(|event| is_of_it(&event.request_id)))
}

/// What the client is told at the end of an authorization request that is refused, and the id of the refusal.
async fn refused(browser: &mut Browser, ask: &Ask) -> (String, String) {
    let callback = browser.open(&ask.url()).await.callback();
    let words = callback.get("error_description").expect("a description");
    let id = words.split([' ', ')']).find(|word| word.parse::<RefusalId>().is_ok());
    (callback.error().to_owned(), id.expect("an id").to_owned())
}

#[tokio::test]
async fn a_flood_from_one_address_hides_no_refusal_at_another() {
    let world = World::new().await;
    let party = world.relying_party().await;
    world.all_at_once(500, &by_stranger(&party)).await;
    let elsewhere = |network| IpAddr::from([203, 0, network, 9]);
    let mut told = 0;
    for network in 0..4 {
        let id = of(&world.send(by_stranger(&party).from(elsewhere(network))).await);
        told += usize::from(is_told(&world, &id).await == (true, true));
    }
    // By chance one may have the share of whoever floods.
    assert!(told >= 3, "{told}");
}

#[tokio::test]
async fn a_client_that_does_not_give_up_hides_no_refusal_of_another() {
    let world = World::new().await;
    let party = world.relying_party().await;
    world.all_at_once(1_000, &party.refreshing("unknown")).await;
    let mut told = 0;
    for _ in 0..4 {
        let id = of(&world.relying_party().await.refresh("unknown").await);
        told += usize::from(is_told(&world, &id).await == (true, true));
    }
    assert!(told >= 3, "{told}");
}

#[tokio::test]
async fn what_prompt_none_is_answered_hides_nothing_and_is_told_to_no_audit_log() {
    let world = World::new().await;
    let (party, alice) = (world.relying_party().await, world.person("alice").await);
    let silent = party.ask().set("prompt", "none");
    let mut browser = world.browser();
    let (error, first) = refused(&mut browser, &silent).await;
    assert_eq!(error, "login_required");
    for _ in 0..300 {
        refused(&mut browser, &silent).await;
    }
    let (_, other) = refused(&mut browser, &party.ask().set("scope", "openid_")).await;
    party.sign_in(&mut browser, &alice).await;
    let more = party.ask_for("openid email").set("prompt", "none");
    let (error, consent) = refused(&mut browser, &more).await;
    assert_eq!(error, "consent_required");
    assert_eq!(is_told(&world, &first).await, (true, false));
    assert_eq!(is_told(&world, &other).await, (true, true));
    assert!(!is_told(&world, &consent).await.1);
    let refused = world.events().await;
    let refused = refused.iter().filter(|event| matches!(event.act, Act::Refused { .. }));
    assert_eq!(refused.count(), 1);
}
