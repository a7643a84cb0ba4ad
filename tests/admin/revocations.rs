//! Taking back what was given: at once, on every node, once, and told of.

mod bulk;

use std::time::Duration;

use protocol::{
    client::{AccessTokenFormat, Client},
    event::{Act, Actor},
    permission::Permission,
    revocation::RevocationReason,
};
use serde_json::{Value, json};

use super::{Caller, is_problem};
use crate::world::{Answer, Browser, Person, RelyingParty, Tokens, World, statuses};

/// Two nodes, an operator at the first, and somebody who signed in at an application there.
struct Given {
    world: World,
    beside: World,
    admin: Caller,
    party: RelyingParty,
    alice: Person,
    browser: Browser,
    tokens: Tokens,
}

impl Given {
    async fn new() -> Self {
        let world = World::new().await;
        let beside = world.beside("second").await;
        let (admin, alice) = (world.admin().await, world.person("alice").await);
        let (party, mut browser) = (world.relying_party().await, world.browser());
        let tokens = party.sign_in(&mut browser, &alice).await;
        Self { world, beside, admin, party, alice, browser, tokens }
    }

    /// Another sign-in, of `person` at `party`.
    async fn another(&self, party: &RelyingParty, person: &Person) -> Tokens {
        party.sign_in(&mut self.world.browser(), person).await
    }

    /// Whether the access token and the refresh token hold, at the other node.
    async fn hold(&self, party: &RelyingParty, tokens: &Tokens) -> (bool, bool) {
        let RelyingParty { client_id, secret, redirect_uri, .. } = party;
        let wire = self.beside.wire().clone();
        let there = RelyingParty::registered(wire, *client_id, secret, redirect_uri);
        let userinfo = there.userinfo(&tokens.access_token).await.status;
        assert!([200, 401].contains(&userinfo));
        let refresh_token = there.introspect(tokens.refresh_token()).await;
        (userinfo == 200, refresh_token["active"] == true)
    }

    async fn revoke(&self, body: &Value) -> Answer {
        self.admin.post("/revocations", body).await
    }

    async fn grant_id(&self, tokens: &Tokens) -> Value {
        claims(&tokens.access_token)["grant_id"].clone()
    }
}

/// The claims of a token, not verified.
fn claims(jwt: &str) -> Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let payload = jwt.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON")
}

