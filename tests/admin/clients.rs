//! Clients: what operators see of them and do with them.

use std::collections::BTreeSet;

use protocol::{
    client::GrantType,
    event::{Act, Actor},
    permission::Permission,
};
use serde_json::{Value, json};
use storage::deleted_clients::DeletedClient;

use super::{Caller, anonymous, etag, is_problem};
use crate::world::{Answer, RelyingParty, Sent, Tokens, World, statuses};

mod answers;
mod written;

/// What an operator writes of an ordinary application.
pub(crate) fn application() -> Value {
    json!({
        "client_name": "The Application",
        "redirect_uris": ["https://app.example/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "offline_access openid",
    })
}

/// A client that was created, and its id.
async fn created(admin: &Caller, body: &Value) -> (Value, String) {
    let answer = admin.post("/clients", body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let id = answer.text("client_id").expect("an id");
    assert_eq!(answer.location(), Some(&*format!("/admin/v1/clients/{id}")));
    (answer.json(), format!("/clients/{id}"))
}

/// The acts of the audit log that this operator has done.
async fn acts_of(world: &World, admin: &Caller) -> BTreeSet<String> {
    let events = world.events().await.into_iter();
    let own = events.filter(|event| event.actor == Actor::Operator(admin.operator_id));
    own.map(|event| format!("{:?}", event.act)).collect()
}

fn acts<const N: usize>(acts: [Act; N]) -> BTreeSet<String> {
    acts.map(|act| format!("{act:?}")).into()
}

#[tokio::test]
async fn only_who_may_read_clients_can_list_them() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let admin = world.admin().await;

    let answer = world.send(Sent::get("/admin/v1/clients")).await;
    is_problem(&answer, 401, "unauthorized");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"doorward\""));

    let answer = admin.without(Permission::ClientsRead).await.get("/clients").await;
    is_problem(&answer, 403, "insufficient_permission");

    let reader = admin.with(&[Permission::ClientsRead]).await;
    let answer = reader.get("/clients").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["items"][0]["client_id"], party.id());
}

