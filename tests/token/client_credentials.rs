//! The grant `client_credentials` (RFC 6749 §4.4): a client in its own name, and what it is not.

use std::{collections::BTreeSet, time::Duration};

use protocol::{client::ClientKind, jose::Algorithm};
use serde_json::json;
use storage::{Engine, revoked_tokens::RevokedToken};

use crate::world::{World, claims};

const SCOPES: &str = "openid profile offline_access orders:read orders:write";

#[tokio::test]
async fn a_client_is_given_an_access_token_in_its_own_name_and_nothing_else() {
    let world = World::new().await;
    let machine = world.machine(SCOPES, |_| {}).await;
    // What the change log tells of is forgotten once more.
    world.look().await.unwrap();
    machine.own_token().await;
    world.work();
    let answer = machine.client_credentials(&[]).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    let work = world.work();
    let done = (work.reads, work.commits, work.rows, work.hashes);
    // Where others write too, they may have taken something from the client.
    let reads = u64::from(!world.engine().is_exclusive());
    assert_eq!(done, (reads, 0, 0, 0), "nothing is written, and the client is known");
    let names: BTreeSet<_> = answer.json().as_object().unwrap().keys().cloned().collect();
    let expected = ["access_token", "expires_in", "scope", "token_type"].map(str::to_owned);
    assert_eq!(names, expected.into());
    assert_eq!(answer.text("scope").as_deref(), Some("orders:read orders:write"));
    let claims = claims(&answer.text("access_token").unwrap());
    let names: BTreeSet<_> = claims.as_object().unwrap().keys().cloned().collect();
    let expected = ["aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sub"];
    assert_eq!(names, expected.map(str::to_owned).into());
    assert_eq!(
        (&claims["sub"], &claims["client_id"]),
        (&json!(machine.id()), &json!(machine.id()))
    );
    assert_eq!((&claims["aud"], &claims["iss"]), (&json!(world.issuer()), &json!(world.issuer())));
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 900);
}

#[tokio::test]
async fn a_scope_is_one_of_the_clients_that_needs_no_end_user() {
    let world = World::new().await;
    let machine = world.machine(SCOPES, |_| {}).await;
    let narrow = machine.client_credentials(&[("scope", "orders:read")]).await;
    assert_eq!(narrow.text("scope").as_deref(), Some("orders:read"));
    for scope in ["openid", "orders:read profile", "offline_access", "other", "orders:Read", "a\"b"]
    {
        let answer = machine.client_credentials(&[("scope", scope)]).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_scope"), "{scope}");
    }
    let plain = world.machine("openid email", |_| {}).await;
    let answer = plain.client_credentials(&[]).await;
    assert_eq!((answer.status, answer.text("scope")), (200, None), "a token for nothing special");
}

#[tokio::test]
async fn only_a_confidential_client_that_is_registered_for_it_may() {
    let world = World::new().await;
    // As its record cannot come to be.
    let public = world.machine(SCOPES, |client| client.kind = ClientKind::Public).await;
    for party in [public, world.relying_party().await] {
        let answer = party.client_credentials(&[]).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "unauthorized_client"));
    }
    let off = world.machine(SCOPES, |_| {}).await;
    let token = off.own_token().await;
    world.disable_client(&off).await;
    assert_eq!(off.client_credentials(&[]).await.error(), "invalid_client");
    assert_eq!(off.userinfo(&token).await.status, 401);
}

#[tokio::test]
async fn its_token_is_told_of_and_has_no_end_user() {
    let world = World::new().await;
    let machine = world.machine(SCOPES, |_| {}).await;
    let token = machine.own_token().await;
    let told = machine.introspect(&token).await;
    assert_eq!((&told["active"], &told["sub"]), (&json!(true), &json!(machine.id())));
    assert_eq!(told["scope"], "orders:read orders:write");
    let answer = machine.userinfo(&token).await;
    assert_eq!((answer.status, answer.error().as_str()), (403, "insufficient_scope"));
    let other = world.relying_party().await;
    assert_eq!(other.introspect(&token).await, json!({ "active": false }));
    world.advance(Duration::from_secs(900)).await;
    assert_eq!(machine.introspect(&token).await, json!({ "active": false }));
}

#[tokio::test]
async fn a_token_that_was_taken_back_is_dead_at_every_endpoint_and_goes_alone() {
    let world = World::new().await;
    let machine = world.machine(SCOPES, |_| {}).await;
    let [token, kept] = [machine.own_token().await, machine.own_token().await];
    let other = world.machine(SCOPES, |_| {}).await;
    assert_eq!(other.revoke(&token).await.error(), "invalid_grant", "it is not theirs");
    for _ in 0..2 {
        assert_eq!(machine.introspect(&token).await["active"], true);
    }
    assert_eq!(machine.revoke(&token).await.status, 200);
    assert_eq!(machine.introspect(&token).await, json!({ "active": false }));
    assert_eq!(machine.userinfo(&token).await.status, 401);
    assert_eq!(machine.introspect(&kept).await["active"], true);
    world.work();
    assert_eq!(machine.revoke(&token).await.status, 200);
    assert_eq!(world.work().commits, 0, "nothing is written twice");
}

#[tokio::test]
async fn what_was_taken_back_is_forgotten_when_no_node_believes_it_any_more() {
    let world = World::new().await;
    let machine = world.machine(SCOPES, |_| {}).await;
    let token = machine.own_token().await;
    machine.revoke(&token).await;
    let count = async || {
        world.store().all::<RevokedToken>(&world.realm(), None, 10).await.unwrap().items.len()
    };
    world.advance(Duration::from_secs(900 + 19)).await;
    assert_eq!(count().await, 1);
    world.advance(Duration::from_secs(1)).await;
    assert_eq!(count().await, 0);
    assert_eq!(machine.introspect(&token).await, json!({ "active": false }));
}

#[tokio::test]
async fn it_is_signed_as_the_client_is_registered_and_advertised() {
    let world = World::new().await;
    let algorithm = protocol::client::SigningAlgorithm::Known(Algorithm::EdDsa);
    let machine = world
        .machine(SCOPES, |client| client.tokens.access_token_signed_response_alg = algorithm)
        .await;
    let token = machine.own_token().await;
    assert_eq!(crate::world::algorithm(&token), "EdDSA");
    assert_eq!(machine.introspect(&token).await["active"], true);
    let metadata = world.get(protocol::paths::OPENID_CONFIGURATION).await.json();
    let grants = metadata["grant_types_supported"].as_array().unwrap();
    assert!(grants.contains(&json!("client_credentials")), "{grants:?}");
}
