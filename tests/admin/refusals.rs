//! Refusals, as operators look them up: by the id that somebody was shown, or one after another.

use protocol::permission::Permission;

use super::{anonymous, is_problem};
use crate::world::{RelyingParty, World};

/// Asks with a redirect URI that is nearly registered; the id of the refusal, as the page shows it.
async fn refused_at_authorize(world: &World, party: &RelyingParty) -> String {
    let ask = party.ask().set("redirect_uri", "https://client.example/cb/");
    let page = world.browser().look_at(&ask.url()).await;
    assert_eq!(page.id, "error-page");
    let id = page
        .words
        .split_whitespace()
        .find(|word| word.parse::<protocol::refusal::RefusalId>().is_ok());
    id.expect("the page names the refusal").to_owned()
}

#[tokio::test]
async fn what_a_page_shows_by_a_number_an_operator_sees_character_by_character() {
    let world = World::new().await;
    let (admin, party) = (world.admin().await, world.relying_party().await);
    let id = refused_at_authorize(&world, &party).await;
    for node in [&world, &world.beside("second").await] {
        let found = admin.at(node).get(&format!("/refusals/{id}")).await;
        assert_eq!(found.status, 200, "{found:?}");
        let refusal = found.json();
        assert_eq!(
            (&refusal["request_id"], &refusal["client_id"]),
            (&id.clone().into(), &party.id().into())
        );
        assert_eq!(
            (&refusal["endpoint"], &refusal["reason"]),
            (&"authorize".into(), &"redirect_uri_not_registered".into())
        );
        let compared = &refusal["compared"][0];
        assert_eq!(compared["nearest"], "https://client.example/cb");
        assert_eq!(compared["difference"][1]["kind"], "surplus");
        assert_eq!(compared["difference"][1]["text"], "/");
    }
}

#[tokio::test]
async fn a_refusal_at_the_token_endpoint_is_found_by_what_the_client_was_told_and_shows_no_secret()
{
    let world = World::new().await;
    let (admin, party) = (world.admin().await, world.relying_party().await);
    let secret = "this-is-a-secret-of-somebody";
    let refused = world.send(party.refreshing(secret)).await;
    assert_eq!(refused.error(), "invalid_grant");
    let id = refused.text("refusal_id").expect("an id");
    let found = admin.get(&format!("/refusals/{id}")).await;
    assert_eq!((found.status, &found.json()["endpoint"]), (200, &"token".into()), "{found:?}");
    assert!(!found.body.contains(secret) && !found.body.contains(&party.secret));
}

#[tokio::test]
async fn refusals_are_listed_the_latest_first_and_narrowed() {
    let world = World::new().await;
    let (admin, party) = (world.admin().await, world.relying_party().await);
    let other = world.relying_party().await;
    let first = refused_at_authorize(&world, &party).await;
    world.pass(std::time::Duration::from_secs(1));
    let second = refused_at_authorize(&world, &other).await;
    world.pass(std::time::Duration::from_secs(1));
    let third = world.send(party.refreshing("nothing")).await.text("refusal_id").unwrap();
    let listed = async |query: &str| {
        let answer = admin.get(&format!("/refusals{query}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let items = answer.json()["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["request_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed("").await, [third.clone(), second.clone(), first.clone()]);
    assert_eq!(listed("?endpoint=authorize").await, [second, first.clone()]);
    let of_party = format!("?client_id={}", party.id());
    assert_eq!(listed(&of_party).await, [third, first.clone()]);
    let narrowed = format!("{of_party}&reason=redirect_uri_not_registered&endpoint=authorize");
    assert_eq!(listed(&narrowed).await, [first]);
}

#[tokio::test]
async fn who_may_not_read_the_audit_log_learns_not_even_whether_there_is_one() {
    let world = World::new().await;
    let (admin, party) = (world.admin().await, world.relying_party().await);
    let id = refused_at_authorize(&world, &party).await;
    let alice = world.person("alice").await;
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    let others = admin.without(Permission::AuditRead).await;
    for id in [id.as_str(), "00000000000000000000000000000000", "x"] {
        let path = format!("/refusals/{id}");
        is_problem(&others.get(&path).await, 403, "insufficient_permission");
        is_problem(&admin.presenting(&tokens.access_token).get(&path).await, 401, "invalid_token");
    }
    is_problem(&others.get("/refusals").await, 403, "insufficient_permission");
}

#[tokio::test]
async fn what_is_malformed_and_what_is_unknown_are_the_same() {
    let world = World::new().await;
    let admin = world.admin().await;
    let unknown = admin.get("/refusals/00000000000000000000000000000000").await;
    is_problem(&unknown, 404, "not_found");
    for id in ["x", "%27%20OR%201=1", "0000000000000000000000000000000G", "..%2f..%2fx"] {
        let answer = admin.get(&format!("/refusals/{id}")).await;
        is_problem(&answer, 404, "not_found");
        assert_eq!(anonymous(&answer), anonymous(&unknown));
    }
    for query in
        ["client_id=x", "endpoint=%27", "reason=A", "from=x", "to=1", "after=x", "endpoint="]
    {
        is_problem(&admin.get(&format!("/refusals?{query}")).await, 400, "malformed_request");
    }
}
