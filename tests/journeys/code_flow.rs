//! The authorization code flow with PKCE, from the first link to the claims (OpenID Connect Core 1.0 §3.1).

use protocol::client::TokenEndpointAuthMethod;
use serde_json::json;

use crate::world::{RelyingParty, World};

async fn completes_the_flow(world: &World, party: &RelyingParty) {
    let (alice, mut browser) = (world.person("alice").await, world.browser());
    let ask = party.ask();
    let tokens = party.sign_in_for(&ask, &mut browser, &alice).await;
    let claims = party.verify(tokens.id_token()).await;
    assert_eq!(claims.sub, alice.account_id.to_string());
    assert_eq!(claims.nonce.as_deref(), Some(ask.get("nonce")));
    assert_eq!(tokens.body["token_type"], "Bearer");
    assert_eq!(tokens.body["expires_in"], 900);
    let userinfo = party.userinfo(&tokens.access_token).await;
    assert_eq!(userinfo.json(), json!({ "sub": claims.sub }));
    let refreshed = party.refresh(tokens.refresh_token()).await;
    assert_eq!(refreshed.status, 200);
}

#[tokio::test]
async fn a_confidential_client_with_basic_completes_the_flow() {
    let world = World::new().await;
    let party = world.relying_party().await;
    completes_the_flow(&world, &party).await;
}

#[tokio::test]
async fn a_confidential_client_with_post_completes_the_flow() {
    let world = World::new().await;
    let method = TokenEndpointAuthMethod::ClientSecretPost;
    let party = world.client(World::authenticating(method)).await;
    completes_the_flow(&world, &party).await;
}

#[tokio::test]
async fn a_public_client_completes_the_flow() {
    let world = World::new().await;
    let party = world.public_client().await;
    completes_the_flow(&world, &party).await;
}