fn outcomes(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let results = answer.json()["results"].as_array().expect("results").clone();
    results.iter().map(|result| result["outcome"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_way_to_name_something_takes_it_back_at_once_on_every_node() {
    let given = Given::new().await;
    let named = |tokens: &Tokens| {
        let claims = claims(&tokens.access_token);
        [
            (json!({ "grant_id": claims["grant_id"] }), (false, false)),
            (json!({ "token": tokens.refresh_token() }), (false, false)),
            (json!({ "token": tokens.access_token }), (false, true)),
            (json!({ "jti": claims["jti"] }), (false, true)),
        ]
    };
    for index in 0..4 {
        let tokens = given.another(&given.party, &given.alice).await;
        assert_eq!(given.hold(&given.party, &tokens).await, (true, true));
        let (item, holds) = named(&tokens)[index].clone();
        let body = json!({ "items": [item], "reason": "compromised" });
        assert_eq!(outcomes(&given.revoke(&body).await), ["revoked"], "{body}");
        assert_eq!(given.hold(&given.party, &tokens).await, holds, "{body}");
        let again = given.revoke(&body).await;
        assert_eq!(
            (outcomes(&again), &again.json()["revoked"]),
            (vec!["revoked_before".to_owned()], &0.into())
        );
    }
    assert_eq!(given.hold(&given.party, &given.tokens).await, (true, true), "nobody asked for it");
}

#[tokio::test]
async fn of_a_list_each_thing_has_its_own_outcome() {
    let given = Given::new().await;
    let other = given.another(&given.party, &given.alice).await;
    let nobody = "grt_00000000000000000000000000000000";
    let body = json!({ "items": [
        { "grant_id": nobody },
        { "token": given.tokens.access_token },
        { "token": "nothing-of-ours" },
        { "token": "a.b.c" },
        { "token": other.refresh_token() },
        { "grant_id": given.grant_id(&other).await },
    ]});
    let answer = given.revoke(&body).await;
    let expected = ["not_found", "revoked", "not_found", "not_found", "revoked", "revoked_before"];
    assert_eq!(outcomes(&answer), expected);
    assert_eq!(answer.json()["revoked"], 2);
    for secret in [&given.tokens.access_token, other.refresh_token()] {
        assert!(!answer.body.contains(secret));
    }
}

#[tokio::test]
async fn asked_by_many_at_once_it_happens_once_and_says_who_and_why() {
    let given = Given::new().await;
    let grant_id = given.grant_id(&given.tokens).await;
    let items = json!([{ "grant_id": grant_id }]);
    let body = json!({ "items": items, "reason": "requested", "note": "Case 12." });
    let answers = given.world.all_at_once(20, &given.admin.posting("/revocations", &body)).await;
    assert_eq!(statuses(&answers), [(200, 20)].into());
    let first = answers.iter().filter(|answer| outcomes(answer) == ["revoked"]).count();
    assert_eq!(first, 1);
    let withdrawn =
        |act: &Act| matches!(act, Act::GrantWithdrawn { reason: RevocationReason::Requested, .. });
    let events = given.world.events().await;
    let events: Vec<_> = events.iter().filter(|event| withdrawn(&event.act)).collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].actor, Actor::Operator(given.admin.operator_id));
    assert_eq!(events[0].account_id, Some(given.alice.account_id));
    let told = given.admin.get("/audit?act=grant_withdrawn").await.json()["items"][0].clone();
    assert_eq!(told["note"], "Case 12.");

    let list = given.admin.get("/revocations").await.json();
    let revoked = &list["items"][0];
    assert_eq!((&revoked["grant_id"], &revoked["reason"]), (&grant_id, &"requested".into()));
    assert_eq!(revoked["by"]["id"], given.admin.operator_id.to_string());
}

#[tokio::test]
async fn the_list_has_what_was_taken_back_by_whomever_the_latest_first() {
    let given = Given::new().await;
    let (bob, other) = (given.world.person("bob").await, given.world.relying_party().await);
    let of_bob = given.another(&given.party, &bob).await;
    let elsewhere = given.another(&other, &given.alice).await;
    for (tokens, by_operator) in [(&given.tokens, false), (&of_bob, true), (&elsewhere, true)] {
        given.world.pass(Duration::from_secs(1));
        match by_operator {
            true => {
                drop(given.revoke(&json!({ "items": [{ "token": tokens.refresh_token() }] })).await)
            }
            false => drop(given.party.revoke(tokens.refresh_token()).await),
        }
    }
    let listed = async |query: &str| {
        let answer = given.admin.get(&format!("/revocations{query}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let items = answer.json()["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["grant_id"].clone()).collect::<Vec<_>>()
    };
    let (first, second, third) = (
        given.grant_id(&given.tokens).await,
        given.grant_id(&of_bob).await,
        given.grant_id(&elsewhere).await,
    );
    assert_eq!(listed("").await, [third.clone(), second.clone(), first.clone()]);
    let (client_id, alice_id) = (given.party.id(), given.alice.account_id);
    assert_eq!(listed(&format!("?client_id={client_id}")).await, [second, first.clone()]);
    assert_eq!(listed(&format!("?account_id={alice_id}")).await, [third, first.clone()]);
    assert_eq!(listed(&format!("?client_id={client_id}&account_id={alice_id}")).await, [first]);
    let reasons = given.admin.get("/revocations").await.json();
    assert_eq!(reasons["items"][2]["reason"], "by_client");
    for query in ["client_id=x", "account_id=%27", "after=x", "client_id="] {
        is_problem(
            &given.admin.get(&format!("/revocations?{query}")).await,
            400,
            "malformed_request",
        );
    }
}

#[tokio::test]
async fn revocations_are_counted_by_what_and_why_over_all_nodes() {
    let mut given = Given::new().await;
    let second = given.another(&given.party, &given.alice).await;
    given.party.revoke(&second.access_token).await;
    given.party.revoke(second.refresh_token()).await;
    let there = given.admin.at(&given.beside);
    let body = json!({ "client_id": given.party.id(), "reason": "policy" });
    assert_eq!(there.post("/revocations", &body).await.status, 200);
    let page = given.browser.look_at("/logout").await;
    given.browser.press(&page, "logout-confirm", &[]).await;
    given.beside.look().await.unwrap();
    let counted = given.admin.get("/revocations/statistics").await;
    assert_eq!(counted.status, 200, "{counted:?}");
    let count = |kind: &str, reason: &str, count: u64| json!({ "kind": kind, "reason": reason, "count": count });
    let expected = json!([
        count("access_token", "by_client", 1),
        count("client", "policy", 1),
        count("grant", "by_client", 1),
        count("session", "logout", 1),
    ]);
    assert_eq!((&counted.json()["counts"], &counted.json()["total"]), (&expected, &4.into()));

    // Two hours later they are in the day and not in the hour.
    given.world.pass(Duration::from_secs(2 * 3600));
    let again = given.admin.get("/revocations/statistics").await.json();
    assert_eq!(again["counts"], expected);
    let now = again["to"].as_str().unwrap();
    let hour = given.admin.get(&format!("/revocations/statistics?from={now}")).await.json();
    assert_eq!((&hour["total"], &hour["counts"]), (&0.into(), &json!([])));
    for query in [
        "from=2026-01-01T00:00:00Z&to=2025-01-01T00:00:00Z",
        "from=2025-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=x",
    ] {
        let answer = given.admin.get(&format!("/revocations/statistics?{query}")).await;
        is_problem(&answer, 400, "malformed_request");
    }
}

#[tokio::test]
async fn what_a_client_gives_back_of_its_own_is_counted() {
    for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
        let world = World::new().await;
        let admin = world.admin().await;
        let change = |client: &mut Client| client.tokens.access_token_format = format;
        let machine = world.machine("openid", change).await;
        machine.revoke(&machine.own_token().await).await;
        let counted = admin.get("/revocations/statistics").await.json();
        let expected = json!([{ "kind": "access_token", "reason": "by_client", "count": 1 }]);
        assert_eq!(counted["counts"], expected, "{format:?}");
    }
}

#[tokio::test]
async fn what_names_nothing_or_too_much_revokes_nothing() {
    let given = Given::new().await;
    let grant_id = given.grant_id(&given.tokens).await;
    let items: Vec<_> = (0..101).map(|_| json!({ "grant_id": grant_id })).collect();
    for body in [
        json!({}),
        json!({ "all": false }),
        json!({ "items": [] }),
        json!({ "items": items }),
        json!({ "items": [{}] }),
        json!({ "items": [{ "token": given.tokens.access_token, "jti": "x" }] }),
        json!({ "items": [{ "grant_id": "x" }] }),
        json!({ "items": [{ "jti": "../x" }] }),
        json!({ "all": true, "client_id": given.party.id() }),
        json!({ "session_id": "ses_1" }),
        json!({ "client_id": "' OR 1=1" }),
        json!({ "all": true, "reason": "by_client" }),
        json!({ "all": true, "note": "two\nlines" }),
        json!({ "all": true, "after": "x" }),
        json!({ "all": true, "everything": true }),
    ] {
        is_problem(&given.revoke(&body).await, 400, "malformed_request");
    }
    assert_eq!(given.hold(&given.party, &given.tokens).await, (true, true));
}

#[tokio::test]
async fn only_who_may_look_looks_and_who_may_revoke_revokes() {
    let given = Given::new().await;
    let reader = given.admin.without(Permission::RevocationsWrite).await;
    let body = json!({ "all": true });
    is_problem(&reader.post("/revocations", &body).await, 403, "insufficient_permission");
    assert_eq!(given.hold(&given.party, &given.tokens).await, (true, true));
    let writer = given.admin.without(Permission::RevocationsRead).await;
    for path in ["/revocations", "/revocations/statistics"] {
        is_problem(&writer.get(path).await, 403, "insufficient_permission");
        assert_eq!(reader.get(path).await.status, 200);
    }
}
