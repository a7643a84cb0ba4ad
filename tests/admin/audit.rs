//! The audit log, looked through: what was answered before is in it, once, on whichever node it happened.

mod stream;

use std::{collections::BTreeSet, time::Duration};

use protocol::{
    AccountId,
    event::{Act, Actor, Event, Personal},
    permission::Permission,
};
use serde_json::Value;

use super::{Caller, is_problem};
use crate::world::World;

/// So many nodes start on `world`, a millisecond apart.
async fn happen(world: &World, count: usize, account_id: Option<AccountId>) {
    for _ in 0..count {
        let personal = Personal { address: Some([192, 0, 2, 7].into()), ..Personal::default() };
        let (act, actor) = (Act::NodeStarted, Actor::Node);
        let event = Event { actor, act, account_id, client_id: None, request_id: None, personal };
        let mut batch = world.store().batch();
        let recorded = world.flows().events.record(&world.realm(), &mut batch, event).await;
        recorded.expect("it is recorded");
        world.store().commit(batch).await.expect("it is written");
        world.pass(Duration::from_millis(1));
    }
}

/// Everything that fits `query`, page by page.
async fn all(caller: &Caller, query: &str) -> Vec<Value> {
    let (mut items, mut after) = (Vec::new(), String::new());
    loop {
        let answer = caller.get(&format!("/audit?{query}{after}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let page = answer.json();
        let found = page["items"].as_array().expect("items");
        assert!(found.len() <= 100);
        items.extend(found.iter().cloned());
        let Some(next) = page["next"].as_str() else { return items };
        after = format!("&after={next}");
    }
}

fn acts(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["act"].as_str().expect("an act")).collect()
}

fn ids(items: &[Value]) -> BTreeSet<&str> {
    let ids: BTreeSet<_> = items.iter().map(|item| item["event_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), items.len(), "an event is told twice");
    ids
}

#[tokio::test]
async fn what_was_answered_a_moment_ago_is_on_top() {
    let world = World::new().await;
    let (admin, alice) = (world.admin().await, world.person("alice").await);
    let party = world.relying_party().await;
    let mut browser = world.browser();
    world.pass(Duration::from_millis(1));
    let page = browser.look_at(&party.ask().url()).await;
    browser.log_in(&page, &alice.username, "wrong").await.page();
    let top = admin.get("/audit").await.json()["items"][0].clone();
    assert_eq!(top["act"], "sign_in_refused", "{top}");
    assert_eq!(top["details"]["reason"], "wrong_password");
    assert_eq!(top["account_id"], alice.account_id.to_string());
    assert_eq!((&top["user_agent"], &top["erased"]), (&"World/1.0".into(), &false.into()));
    assert_eq!(top["address"], browser.address.to_string());
}

#[tokio::test]
async fn each_thing_that_is_looked_for_finds_its_own_and_together_they_narrow() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let (one, other) = (world.relying_party().await, world.relying_party().await);
    for (party, person) in [(&one, &alice), (&one, &bob), (&other, &alice)] {
        world.pass(Duration::from_secs(1));
        party.sign_in(&mut world.browser(), person).await;
    }
    let redeemed = all(&admin, "act=code_redeemed").await;
    assert_eq!(redeemed.len(), 3);
    let whose = |items: &[Value]| {
        let whose = |item: &Value| {
            let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
            (text("client_id"), text("account_id"))
        };
        items.iter().map(whose).collect::<Vec<_>>()
    };
    let (alice_id, one_id) = (alice.account_id.to_string(), one.id());
    assert!(
        whose(&all(&admin, &format!("account_id={alice_id}")).await)
            .iter()
            .all(|(_, id)| *id == alice_id)
    );
    assert!(
        whose(&all(&admin, &format!("client_id={one_id}")).await)
            .iter()
            .all(|(id, _)| *id == one_id)
    );
    let both = format!("account_id={alice_id}&client_id={one_id}&act=code_redeemed");
    assert_eq!(whose(&all(&admin, &both).await), [(one_id.clone(), alice_id.clone())]);
    let by_client = all(&admin, &format!("actor={one_id}")).await;
    assert_eq!(acts(&by_client), ["code_redeemed", "code_redeemed"]);
    let by_person = all(&admin, &format!("actor={}&act=signed_in", bob.account_id)).await;
    assert_eq!(by_person.len(), 1);
    let request_id = redeemed[0]["request_id"].as_str().unwrap();
    let by_request = all(&admin, &format!("request_id={request_id}")).await;
    assert!(ids(&by_request).contains(redeemed[0]["event_id"].as_str().unwrap()));
    let second = redeemed[1]["at"].as_str().unwrap();
    let until_second = all(&admin, &format!("act=code_redeemed&to={second}")).await;
    assert_eq!(ids(&until_second), ids(&redeemed[2..]), "`to` is not in the window");
    let from_second = all(&admin, &format!("act=code_redeemed&from={second}")).await;
    assert_eq!(ids(&from_second), ids(&redeemed[..2]), "`from` is in the window");
}

#[tokio::test]
async fn pages_go_on_where_they_stopped_whatever_is_sealed_or_happens_meanwhile() {
    let world = World::new().await;
    let admin = world.admin().await;
    happen(&world, 130, None).await;
    let first = admin.get("/audit?act=node_started").await.json();
    happen(&world, 7, None).await;
    world.look().await.unwrap();
    let next = first["next"].as_str().expect("there is more");
    let second = admin.get(&format!("/audit?act=node_started&after={next}")).await.json();
    assert!(second["next"].is_null(), "{second}");
    let items: Vec<_> = [&first, &second]
        .into_iter()
        .flat_map(|page| page["items"].as_array().unwrap().clone())
        .collect();
    assert_eq!(ids(&items).len(), 130);
    let sequence = |item: &Value| item["sequence"].as_u64().expect("it is sealed");
    assert!(items.is_sorted_by(|one, other| sequence(one) > sequence(other)));
    assert_eq!(all(&admin, "act=node_started").await.len(), 137);
    for query in ["", "act=signed_in&"] {
        let elsewhere = admin.get(&format!("/audit?{query}after={next}")).await;
        is_problem(&elsewhere, 400, "malformed_request");
    }
}

#[tokio::test]
async fn what_happens_on_two_nodes_is_told_once_sealed_or_not() {
    let world = World::new().await;
    let (admin, beside) = (world.admin().await, world.beside("second").await);
    for round in 1..=10 {
        happen(&world, 1, None).await;
        happen(&beside, 1, None).await;
        // Sealed here, and there perhaps.
        let items = all(&admin, "actor=node&act=node_started").await;
        assert_eq!(ids(&items).len(), 2 * round);
        beside.kill("audit").await;
    }
    let nodes = |items: &[Value]| {
        items.iter().map(|item| item["node"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    assert_eq!(nodes(&all(&admin.at(&beside), "act=node_started").await).len(), 2);
}

#[tokio::test]
async fn of_an_erased_account_nothing_personal_is_shown() {
    let world = World::new().await;
    let (admin, alice) = (world.admin().await, world.person("alice").await);
    world.relying_party().await.sign_in(&mut world.browser(), &alice).await;
    let of_alice = format!("account_id={}", alice.account_id);
    let before = all(&admin, &of_alice).await;
    assert!(before.iter().any(|item| item["address"].is_string()));
    world.erase(&alice).await;
    let after = all(&admin, &of_alice).await;
    assert_eq!(after.len(), before.len() + 1, "the erasure is told too");
    for item in &after {
        assert_eq!(item["erased"], true, "{item}");
        assert!(item["address"].is_null() && item["user_agent"].is_null(), "{item}");
    }
}

#[tokio::test]
async fn nothing_that_is_sent_becomes_part_of_a_query() {
    let world = World::new().await;
    let admin = world.admin().await;
    happen(&world, 3, None).await;
    for name in ["act", "account_id", "client_id", "actor", "request_id", "from", "to", "after"] {
        for value in ["", "%27%20OR%201=1", "all:", "node%00", "..%2F", "a%3Ab", "%F0%9F%92%A9"] {
            let answer = admin.get(&format!("/audit?{name}={value}")).await;
            is_problem(&answer, 400, "malformed_request");
        }
        let twice = admin.get(&format!("/audit?{name}=a&{name}=a")).await;
        is_problem(&twice, 400, "malformed_request");
    }
}

#[tokio::test]
async fn only_who_may_read_the_audit_log_does() {
    let world = World::new().await;
    let admin = world.admin().await;
    let others = admin.without(Permission::AuditRead).await;
    for path in ["/audit", "/audit/stream"] {
        is_problem(&others.get(path).await, 403, "insufficient_permission");
        is_problem(&others.presenting("nobody").get(path).await, 401, "invalid_token");
    }
    assert_eq!(admin.with(&[Permission::AuditRead]).await.get("/audit").await.status, 200);
}
