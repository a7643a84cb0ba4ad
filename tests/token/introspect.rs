//! Introspection (RFC 7662): what is told of a token, whom, and of which tokens nothing is told.

use std::time::Duration;

use protocol::{
    Token,
    client::{Client, TokenEndpointAuthMethod},
    jose::{Algorithm, Audience, Expectations},
    paths,
    tokens::AccessTokenClaims,
};
use serde_json::json;
use storage::Engine;

use crate::world::{Browser, Person, RelyingParty, Sent, Tokens, World, basic};

struct Scene {
    world: World,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
    tokens: Tokens,
}

async fn given_for(scope: &str) -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let tokens = party.sign_in_for(&party.ask_for(scope), &mut browser, &alice).await;
    Scene { world, alice, party, browser, tokens }
}

async fn given() -> Scene {
    given_for("openid email").await
}

impl Scene {
    fn both(&self) -> [&str; 2] {
        [&self.tokens.access_token, self.tokens.refresh_token()]
    }

    /// An access token of ours with other claims than the one that was given.
    fn signed(&self, change: impl FnOnce(&mut AccessTokenClaims)) -> String {
        let (keys, now) = (self.world.flows().keys.snapshot(), self.world.now());
        let expected = Expectations { issuer: self.world.issuer(), audience: None, now };
        let ours = keys.access_token(&Token::presented(&*self.tokens.access_token)).unwrap();
        let mut claims = ours.believed(&expected).unwrap().clone();
        change(&mut claims);
        keys.signing(Algorithm::Rs256, now).unwrap().sign(&claims).unwrap()
    }

    /// `active` alone is told, and the same of each.
    async fn are_inactive(&self, tokens: &[&str]) {
        for token in tokens {
            let told = self.party.introspect(token).await;
            assert_eq!(told, json!({ "active": false }), "{token:.80}");
        }
    }
}

