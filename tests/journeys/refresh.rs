//! Refreshing: less scope, the same end-user, and an end with the session (RFC 6749 §6, OpenID Connect Core 1.0 §12).

use std::time::Duration;

use crate::world::{Browser, RelyingParty, Tokens, World};

struct Scene {
    world: World,
    party: RelyingParty,
    browser: Browser,
    tokens: Tokens,
}

async fn given(scope: &str) -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let tokens = party.sign_in_for(&party.ask_for(scope), &mut browser, &alice).await;
    Scene { world, party, browser, tokens }
}

impl Scene {
    async fn asking(&self, refresh_token: &str, scope: &str) -> crate::world::Answer {
        let fields =
            [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("scope", scope)];
        self.world.send(self.party.token_request(&fields)).await
    }
}

#[tokio::test]
async fn a_refresh_may_ask_for_less_and_later_for_all_again_but_never_for_more() {
    let scene = given("openid profile email").await;
    let less = Tokens::read(scene.asking(scene.tokens.refresh_token(), "openid email").await);
    assert_eq!(less.scope, "email openid");
    let claims = scene.party.userinfo(&less.access_token).await.json();
    assert!(claims.get("email").is_some() && claims.get("name").is_none());
    let all = Tokens::read(scene.party.refresh(less.refresh_token()).await);
    assert_eq!(all.scope, "email openid profile");
    for scope in ["openid phone", "openid offline_access", "unknown", "open\"id"] {
        let refused = scene.asking(all.refresh_token(), scope).await;
        assert_eq!((refused.status, refused.error().as_str()), (400, "invalid_scope"), "{scope}");
    }
    assert_eq!(scene.party.refresh(all.refresh_token()).await.status, 200, "nothing was lost");
}

#[tokio::test]
async fn an_id_token_at_refresh_has_no_nonce_and_says_the_same_of_the_sign_in() {
    let scene = given("openid").await;
    let first = scene.party.verify(scene.tokens.id_token()).await;
    scene.world.advance(Duration::from_secs(60)).await;
    let refreshed = Tokens::read(scene.party.refresh(scene.tokens.refresh_token()).await);
    let second = scene.party.verify(refreshed.id_token()).await;
    assert!(first.nonce.is_some() && second.nonce.is_none());
    assert_eq!((&second.iss, &second.sub, &second.aud), (&first.iss, &first.sub, &first.aud));
    assert_eq!((second.auth_time, second.sid), (first.auth_time, first.sid));
    assert!(second.iat > first.iat);
    assert_ne!(refreshed.access_token, scene.tokens.access_token);
}

#[tokio::test]
async fn each_refresh_gives_another_refresh_token() {
    let scene = given("openid").await;
    let mut tokens = scene.tokens.clone();
    let mut seen = vec![tokens.refresh_token().to_owned()];
    for _ in 0..5 {
        scene.world.advance(Duration::from_secs(60)).await;
        tokens = Tokens::read(scene.party.refresh(tokens.refresh_token()).await);
        assert!(!seen.contains(&tokens.refresh_token().to_owned()));
        seen.push(tokens.refresh_token().to_owned());
    }
}

#[tokio::test]
async fn what_was_given_ends_thirty_days_after_the_sign_in_however_often_it_is_refreshed() {
    let scene = given("openid offline_access").await;
    let day = Duration::from_secs(24 * 3600);
    let mut tokens = scene.tokens.clone();
    for _ in 0..2 {
        scene.world.advance(14 * day).await;
        tokens = Tokens::read(scene.party.refresh(tokens.refresh_token()).await);
    }
    scene.world.advance(2 * day).await;
    assert_eq!(scene.party.refresh(tokens.refresh_token()).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_logout_ends_what_was_given_in_the_session_but_not_what_was_given_offline() {
    for (scope, status) in [("openid", 400), ("openid offline_access", 200)] {
        let mut scene = given(scope).await;
        let page = scene.browser.look_at("/logout").await;
        scene.browser.press(&page, "logout-confirm", &[]).await;
        assert_eq!(
            scene.party.refresh(scene.tokens.refresh_token()).await.status,
            status,
            "{scope}"
        );
        let userinfo = scene.party.userinfo(&scene.tokens.access_token).await.status;
        assert_eq!(userinfo == 200, status == 200, "{scope}");
    }
}

#[tokio::test]
async fn a_client_without_the_grant_type_gets_no_refresh_token() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let codes_alone = |client: &mut protocol::client::Client| client.grant_types.truncate(1);
    let party = world.client(codes_alone).await;
    let tokens = party
        .sign_in_for(&party.ask_for("openid offline_access"), &mut world.browser(), &alice)
        .await;
    assert_eq!(tokens.refresh_token, None);
    assert_eq!(party.refresh("x").await.error(), "unauthorized_client");
}
