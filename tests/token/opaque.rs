//! Access tokens that say nothing (RFC 7662), for clients that are registered so: believed like the others, and found only
//! by who has them.

use std::time::Duration;

use protocol::client::{AccessTokenFormat, Client};
use serde_json::{Value, json};
use storage::opaque_tokens::OpaqueToken;

use crate::world::{RelyingParty, Tokens, World};

fn opaque(client: &mut Client) {
    client.tokens.access_token_format = AccessTokenFormat::Opaque;
}

struct Scene {
    world: World,
    party: RelyingParty,
    tokens: Tokens,
}

async fn given() -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.client(opaque).await);
    let ask = party.ask_for("openid email offline_access");
    let tokens = party.sign_in_for(&ask, &mut world.browser(), &alice).await;
    Scene { world, party, tokens }
}

impl Scene {
    async fn kept(&self) -> Vec<Value> {
        let page = self.world.store().all::<OpaqueToken>(&self.world.realm(), None, 50).await;
        let items = page.unwrap().items;
        items.iter().map(|item| serde_json::to_value(&item.record).unwrap()).collect()
    }

    async fn is_dead(&self, token: &str) {
        assert_eq!(self.party.introspect(token).await, json!({ "active": false }));
        assert_eq!(self.party.userinfo(token).await.status, 401);
    }
}

#[tokio::test]
async fn it_tells_its_holder_nothing_and_every_endpoint_believes_it() {
    let Scene { world, party, tokens } = given().await;
    assert!(tokens.access_token.starts_with("dwa_") && tokens.access_token.len() == 47);
    assert!(!tokens.access_token.contains('.'));
    let told = party.introspect(&tokens.access_token).await;
    assert_eq!(told["scope"], "email offline_access openid");
    assert_eq!((&told["aud"], &told["client_id"]), (&json!(world.issuer()), &json!(party.id())));
    assert_eq!(told["exp"].as_u64().unwrap() - told["iat"].as_u64().unwrap(), 900);
    let answer = party.userinfo(&tokens.access_token).await;
    assert_eq!(answer.json()["sub"], told["sub"]);
    assert_eq!(answer.json()["email"], "alice@example.org");
    party.verify(tokens.id_token()).await;
}

#[tokio::test]
async fn the_store_does_not_have_it_and_forgets_what_it_stood_for_at_its_end() {
    let scene = given().await;
    let kept = scene.kept().await;
    assert_eq!(kept.len(), 1);
    assert!(!kept[0].to_string().contains(&scene.tokens.access_token));
    scene.world.advance(Duration::from_secs(899)).await;
    assert_eq!(scene.party.introspect(&scene.tokens.access_token).await["active"], true);
    scene.world.advance(Duration::from_secs(1)).await;
    scene.is_dead(&scene.tokens.access_token).await;
    assert!(scene.kept().await.is_empty());
}

#[tokio::test]
async fn it_is_taken_back_alone_by_its_client_and_with_its_family() {
    let scene = given().await;
    let second = Tokens::read(scene.party.refresh(scene.tokens.refresh_token()).await);
    let first = &scene.tokens.access_token;
    let other = scene.world.relying_party().await;
    assert_eq!(other.introspect(first).await, json!({ "active": false }));
    assert_eq!(other.revoke(first).await.error(), "invalid_grant");
    assert_eq!(scene.party.revoke(first).await.status, 200);
    assert_eq!(scene.party.revoke(first).await.status, 200);
    scene.is_dead(first).await;
    assert_eq!(scene.party.introspect(&second.access_token).await["active"], true);
    assert_eq!(scene.party.revoke(second.refresh_token()).await.status, 200);
    scene.is_dead(&second.access_token).await;
}

#[tokio::test]
async fn within_the_grace_the_same_refresh_token_comes_with_a_fresh_one() {
    let scene = given().await;
    let second = Tokens::read(scene.party.refresh(scene.tokens.refresh_token()).await);
    let again = Tokens::read(scene.party.refresh(scene.tokens.refresh_token()).await);
    assert_eq!(second.refresh_token(), again.refresh_token());
    assert_ne!(second.access_token, again.access_token);
    for tokens in [&second, &again] {
        assert_eq!(scene.party.userinfo(&tokens.access_token).await.status, 200);
    }
}

#[tokio::test]
async fn a_client_may_have_one_in_its_own_name() {
    let world = World::new().await;
    let machine = world.machine("orders:read", opaque).await;
    let token = machine.own_token().await;
    assert_eq!(machine.introspect(&token).await["sub"], json!(machine.id()));
    assert_eq!(machine.userinfo(&token).await.status, 403);
    machine.revoke(&token).await;
    assert_eq!(machine.introspect(&token).await, json!({ "active": false }));
}

#[tokio::test]
async fn nothing_is_left_of_it_with_its_account() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.client(opaque).await);
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    let scene = Scene { world, party, tokens };
    scene.world.erase(&alice).await;
    assert!(scene.kept().await.is_empty());
    scene.is_dead(&scene.tokens.access_token).await;
}
