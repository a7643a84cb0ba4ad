//! Signing keys, as operators see and rotate them.

use protocol::{
    event::{Act, Actor},
    permission::Permission,
};
use serde_json::{Value, json};

use super::{Caller, is_problem};
use crate::world::{Answer, World, statuses};

async fn listed(caller: &Caller) -> Vec<Value> {
    let answer = caller.get("/keys").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.json()["next"].is_null());
    answer.json()["items"].as_array().expect("items").clone()
}

fn announced(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["announced"].as_array().expect("keys").clone()
}

fn es256() -> Value {
    json!({ "algorithm": "ES256" })
}

#[tokio::test]
async fn keys_are_listed_with_their_state_and_without_what_signs() {
    let world = World::new().await;
    let admin = world.admin().await;
    let keys = listed(&admin).await;
    assert!(!keys.is_empty());
    let jwks = world.get("/oauth2/jwks").await.json();
    for key in &keys {
        assert_eq!((&key["state"], &key["is_usable"]), (&"signing".into(), &true.into()), "{key}");
        assert!(jwks["keys"].as_array().unwrap().contains(&key["jwk"]), "{key}");
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key["jwk"][private].is_null(), "{key}");
        }
    }
}

#[tokio::test]
async fn a_rotation_announces_a_successor_and_is_told_of_the_operator() {
    let world = World::new().await;
    let (admin, beside) = (world.admin().await, world.beside("second").await);
    let made = announced(&admin.post("/keys/rotate", &es256()).await);
    assert_eq!((made.len(), &made[0]["alg"]), (1, &"ES256".into()));
    beside.look().await.unwrap();
    let there = listed(&admin.at(&beside)).await;
    assert_eq!(there[0]["kid"], made[0]["kid"], "what signs last is first");
    assert_eq!(there[0]["state"], "announced");
    assert_eq!(there[0]["signs_from"], made[0]["signs_from"]);
    let event = world
        .events()
        .await
        .into_iter()
        .rfind(|event| matches!(event.act, Act::KeyAnnounced { .. }));
    let event = event.expect("it is told");
    assert_eq!(event.actor, Actor::Operator(admin.operator_id));
    assert!(event.request_id.is_some());
    let again = admin.post("/keys/rotate", &es256()).await;
    is_problem(&again, 409, "conflict");
    assert!(again.text("detail").unwrap().contains("announced already"), "{again:?}");
}

#[tokio::test]
async fn a_rotation_under_one_key_happens_once_however_often_and_wherever_it_is_asked() {
    let world = World::new().await;
    let (admin, beside) = (world.admin().await, world.beside("second").await);
    let keyed = |key| admin.posting("/keys/rotate", &es256()).header("idempotency-key", key);
    let answers = world.all_at_once(20, &keyed("once")).await;
    assert_eq!(statuses(&answers), [(200, 20)].into());
    let there = admin.at(&beside).send(keyed("once")).await;
    assert!(answers.iter().all(|answer| answer.body == there.body));
    let made = announced(&there);
    assert_eq!(listed(&admin).await.iter().filter(|key| key["state"] == "announced").count(), 1);
    assert_eq!(listed(&admin).await[0]["kid"], made[0]["kid"]);
    let body = json!({ "algorithm": "RS256" });
    let other = admin.posting("/keys/rotate", &body).header("idempotency-key", "once");
    is_problem(&admin.send(other).await, 422, "idempotency_key_reused");
    is_problem(&admin.send(keyed("another")).await, 409, "conflict");
}

#[tokio::test]
async fn what_is_no_rotation_rotates_nothing() {
    let world = World::new().await;
    let admin = world.admin().await;
    for body in [
        json!({ "algorithm": "HS256" }),
        json!({ "algorithm": "none" }),
        json!({ "algorithm": 1 }),
        json!({ "alg": "ES256" }),
        json!([]),
    ] {
        is_problem(&admin.post("/keys/rotate", &body).await, 400, "malformed_request");
    }
    is_problem(&admin.get("/keys?after=x").await, 400, "malformed_request");
    let reader = admin.with(&[Permission::KeysRead]).await;
    is_problem(&reader.post("/keys/rotate", &es256()).await, 403, "insufficient_permission");
    let others = admin.without(Permission::KeysRead).await;
    is_problem(&others.get("/keys").await, 403, "insufficient_permission");
    assert!(listed(&reader).await.iter().all(|key| key["state"] == "signing"));
}