#[tokio::test]
async fn a_client_is_created_found_and_used() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (made, path) = created(&admin, &application()).await;
    let found = admin.get(&path).await;
    assert_eq!(found.status, 200);
    for (member, value) in application().as_object().unwrap() {
        assert_eq!((&found.json()[member], &made[member]), (value, value), "{member}");
    }
    assert_eq!(found.json()["require_pkce"], true);
    assert!(found.json().get("client_secret").is_none(), "{found:?}");
    assert_eq!(acts_of(&world, &admin).await, acts([Act::ClientRegistered]));

    let secret = made["client_secret"].as_str().unwrap();
    let basic = crate::world::basic(made["client_id"].as_str().unwrap(), secret);
    let form = [("grant_type", "refresh_token"), ("refresh_token", "unknown")];
    let sent = Sent::post("/oauth2/token").form(&form).header("authorization", basic);
    assert_eq!(world.send(sent).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_public_client_is_given_no_secret() {
    let world = World::new().await;
    let mut body = application();
    body["token_endpoint_auth_method"] = "none".into();
    body["require_pkce"] = false.into();
    let (made, _) = created(&world.admin().await, &body).await;
    assert!(made.get("client_secret").is_none());
    assert_eq!(made["require_pkce"], true);
}

#[tokio::test]
async fn what_cannot_work_is_not_created_and_the_answer_says_why() {
    let world = World::new().await;
    let admin = world.admin().await;
    let cases: [(&str, Value, u16, &str); 14] = [
        ("client_name", json!(""), 400, "client_name"),
        ("client_name", json!("a\nb"), 422, "name"),
        ("colour", json!("red"), 400, "colour"),
        ("redirect_uris", json!(["https://app.example/cb#x"]), 422, "redirect_uris"),
        ("redirect_uris", json!(["http://app.example/cb"]), 422, "redirect_uris"),
        ("redirect_uris", json!([]), 422, "redirect URI"),
        ("redirect_uris", json!("https://app.example/cb"), 400, "redirect_uris"),
        ("grant_types", json!(["password"]), 400, "grant_types"),
        ("scope", json!("open\"id"), 400, "scope"),
        ("logo_uri", json!("javascript:alert(1)"), 400, "logo_uri"),
        ("access_token_lifetime_seconds", json!(0), 400, "access_token_lifetime_seconds"),
        ("jwks", json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] }), 422, "jwks"),
        ("resource_server", json!(world.issuer()), 422, "resource_server"),
        ("resource_server", json!(format!("{}/admin/v1", world.issuer())), 422, "resource_server"),
    ];
    for (member, value, status, named) in cases {
        let mut body = application();
        body[member] = value;
        let answer = admin.post("/clients", &body).await;
        let code = if status == 400 { "malformed_request" } else { "unprocessable" };
        is_problem(&answer, status, code);
        let detail = answer.text("detail").unwrap();
        assert!(detail.contains(named), "{member}: {detail}");
    }
    let sent = admin.request("POST", "/clients").body("text/plain", "{}");
    is_problem(&admin.send(sent).await, 415, "unsupported_media_type");
    let sent = admin.request("POST", "/clients").body("application/json", vec![b' '; 65 * 1024]);
    is_problem(&admin.send(sent).await, 413, "too_large");
    assert_eq!(admin.get("/clients").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_change_replaces_everything_that_can_be_chosen() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (_, path) = created(&admin, &application()).await;
    let old = admin.get(&path).await;
    let body = json!({
        "client_name": "Renamed",
        "redirect_uris": ["https://new.example/cb"],
        "consent": "skip",
        "access_token_format": "opaque",
        "access_token_lifetime_seconds": 60,
        "claims": [{ "name": "tier", "source": "fixed", "value": 1, "told_in": ["id_token"] }],
        "resources": ["https://api.example/"],
        "client_uri": "https://new.example",
    });
    let answer = admin.put(&path, &etag(&old), &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let found = admin.get(&path).await;
    assert_eq!(etag(&answer), etag(&found));
    for (member, value) in body.as_object().unwrap() {
        assert_eq!(&found.json()[member], value, "{member}");
    }
    let now = found.json();
    assert_eq!((&now["scope"], &now["grant_types"]), (&"".into(), &json!(["authorization_code"])));
    assert!(now.get("client_secret").is_none(), "{found:?}");
    let told = acts([Act::ClientRegistered, Act::ClientChanged]);
    assert_eq!(acts_of(&world, &admin).await, told);
    // Put again it changes nothing, and its version stays.
    let again = admin.put(&path, &etag(&found), &body).await;
    assert_eq!((again.status, etag(&again)), (200, etag(&found)));
    assert_eq!(acts_of(&world, &admin).await.len(), 2);
}

#[tokio::test]
async fn a_change_says_upon_which_state_it_was_decided() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (_, path) = created(&admin, &application()).await;
    let stale = etag(&admin.get(&path).await);
    let mut body = application();
    body["client_name"] = "Second".into();
    assert_eq!(admin.put(&path, &stale, &body).await.status, 200);

    for method in ["PUT", "DELETE"] {
        let sent = |etag: Option<&str>| {
            let sent = admin.request(method, &path);
            let sent = if method == "PUT" {
                sent.body("application/json", body.to_string())
            } else {
                sent
            };
            if let Some(etag) = etag { sent.header("if-match", etag) } else { sent }
        };
        is_problem(&admin.send(sent(None)).await, 428, "precondition_required");
        for refused in [stale.as_str(), "\"nothing\"", "W/\"a\""] {
            is_problem(&admin.send(sent(Some(refused))).await, 412, "precondition_failed");
        }
        for malformed in ["", "abc", "\"a", "\"a\" \"b\"", "w/\"a\"", "*, \"a\""] {
            is_problem(&admin.send(sent(Some(malformed))).await, 400, "malformed_request");
        }
        let twice = sent(Some("*")).header("if-match", "*");
        is_problem(&admin.send(twice).await, 400, "malformed_request");
    }
    body["client_name"] = "Third".into();
    assert_eq!(admin.put(&path, "*", &body).await.status, 200);
    assert_eq!(admin.delete(&path, "*").await.status, 204);
}

