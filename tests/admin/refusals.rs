//! Refusals, as operators look them up: by the id that somebody was shown, or one after another.

use protocol::{
    client::{AccessTokenFormat, Client},
    permission::Permission,
};
use serde_json::{Value, json};

use super::{Caller, anonymous, clients::application, is_problem};
use crate::world::{Answer, RelyingParty, World};

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

/// Who was refused, as the audit log has it, and whether it is kept as that of somebody who proved who they are.
async fn told(admin: &Caller, answer: &Answer) -> (Value, Value) {
    let id = answer.text("request_id").or(answer.text("refusal_id")).expect("an id");
    let refusal = admin.get(&format!("/refusals/{id}")).await;
    assert_eq!(refusal.status, 200, "{refusal:?}");
    let events = admin.get(&format!("/audit?act=refused&request_id={id}")).await.json();
    let events = events["items"].as_array().expect("items");
    assert_eq!(events.len(), 1, "{answer:?}");
    (events[0]["actor"].clone(), refusal.json()["is_proved"].clone())
}

#[tokio::test]
async fn whatever_an_operator_is_refused_is_told_of_them() {
    let world = World::new().await;
    let admin = world.admin().await;
    let writer = admin.with(&[Permission::ClientsWrite, Permission::OperatorsWrite]).await;
    let client = admin.post("/clients", &application()).await.text("client_id").unwrap();
    let path = format!("/clients/{client}");
    let more = json!({ "name": "More", "permissions": ["keys:write"] });
    // Strangers at the same address have used up what is kept of them.
    let guess = admin.presenting("guessed").request("GET", "/clients");
    world.all_at_once(500, &guess).await;
    let asked = [
        (403, writer.request("GET", "/accounts")),
        (403, writer.posting("/operators", &more)),
        (400, writer.posting("/clients", &json!({ "colour": 1 }))),
        (415, writer.request("POST", "/clients").body("text/plain", "{}")),
        (428, writer.request("PUT", &path).body("application/json", application().to_string())),
        (412, writer.putting(&path, "\"00000000000000000000000000000000\"", &application())),
    ];
    let operator = json!({ "kind": "operator", "id": writer.operator_id.to_string() });
    for (status, sent) in asked {
        let answer = writer.send(sent).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(told(&admin, &answer).await, (operator.clone(), true.into()), "{answer:?}");
    }
    let by_them = admin.get(&format!("/audit?actor={}", writer.operator_id)).await.json();
    assert_eq!(by_them["items"].as_array().map(Vec::len), Some(6), "{by_them}");
}

#[tokio::test]
async fn whatever_a_client_is_refused_whose_token_is_believed_is_told_of_it() {
    for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
        let world = World::new().await;
        let admin = world.admin().await;
        let change = |client: &mut Client| client.tokens.access_token_format = format;
        let robot = world.machine("clients:write", change).await;
        let caller = admin.presenting(&robot.own_token().await);
        let client = json!({ "kind": "client", "id": robot.id() });
        for answer in [
            caller.get("/accounts").await,
            caller.post("/clients", &json!({})).await,
            robot.userinfo(&robot.own_token().await).await,
        ] {
            assert!([400, 401, 403].contains(&answer.status), "{answer:?}");
            let expected = (client.clone(), Value::from(true));
            assert_eq!(told(&admin, &answer).await, expected, "{format:?} {answer:?}");
        }
        let listed = admin.get(&format!("/refusals?client_id={}", robot.id())).await.json();
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(3), "{listed}");
    }
}

#[tokio::test]
async fn a_window_that_ends_before_it_begins_is_refused() {
    let world = World::new().await;
    let (admin, party) = (world.admin().await, world.relying_party().await);
    let of_party = format!("&client_id={}", party.id());
    let window = |from: &str, to: &str| format!("/refusals?from={from}&to={to}");
    for (from, to) in [
        ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
    ] {
        for more in ["", &of_party] {
            let answer = admin.get(&format!("{}{more}", window(from, to))).await;
            is_problem(&answer, 400, "malformed_request");
            assert!(answer.text("detail").unwrap().contains("`from`"), "{answer:?}");
        }
    }
    let good = window("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z");
    assert_eq!(admin.get(&good).await.json()["items"], serde_json::json!([]));
}