#[tokio::test]
async fn of_an_access_token_that_holds_everything_is_told_that_rfc_7662_names() {
    let scene = given().await;
    let answer = scene.world.send(scene.party.introspection(&scene.tokens.access_token)).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").unwrap().starts_with("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let mut told = answer.json();
    let jti = told.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(jti.as_str().unwrap().len(), 22);
    let now = scene.world.now().as_seconds();
    let expected = json!({
        "active": true,
        "scope": "email openid",
        "client_id": scene.party.id(),
        "token_type": "Bearer",
        "exp": now + 900,
        "iat": now,
        "sub": scene.alice.account_id.to_string(),
        "aud": scene.world.issuer(),
        "iss": scene.world.issuer(),
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn of_a_refresh_token_that_holds_its_own_end_is_told() {
    let scene = given_for("openid offline_access").await;
    let now = scene.world.now().as_seconds();
    let expected = json!({
        "active": true,
        "scope": "offline_access openid",
        "client_id": scene.party.id(),
        "exp": now + 30 * 24 * 3600,
        "iat": now,
        "sub": scene.alice.account_id.to_string(),
        "iss": scene.world.issuer(),
    });
    assert_eq!(scene.party.introspect(scene.tokens.refresh_token()).await, expected);
}

#[tokio::test]
async fn a_hint_is_only_a_hint() {
    let scene = given().await;
    for token in scene.both() {
        for hint in ["access_token", "refresh_token", "unknown", ""] {
            let fields = [("token", token), ("token_type_hint", hint)];
            let sent = scene.party.request_to(paths::INTROSPECT, &fields);
            assert_eq!(scene.world.send(sent).await.json()["active"], true, "{hint}");
        }
    }
}

#[tokio::test]
async fn what_is_no_token_of_this_client_is_inactive_and_nothing_else_is_told() {
    let mut scene = given().await;
    let ask = scene.party.ask();
    let code = scene.browser.authorize(&ask, &scene.alice).await.code().to_owned();
    let id_token = scene.tokens.id_token();
    let (head, signature) = scene.tokens.access_token.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    let long = "x".repeat(8192);
    scene.are_inactive(&[&code, id_token, &forged, head, "x", "..", "a.b.c", &long]).await;
    assert_eq!(scene.party.redeem(&ask, &code).await.status, 200, "the code was not used up");
}

#[tokio::test]
async fn a_client_that_the_audience_names_is_told() {
    let scene = given().await;
    let (resource, stranger) =
        (scene.world.relying_party().await, scene.world.relying_party().await);
    let names = [scene.world.issuer().to_owned(), resource.id()];
    let token = scene.signed(|claims| claims.aud = Audience::Many(names.to_vec()));
    let told = resource.introspect(&token).await;
    assert_eq!((&told["active"], &told["client_id"]), (&json!(true), &json!(scene.party.id())));
    assert_eq!(told["aud"], json!(names));
    assert_eq!(stranger.introspect(&token).await, json!({ "active": false }));
    scene.world.disable_client(&scene.party).await;
    assert_eq!(resource.introspect(&token).await, json!({ "active": false }));
}

#[tokio::test]
async fn a_token_of_another_issuer_or_of_no_grant_is_inactive() {
    let scene = given().await;
    let same = scene.signed(|_| {});
    assert_eq!(scene.party.introspect(&same).await["active"], true);
    let elsewhere = scene.signed(|claims| claims.iss = "https://other.example".into());
    let of_no_grant = scene.signed(|claims| claims.grant_id = None);
    let randomness = scene.world.store().randomness();
    let of_another =
        scene.signed(|claims| claims.grant_id = Some(protocol::GrantId::new(randomness)));
    scene.are_inactive(&[&elsewhere, &of_no_grant, &of_another]).await;
}

#[tokio::test]
async fn another_client_is_told_nothing() {
    let scene = given().await;
    let other = scene.world.relying_party().await;
    for token in scene.both() {
        assert_eq!(other.introspect(token).await, json!({ "active": false }));
        assert_eq!(scene.party.introspect(token).await["active"], true);
    }
}

#[tokio::test]
async fn an_access_token_is_inactive_from_its_end_on_and_a_refresh_token_lives_on() {
    let scene = given().await;
    let [access_token, refresh_token] = scene.both();
    scene.world.advance(Duration::from_millis(899_000)).await;
    assert_eq!(scene.party.introspect(access_token).await["active"], true);
    scene.world.advance(Duration::from_secs(1)).await;
    scene.are_inactive(&[access_token]).await;
    assert_eq!(scene.party.introspect(refresh_token).await["active"], true);
    scene.world.advance(Duration::from_secs(30 * 24 * 3600)).await;
    scene.are_inactive(&[refresh_token]).await;
}

#[tokio::test]
async fn a_refresh_token_that_was_rotated_is_inactive_and_its_successor_is_not() {
    let scene = given().await;
    let successor = Tokens::read(scene.party.refresh(scene.tokens.refresh_token()).await);
    scene.are_inactive(&[scene.tokens.refresh_token()]).await;
    assert_eq!(scene.party.introspect(successor.refresh_token()).await["active"], true);
}

#[tokio::test]
async fn what_was_given_to_an_account_that_is_switched_off_or_erased_is_inactive() {
    let scene = given_for("openid offline_access").await;
    scene.world.disable(&scene.alice).await;
    scene.are_inactive(&scene.both()).await;
    let scene = given_for("openid offline_access").await;
    scene.world.erase(&scene.alice).await;
    scene.are_inactive(&scene.both()).await;
}

#[tokio::test]
async fn what_was_given_in_a_session_ends_with_it_unless_it_is_offline() {
    for (scope, is_active) in [("openid", false), ("openid offline_access", true)] {
        let mut scene = given_for(scope).await;
        let page = scene.browser.look_at("/logout").await;
        scene.browser.press(&page, "logout-confirm", &[]).await;
        for token in scene.both() {
            assert_eq!(scene.party.introspect(token).await["active"], is_active, "{scope}");
        }
    }
}

#[tokio::test]
async fn who_does_not_prove_who_they_are_is_told_nothing() {
    let scene = given().await;
    let (token, public) = (&scene.tokens.access_token, scene.world.public_client().await);
    let with_post = TokenEndpointAuthMethod::ClientSecretPost;
    let with_post = scene.world.client(World::authenticating(with_post)).await;
    assert_eq!(with_post.introspect(token).await["active"], false, "its secret is in the body");
    let off = scene.world.relying_party().await;
    scene.world.disable_client(&off).await;
    let form = |fields: &[(&str, &str)]| {
        Sent::post(paths::INTROSPECT).form(&[&[("token", token.as_str())], fields].concat())
    };
    let bearer = format!("Bearer {token}");
    let wrong = basic(&scene.party.id(), "wrong");
    for sent in [
        public.introspection(token),
        off.introspection(token),
        form(&[]),
        form(&[("client_id", &scene.party.id())]),
        form(&[]).header("authorization", &wrong),
        form(&[]).header("authorization", &bearer),
    ] {
        let answer = scene.world.send(sent.clone()).await;
        assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_client"), "{sent:?}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Basic "));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn a_public_client_is_told_nothing_even_of_its_own_tokens() {
    let world = World::new().await;
    let (alice, public) = (world.person("alice").await, world.public_client().await);
    let tokens = public.sign_in(&mut world.browser(), &alice).await;
    let answer = world.send(public.introspection(&tokens.access_token)).await;
    assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_client"));
}

#[tokio::test]
async fn a_client_that_may_not_refresh_any_more_has_no_active_refresh_token() {
    let scene = given().await;
    let store = scene.world.store();
    let client = store.client(&scene.world.realm(), scene.party.client_id).await.unwrap().unwrap();
    let mut grant_types = client.grant_types.clone();
    grant_types.truncate(1);
    let mut batch = store.batch();
    batch.replace(&client, &Client { grant_types, ..Client::clone(&client) });
    store.commit(batch).await.unwrap();
    scene.are_inactive(&[scene.tokens.refresh_token()]).await;
}

#[tokio::test]
async fn a_request_without_a_token_or_without_a_form_is_malformed() {
    let scene = given().await;
    let header = basic(&scene.party.id(), &scene.party.secret);
    let json = Sent::post(paths::INTROSPECT).body("application/json", r#"{"token":"x"}"#);
    for sent in [
        scene.party.request_to(paths::INTROSPECT, &[]),
        scene.party.request_to(paths::INTROSPECT, &[("token", "")]),
        json.header("authorization", &header),
        scene.party.request_to(paths::INTROSPECT, &[("token", &"x".repeat(8193))]),
    ] {
        let answer = scene.world.send(sent.clone()).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"), "{sent:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn a_store_that_nobody_else_writes_to_is_asked_for_nothing_twice_and_another_each_time() {
    let scene = given().await;
    let ask = async |party: &RelyingParty, world: &World| {
        world.work();
        assert_eq!(party.introspect(&scene.tokens.access_token).await["active"], true);
        world.work().reads
    };
    // What the change log tells of is forgotten once more.
    scene.world.look().await.unwrap();
    ask(&scene.party, &scene.world).await;
    let is_alone = scene.world.engine().is_exclusive();
    assert_eq!(ask(&scene.party, &scene.world).await == 0, is_alone);
    let other = scene.world.beside("other").await;
    let RelyingParty { client_id, secret, redirect_uri, .. } = &scene.party;
    let wire = other.wire().clone();
    let elsewhere = RelyingParty::registered(wire, *client_id, secret, redirect_uri);
    for _ in 0..2 {
        assert!(ask(&elsewhere, &other).await > 0, "the other node may have taken it back");
        assert!(ask(&scene.party, &scene.world).await > 0);
    }
}