#[tokio::test]
async fn of_fifty_changes_upon_one_state_one_is_made() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (_, path) = created(&admin, &application()).await;
    let seen = etag(&admin.get(&path).await);
    let mut body = application();
    body["client_name"] = "Changed".into();
    let answers = world.all_at_once(50, &admin.putting(&path, &seen, &body)).await;
    // Whoever comes when it is done finds that it is as they want it, but not as they saw it.
    assert_eq!(statuses(&answers), [(200, 1), (412, 49)].into());
}

#[tokio::test]
async fn one_key_creates_one_client_however_often_it_is_sent() {
    let world = World::new().await;
    let admin = world.admin().await;
    let sent = admin.posting("/clients", &application()).header("idempotency-key", "once");
    let answers = world.all_at_once(50, &sent).await;
    let bodies: BTreeSet<_> = answers.iter().map(|one| &one.body).collect();
    assert_eq!((statuses(&answers), bodies.len()), ([(201, 50)].into(), 1));
    assert!(answers[0].text("client_secret").is_some());
    assert_eq!(admin.get("/clients").await.json()["items"].as_array().unwrap().len(), 1);

    let mut other = application();
    other["client_name"] = "Another".into();
    let reused = admin.posting("/clients", &other).header("idempotency-key", "once");
    is_problem(&admin.send(reused).await, 422, "idempotency_key_reused");
    // The key of one operator is another one's own.
    let second = world.admin().await;
    let sent = second.posting("/clients", &application()).header("idempotency-key", "once");
    assert_ne!(second.send(sent).await.body, answers[0].body);
    for (key, status) in [("", 400), (&*"k".repeat(256), 400), ("k".repeat(255).as_str(), 201)] {
        let sent = admin.posting("/clients", &application()).header("idempotency-key", key);
        assert_eq!(admin.send(sent).await.status, status, "{}", key.len());
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found_in_the_same_words() {
    let world = World::new().await;
    let admin = world.admin().await;
    let unknown = "cli_00000000000000000000000000000000";
    let absent = admin.get(&format!("/clients/{unknown}")).await;
    is_problem(&absent, 404, "not_found");
    for id in ["x", "cli_", "acc_00000000000000000000000000000000", "%00", "a%2fb", "'%20OR%201"] {
        let answer = admin.get(&format!("/clients/{id}")).await;
        assert_eq!((answer.status, anonymous(&answer)), (404, anonymous(&absent)), "{id}");
    }
    for answer in [
        admin.put(&format!("/clients/{unknown}"), "*", &application()).await,
        admin.delete(&format!("/clients/{unknown}"), "*").await,
        admin.post(&format!("/clients/{unknown}/disable"), &json!({})).await,
        admin.get(&format!("/clients/{unknown}/secrets")).await,
    ] {
        assert_eq!((answer.status, anonymous(&answer)), (404, anonymous(&absent)));
    }
}

#[tokio::test]
async fn a_client_that_is_disabled_or_deleted_is_refused_everywhere_at_once() {
    for deleted in [false, true] {
        let world = World::new().await;
        let (alice, party) = (world.person("alice").await, world.relying_party().await);
        let (admin, beside) = (world.admin().await, world.beside("second").await);
        let other = world.relying_party().await;
        let ask = party.ask_for("openid offline_access");
        let tokens = party.sign_in_for(&ask, &mut world.browser(), &alice).await;
        let path = format!("/clients/{}", party.id());
        let done = match deleted {
            true => admin.at(&beside).delete(&path, "*").await,
            false => admin.at(&beside).post(&format!("{path}/disable"), &json!({})).await,
        };
        assert_eq!(done.status, 204, "{done:?}");
        for answer in dead(&party, &tokens).await {
            assert!(matches!(answer.status, 400 | 401), "{answer:?}");
        }
        assert_eq!(other.introspect(&tokens.access_token).await, json!({ "active": false }));
        let page = world.browser().look_at(&party.ask().url()).await;
        assert_eq!(page.id, "error-page");
        let act = if deleted { Act::ClientDeleted } else { Act::ClientDisabled };
        assert_eq!(acts_of(&world, &admin).await, acts([act]));
    }
}

/// What comes of the tokens of `party` at each endpoint.
async fn dead(party: &RelyingParty, tokens: &Tokens) -> Vec<Answer> {
    vec![
        party.userinfo(&tokens.access_token).await,
        party.refresh(tokens.refresh_token()).await,
        party.revoke(&tokens.access_token).await,
    ]
}

#[tokio::test]
async fn a_client_that_is_enabled_again_goes_on() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let admin = world.admin().await;
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    let path = format!("/clients/{}", party.id());
    for (verb, status) in [("disable", 401), ("enable", 200)] {
        // Twice, as nothing is lost by saying it again.
        for _ in 0..2 {
            let done = admin.post(&format!("{path}/{verb}"), &json!({})).await;
            assert_eq!(done.status, 204, "{done:?}");
        }
        assert_eq!(party.userinfo(&tokens.access_token).await.status, status, "{verb}");
        assert_eq!(admin.get(&path).await.json().get("disabled_at").is_some(), status == 401);
    }
    let told = acts([Act::ClientDisabled, Act::ClientEnabled]);
    assert_eq!(acts_of(&world, &admin).await, told);
}

#[tokio::test]
async fn the_id_of_a_deleted_client_is_never_given_again() {
    let world = World::new().await;
    let (admin, party) = (world.admin().await, world.relying_party().await);
    let path = format!("/clients/{}", party.id());
    assert_eq!(admin.delete(&path, "*").await.status, 204);
    is_problem(&admin.get(&path).await, 404, "not_found");
    let buried = world.store().get::<DeletedClient>(&world.realm(), &party.client_id).await;
    assert!(buried.unwrap().is_some());
    assert_eq!(admin.delete(&path, "*").await.status, 404);
}

#[tokio::test]
async fn nobody_gives_a_client_more_than_they_have_or_takes_over_one_that_has_more() {
    let world = World::new().await;
    let admin = world.admin().await;
    let clerk = admin.with(&[Permission::ClientsRead, Permission::ClientsWrite]).await;
    let mut mighty = application();
    mighty["scope"] = "openid accounts:write".into();
    is_problem(&clerk.post("/clients", &mighty).await, 403, "insufficient_permission");
    let mut own = application();
    own["scope"] = "openid clients:read".into();
    let (_, path) = created(&clerk, &own).await;
    is_problem(&clerk.put(&path, "*", &mighty).await, 403, "insufficient_permission");

    let (_, path) = created(&admin, &mighty).await;
    let secrets = admin.get(&format!("{path}/secrets")).await.json();
    let secret_id = secrets["items"][0]["secret_id"].as_str().expect("a secret").to_owned();
    for answer in [
        clerk.put(&path, "*", &application()).await,
        clerk.post(&format!("{path}/secrets"), &json!({})).await,
        clerk.post(&format!("{path}/enable"), &json!({})).await,
        clerk.post(&format!("{path}/disable"), &json!({})).await,
        clerk.delete(&path, "*").await,
        clerk.delete(&format!("{path}/secrets/{secret_id}"), "*").await,
    ] {
        is_problem(&answer, 403, "insufficient_permission");
        assert!(answer.text("detail").unwrap().contains("accounts:write"));
    }
}

#[tokio::test]
async fn the_list_goes_on_from_page_to_page_and_misses_nobody() {
    let world = World::new().await;
    let admin = world.admin().await;
    let mut expected = Vec::new();
    for _ in 0..205 {
        expected.push(
            world
                .client(|client| client.grant_types = vec![GrantType::AuthorizationCode])
                .await
                .id(),
        );
    }
    expected.sort();
    let (mut found, mut path, mut pages) = (Vec::new(), "/clients".to_owned(), Vec::new());
    loop {
        let page = admin.get(&path).await.json();
        let items = page["items"].as_array().unwrap().clone();
        pages.push(items.len());
        found.extend(items.iter().map(|client| client["client_id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/clients?after={next}");
    }
    assert_eq!((pages, found), (vec![100, 100, 5], expected));
}
