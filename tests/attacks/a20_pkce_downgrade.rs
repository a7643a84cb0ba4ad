//! PKCE cannot be left out, weakened or added afterwards (RFC 7636, RFC 9700 §4.8.2).

use protocol::client::Client;

use crate::world::{Ask, Callback, RelyingParty, World};

/// A confidential client that may do without PKCE: what it sends must hold all the same.
async fn lenient(world: &World) -> RelyingParty {
    world.client(|client: &mut Client| client.require_pkce = false).await
}

/// What the client is told before anybody signs in.
async fn refused_at_once(world: &World, ask: &Ask) -> String {
    let callback: Callback = world.browser().open(&ask.url()).await.callback();
    assert_eq!(callback.get("code"), None);
    callback.error().to_owned()
}

#[tokio::test]
async fn a_code_with_a_challenge_needs_its_verifier() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    for party in [lenient(&world).await, world.relying_party().await, world.public_client().await] {
        let ask = party.ask();
        let callback = world.browser().authorize(&ask, &alice).await;
        let other = party.ask().verifier;
        for verifier in ["", &other, &ask.verifier[..42], ask.get("code_challenge")] {
            let changed = ask.clone().proving(verifier);
            let answer = party.redeem(&changed, callback.code()).await;
            assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
        }
        assert_eq!(party.redeem(&ask, callback.code()).await.status, 200);
    }
}

#[tokio::test]
async fn a_verifier_without_a_challenge_is_refused() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, lenient(&world).await);
    let ask = party.ask().without_pkce();
    let callback = world.browser().authorize(&ask, &alice).await;
    let answer = party.redeem(&ask, callback.code()).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
    let without = ask.proving("");
    assert_eq!(party.redeem(&without, callback.code()).await.status, 200);
}

#[tokio::test]
async fn the_plain_method_is_refused() {
    let world = World::new().await;
    for party in [lenient(&world).await, world.relying_party().await, world.public_client().await] {
        for method in ["plain", "s256", "S512", "none"] {
            let ask = party.ask().set("code_challenge_method", method);
            assert_eq!(refused_at_once(&world, &ask).await, "invalid_request", "{method}");
        }
    }
}

#[tokio::test]
async fn a_challenge_without_its_method_is_refused() {
    let world = World::new().await;
    for party in [lenient(&world).await, world.relying_party().await, world.public_client().await] {
        let ask = party.ask().without("code_challenge_method");
        assert_eq!(refused_at_once(&world, &ask).await, "invalid_request");
        let ask = party.ask().without("code_challenge");
        assert_eq!(refused_at_once(&world, &ask).await, "invalid_request");
    }
}

#[tokio::test]
async fn a_public_client_without_a_challenge_is_refused() {
    let world = World::new().await;
    // Even one that is registered as not needing it.
    let public = world
        .client(|client| {
            client.kind = protocol::client::ClientKind::Public;
            client.require_pkce = false;
        })
        .await;
    for party in [public, world.public_client().await] {
        let ask = party.ask().without_pkce();
        assert_eq!(refused_at_once(&world, &ask).await, "invalid_request");
    }
}
