//! An `id_token_hint` is understood as long as the session that it may be of can last, also when the key that signed it
//! is long gone (OpenID Connect RP-Initiated Logout 1.0 §2).

use std::time::Duration;

use protocol::paths;

use crate::world::{Browser, POST_LOGOUT_REDIRECT_URI, RelyingParty, Sent, Tokens, World};

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
    world.flows().rotate_keys(None).await.expect("successors are announced");
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
    assert_eq!((former.len(), signing.len()), (3, 3));
    assert!(former.iter().all(|key| key.private.is_none()));
    assert!(signing.iter().all(|key| key.private.is_some()));
}
