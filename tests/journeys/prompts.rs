//! What `prompt`, `max_age` and `id_token_hint` ask for (OpenID Connect Core 1.0 §3.1.2.1).

use std::time::Duration;

use protocol::tokens::IdTokenClaims;

use crate::world::{Ask, Browser, PASSWORD, Person, RelyingParty, Tokens, World};

struct Scene {
    world: World,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
    /// Of the first sign-in, a minute ago.
    first: IdTokenClaims,
    id_token: String,
}

async fn signed_in() -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let tokens = party.sign_in(&mut browser, &alice).await;
    let first = party.verify(tokens.id_token()).await;
    world.advance(Duration::from_secs(60)).await;
    Scene { alice, first, id_token: tokens.id_token().to_owned(), world, party, browser }
}

impl Scene {
    /// Without a page.
    async fn silently(&mut self, ask: &Ask) -> IdTokenClaims {
        let callback = self.browser.open(&ask.url()).await.callback();
        self.claims(ask, callback.code()).await
    }

    async fn claims(&self, ask: &Ask, code: &str) -> IdTokenClaims {
        let tokens = Tokens::read(self.party.redeem(ask, code).await);
        self.party.verify(tokens.id_token()).await
    }

    /// With the login page, on which the person proves again who they are.
    async fn after_proof(&mut self, ask: &Ask) -> IdTokenClaims {
        let page = self.browser.look_at(&ask.url()).await;
        assert_eq!(page.id, "login-page");
        assert!(
            page.value("username").contains(&self.alice.username)
                || page.value("username") == self.alice.phone
        );
        assert!(page.by_id("username").unwrap().contains_key("readonly"));
        let landed = self.browser.press(&page, "login-submit", &[("password", PASSWORD)]).await;
        self.claims(ask, landed.callback().code()).await
    }
}

#[tokio::test]
async fn prompt_none_without_a_session_says_login_required() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let ask = party.ask().set("prompt", "none");
    let callback = world.browser().open(&ask.url()).await.callback();
    assert_eq!(
        (callback.error(), callback.get("state")),
        ("login_required", Some(ask.get("state")))
    );
}

#[tokio::test]
async fn prompt_none_without_consent_says_consent_required() {
    let mut scene = signed_in().await;
    let other = scene.world.relying_party().await;
    let ask = other.ask().set("prompt", "none");
    assert_eq!(scene.browser.open(&ask.url()).await.callback().error(), "consent_required");
    let more = scene.party.ask_for("openid email").set("prompt", "none");
    assert_eq!(scene.browser.open(&more.url()).await.callback().error(), "consent_required");
}

#[tokio::test]
async fn prompt_none_succeeds_silently_with_the_same_sub_and_auth_time() {
    let mut scene = signed_in().await;
    let ask = scene.party.ask().set("prompt", "none");
    let claims = scene.silently(&ask).await;
    assert_eq!((&claims.sub, claims.auth_time), (&scene.first.sub, scene.first.auth_time));
    assert_eq!(claims.sid, scene.first.sid);
}

#[tokio::test]
async fn prompt_login_asks_again_and_moves_auth_time() {
    let mut scene = signed_in().await;
    let ask = scene.party.ask().set("prompt", "login");
    let claims = scene.after_proof(&ask).await;
    assert_eq!((&claims.sub, claims.sid), (&scene.first.sub, scene.first.sid));
    assert!(claims.auth_time > scene.first.auth_time);
}

#[tokio::test]
async fn a_max_age_that_has_passed_asks_again() {
    let mut scene = signed_in().await;
    for max_age in ["59", "1", "0"] {
        let ask = scene.party.ask().set("max_age", max_age);
        let claims = scene.after_proof(&ask).await;
        assert!(claims.auth_time > scene.first.auth_time, "{max_age}");
        scene.world.advance(Duration::from_secs(60)).await;
        scene.first = claims;
    }
}

#[tokio::test]
async fn a_max_age_that_has_not_passed_asks_nothing_and_tells_auth_time() {
    let mut scene = signed_in().await;
    for max_age in ["60", "10000"] {
        let ask = scene.party.ask().set("max_age", max_age);
        let claims = scene.silently(&ask).await;
        assert!(claims.auth_time.is_some());
        assert_eq!(claims.auth_time, scene.first.auth_time);
    }
}

#[tokio::test]
async fn prompt_none_with_a_max_age_that_has_passed_says_login_required() {
    let mut scene = signed_in().await;
    let ask = scene.party.ask().set("prompt", "none").set("max_age", "59");
    assert_eq!(scene.browser.open(&ask.url()).await.callback().error(), "login_required");
}

#[tokio::test]
async fn prompt_select_account_lets_somebody_else_sign_in() {
    let mut scene = signed_in().await;
    let bob = scene.world.person("bob").await;
    let ask = scene.party.ask().set("prompt", "select_account");
    let callback = scene.browser.authorize(&ask, &bob).await;
    let claims = scene.claims(&ask, callback.code()).await;
    assert_eq!(claims.sub, bob.account_id.to_string());
    assert_ne!(claims.sid, scene.first.sid);
}

#[tokio::test]
async fn an_id_token_hint_of_the_same_end_user_succeeds_silently() {
    let mut scene = signed_in().await;
    let id_token = scene.id_token.clone();
    let hinted = scene.party.ask().set("prompt", "none").and("id_token_hint", &id_token);
    assert_eq!(scene.silently(&hinted).await.sub, scene.first.sub);
    // Also when it has expired.
    for _ in 0..5 {
        scene.world.advance(Duration::from_secs(20 * 60)).await;
        let ask = scene.party.ask().set("prompt", "none");
        scene.silently(&ask).await;
    }
    let hinted = scene.party.ask().set("prompt", "none").and("id_token_hint", &id_token);
    assert_eq!(scene.silently(&hinted).await.sub, scene.first.sub);
}

#[tokio::test]
async fn an_id_token_hint_of_another_end_user_never_passes_silently() {
    let mut scene = signed_in().await;
    let bob = scene.world.person("bob").await;
    let tokens = scene.party.sign_in(&mut scene.world.browser(), &bob).await;
    let hinted = scene.party.ask().and("id_token_hint", tokens.id_token());
    let silent = scene.browser.open(&hinted.clone().set("prompt", "none").url()).await.callback();
    assert_eq!(silent.error(), "login_required");
    // Who is asked and is still somebody else is not taken for the one that was meant.
    let page = scene.browser.look_at(&hinted.url()).await;
    let landed = scene.browser.log_in(&page, &scene.alice.username, PASSWORD).await;
    assert_eq!(landed.callback().error(), "login_required");
}
