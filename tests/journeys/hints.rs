//! An `id_token_hint` names whom the client expects, and nobody else passes for them (OpenID Connect Core 1.0 §3.1.2.1). It
//! is understood as long as the session that it may be of can last, also when the key that signed it is long gone (OpenID
//! Connect RP-Initiated Logout 1.0 §2).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::{jose::Algorithm, paths};

use crate::world::{
    Browser, POST_LOGOUT_REDIRECT_URI, RelyingParty, Sent, Tokens, World, asserting::Key,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Somebody who is remembered, and an ID token that was signed with a key which has left the JWKS since.
struct Scene {
    world: World,
    party: RelyingParty,
    browser: Browser,
    id_token: String,
}

async fn signed_with_a_former_key() -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let ask = party.ask();
    let login = browser.look_at(&ask.url()).await;
    let typed = [
        ("username", alice.username.as_str()),
        ("password", alice.password.as_str()),
        ("remember_me", "on"),
    ];
    let consent = browser.press(&login, "login-submit", &typed).await.page();
    let callback = browser.press(&consent, "consent-allow", &[]).await.callback();
    let id_token = Tokens::read(party.redeem(&ask, callback.code()).await).id_token().to_owned();
    let before = jwks(&world).await;
    world.flows().keys.rotate(None).await.unwrap().expect("successors are announced");
    let mut scene = Scene { world, party, browser, id_token };
    for _ in 0..3 {
        scene.world.advance(DAY).await;
        assert!(scene.is_signed_in().await);
    }
    let after = jwks(&scene.world).await;
    assert!(before.iter().all(|kid| !after.contains(kid)), "{before:?} {after:?}");
    scene
}

/// The `kid`s that are published.
async fn jwks(world: &World) -> Vec<String> {
    let jwks = world.wire().send(Sent::get(paths::JWKS)).await.json();
    let keys = jwks["keys"].as_array().expect("keys");
    keys.iter().filter_map(|key| Some(key["kid"].as_str()?.to_owned())).collect()
}

impl Scene {
    async fn is_signed_in(&mut self) -> bool {
        let ask = self.party.ask().set("prompt", "none");
        self.browser.open(&ask.url()).await.callback().get("code").is_some()
    }

    /// Until just before a session that began with the token ends at the latest.
    async fn nearly_a_month_passes(&mut self) {
        for _ in 0..26 {
            self.world.advance(DAY).await;
            assert!(self.is_signed_in().await);
        }
    }
}

#[tokio::test]
async fn a_logout_with_it_asks_nothing_and_comes_back() {
    let mut scene = signed_with_a_former_key().await;
    scene.nearly_a_month_passes().await;
    let asked = [
        ("id_token_hint", scene.id_token.as_str()),
        ("post_logout_redirect_uri", POST_LOGOUT_REDIRECT_URI),
        ("state", "s"),
    ];
    let logout = scene.party.logout(&asked);
    let callback = scene.browser.open(&logout).await.callback();
    assert_eq!(callback.get("state"), Some("s"));
    assert!(!scene.is_signed_in().await);
}

#[tokio::test]
async fn an_authorization_request_with_it_finds_the_same_end_user() {
    let mut scene = signed_with_a_former_key().await;
    scene.nearly_a_month_passes().await;
    let ask = scene.party.ask().set("prompt", "none").and("id_token_hint", &scene.id_token);
    let callback = scene.browser.open(&ask.url()).await.callback();
    assert!(callback.get("code").is_some(), "{callback:?}");
}

#[tokio::test]
async fn after_the_longest_session_it_is_not_understood_any_more() {
    let mut scene = signed_with_a_former_key().await;
    scene.nearly_a_month_passes().await;
    for _ in 0..2 {
        scene.world.advance(DAY).await;
    }
    let ask = scene.party.ask().and("id_token_hint", &scene.id_token);
    assert_eq!(scene.browser.open(&ask.url()).await.callback().error(), "invalid_request");
}

#[tokio::test]
async fn a_private_part_does_not_outlive_the_last_signature() {
    let scene = signed_with_a_former_key().await;
    let keys = scene.world.store().signing_keys(&scene.world.realm()).await.expect("keys");
    let (former, signing): (Vec<_>, Vec<_>) =
        keys.into_iter().partition(|key| key.published.retired_at.is_some());
    let each = Algorithm::ALL.len();
    assert_eq!((former.len(), signing.len()), (each, each));
    assert!(former.iter().all(|key| key.private.is_none()));
    assert!(signing.iter().all(|key| key.private.is_some()));
}

#[tokio::test]
async fn the_end_user_that_it_names_is_known_by_name_only_where_they_were_before() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let tokens = party.sign_in(&mut browser, &alice).await;
    world.advance(2 * DAY).await;
    let hinted = party.ask().and("id_token_hint", tokens.id_token());
    let page = browser.look_at(&hinted.url()).await;
    assert_eq!((page.id.as_str(), page.value("username")), ("login-page", alice.username.as_str()));
    // Who only has the ID token does not learn from it what they are called.
    let page = world.browser().look_at(&hinted.url()).await;
    assert_eq!((page.id.as_str(), page.value("username")), ("login-page", ""));
    assert!(!page.answer.body.contains(&alice.username));
}

#[tokio::test]
async fn who_else_is_signed_in_is_not_offered_in_the_place_of_who_is_meant() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let (party, mut browser) = (world.relying_party().await, world.browser());
    let of_bob = party.sign_in(&mut world.browser(), &bob).await;
    party.sign_in(&mut browser, &alice).await;
    for (name, value) in [("max_age", "0"), ("prompt", "login"), ("prompt", "consent")] {
        let ask = party.ask().and("id_token_hint", of_bob.id_token()).and(name, value);
        let page = browser.look_at(&ask.url()).await;
        assert_eq!(
            (page.id.as_str(), page.value("username")),
            ("login-page", ""),
            "{name}={value}"
        );
        assert!(!page.answer.body.contains(&alice.username));
    }
    let ask = party.ask().and("id_token_hint", of_bob.id_token());
    let callback = browser.authorize(&ask, &bob).await;
    let tokens = Tokens::read(party.redeem(&ask, callback.code()).await);
    assert_eq!(party.verify(tokens.id_token()).await.sub, bob.account_id.to_string());
}

#[tokio::test]
async fn one_that_is_forged_or_not_this_clients_is_refused_whoever_is_signed_in() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let (other, mut browser) = (world.relying_party().await, world.browser());
    let tokens = party.sign_in(&mut browser, &alice).await;
    let of_other = other.sign_in(&mut browser, &alice).await;
    let (signed, _) = tokens.id_token().rsplit_once('.').expect("a signature");
    let (_, claims) = signed.split_once('.').expect("claims");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64url");
    let claims = serde_json::from_slice(&claims).expect("JSON");
    let forged = [
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode([0; 256])),
        format!("{signed}."),
        Key::drawn(&world).sign(&claims),
        of_other.id_token().to_owned(),
        tokens.access_token.clone(),
        tokens.refresh_token().to_owned(),
    ];
    for hint in forged {
        for prompt in ["none", "login"] {
            let ask = party.ask().set("prompt", prompt).and("id_token_hint", &hint);
            let callback = browser.open(&ask.url()).await.callback();
            assert_eq!(callback.error(), "invalid_request", "{hint:.40}");
        }
    }
}
