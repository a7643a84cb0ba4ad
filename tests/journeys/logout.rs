//! Signing out, by an application and by oneself (OpenID Connect RP-Initiated Logout 1.0).

use std::time::Duration;

use crate::world::{Browser, POST_LOGOUT_REDIRECT_URI, Page, Person, RelyingParty, Tokens, World};

struct Scene {
    world: World,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
    tokens: Tokens,
}

async fn signed_in() -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let tokens = party.sign_in(&mut browser, &alice).await;
    Scene { world, alice, party, browser, tokens }
}

impl Scene {
    async fn is_signed_in(&mut self) -> bool {
        let ask = self.party.ask().set("prompt", "none");
        self.browser.open(&ask.url()).await.callback().get("code").is_some()
    }

    async fn page(&mut self, parameters: &[(&str, &str)]) -> Page {
        self.browser.look_at(&self.party.logout(parameters)).await
    }

    /// A page says no, nobody is sent anywhere, and the session stays.
    async fn is_refused(&mut self, parameters: &[(&str, &str)]) {
        let page = self.page(parameters).await;
        assert_eq!((page.answer.status, page.id.as_str()), (400, "error-page"), "{parameters:?}");
        assert!(self.is_signed_in().await, "{parameters:?}");
    }
}

const URI: (&str, &str) = ("post_logout_redirect_uri", POST_LOGOUT_REDIRECT_URI);

#[tokio::test]
async fn with_a_hint_the_browser_goes_back_with_the_state_and_nobody_is_signed_in() {
    let mut scene = signed_in().await;
    let id_token = scene.tokens.id_token().to_owned();
    let asked = [("id_token_hint", id_token.as_str()), URI, ("state", "a b&c")];
    let callback = scene.browser.open(&scene.party.logout(&asked)).await.callback();
    assert!(callback.url.as_str().starts_with(POST_LOGOUT_REDIRECT_URI));
    assert_eq!(callback.parameters, [("state".to_owned(), "a b&c".to_owned())]);
    assert!(!scene.is_signed_in().await);
}

#[tokio::test]
async fn without_a_state_none_comes_back() {
    let mut scene = signed_in().await;
    let id_token = scene.tokens.id_token().to_owned();
    let asked = [("id_token_hint", id_token.as_str()), URI];
    let callback = scene.browser.open(&scene.party.logout(&asked)).await.callback();
    assert_eq!(callback.url.as_str(), POST_LOGOUT_REDIRECT_URI);
    assert!(!scene.is_signed_in().await);
}

#[tokio::test]
async fn the_hint_of_an_expired_id_token_is_good() {
    let mut scene = signed_in().await;
    for _ in 0..4 {
        scene.world.advance(Duration::from_secs(25 * 60)).await;
        assert!(scene.is_signed_in().await);
    }
    let id_token = scene.tokens.id_token().to_owned();
    let asked = [("id_token_hint", id_token.as_str()), URI];
    scene.browser.open(&scene.party.logout(&asked)).await.callback();
    assert!(!scene.is_signed_in().await);
}

#[tokio::test]
async fn a_uri_that_is_not_registered_is_refused() {
    let mut scene = signed_in().await;
    let id_token = scene.tokens.id_token().to_owned();
    let hint = ("id_token_hint", id_token.as_str());
    for uri in [
        "https://client.example/other",
        "https://client.example/bye?a=b",
        "https://client.example/cb",
    ] {
        scene.is_refused(&[hint, ("post_logout_redirect_uri", uri)]).await;
    }
}

#[tokio::test]
async fn a_hint_that_is_not_ours_is_refused() {
    let mut scene = signed_in().await;
    let id_token = scene.tokens.id_token().to_owned();
    let (head, signature) = id_token.rsplit_once('.').unwrap();
    let (_, payload) = head.split_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    let unsigned = format!("eyJhbGciOiJub25lIn0.{payload}.");
    let access_token = scene.tokens.access_token.clone();
    for hint in [&forged, &unsigned, &access_token, "x"] {
        scene.is_refused(&[("id_token_hint", hint), URI]).await;
        scene.is_refused(&[("id_token_hint", hint)]).await;
    }
    let other = scene.world.relying_party().await.id();
    scene.is_refused(&[("id_token_hint", &id_token), ("client_id", &other), URI]).await;
}

#[tokio::test]
async fn a_redirect_that_nobody_vouches_for_is_refused() {
    let mut scene = signed_in().await;
    scene.is_refused(&[URI]).await;
    scene.is_refused(&[URI, ("client_id", "unknown")]).await;
    scene.is_refused(&[("state", "a"), ("state", "b")]).await;
}

#[tokio::test]
async fn without_a_hint_the_end_user_is_asked_first() {
    for parameters in [vec![], vec![("state", "x")], vec![("client_id", "ours"), URI]] {
        let mut scene = signed_in().await;
        let id = scene.party.id();
        let has_uri = parameters.contains(&URI);
        let parameters: Vec<_> = parameters
            .into_iter()
            .map(|(name, value)| (name, if value == "ours" { id.as_str() } else { value }))
            .collect();
        let page = scene.page(&parameters).await;
        assert_eq!(page.id, "logout-page");
        assert!(scene.is_signed_in().await, "a link alone signs nobody out");
        let landed = scene.browser.press(&page, "logout-confirm", &[]).await;
        if has_uri {
            assert_eq!(landed.callback().url.as_str(), POST_LOGOUT_REDIRECT_URI);
        } else {
            assert_eq!(landed.page().id, "logged-out-page");
        }
        assert!(!scene.is_signed_in().await);
    }
}

#[tokio::test]
async fn the_hint_of_somebody_else_asks_first() {
    let mut scene = signed_in().await;
    let bob = scene.world.person("bob").await;
    let tokens = scene.party.sign_in(&mut scene.world.browser(), &bob).await;
    let page = scene.page(&[("id_token_hint", tokens.id_token()), URI]).await;
    assert_eq!(page.id, "logout-page");
    assert!(page.words.contains(&format!("{} Example", scene.alice.username)));
    assert!(scene.is_signed_in().await);
}

#[tokio::test]
async fn a_request_by_post_from_the_client_signs_out() {
    let mut scene = signed_in().await;
    let id_token = scene.tokens.id_token().to_owned();
    let asked = [("id_token_hint", id_token.as_str()), URI, ("state", "s")];
    let answer = scene.browser.post_from_elsewhere("/oauth2/logout", &asked).await;
    assert_eq!(answer.status, 303);
    let callback = scene.browser.follow(answer).await.callback();
    assert_eq!(callback.get("state"), Some("s"));
    assert!(!scene.is_signed_in().await);
}

#[tokio::test]
async fn nobody_is_signed_out_by_the_page_of_somebody_else() {
    let mut scene = signed_in().await;
    let mut mallory = scene.world.browser();
    let other = scene.world.person("mallory").await;
    scene.party.sign_in(&mut mallory, &other).await;
    let page = mallory.look_at("/logout").await;
    let planted = page.hidden("logout").to_owned();
    // Another site posts it: it comes without cookies, ends nothing, and leads to the question.
    let answer = scene.browser.post_from_elsewhere("/logout", &[("logout", &planted)]).await;
    assert_eq!((answer.status, answer.cookies().len()), (303, 0));
    assert_eq!(scene.browser.follow(answer).await.page().id, "logout-page");
    assert!(scene.is_signed_in().await);
    // Made to look like our own page's, it is of another session.
    let answer = scene.browser.post("/logout", &[("logout", &planted)]).await;
    assert_eq!(answer.status, 400);
    assert!(scene.is_signed_in().await);
}

#[tokio::test]
async fn a_confirmation_is_forgotten_after_half_an_hour() {
    let mut scene = signed_in().await;
    let page = scene.browser.look_at("/logout").await;
    scene.world.advance(Duration::from_secs(25 * 60)).await;
    assert!(scene.is_signed_in().await);
    scene.world.advance(Duration::from_secs(5 * 60)).await;
    let landed = scene.browser.press(&page, "logout-confirm", &[]).await.page();
    assert_eq!((landed.answer.status, landed.id.as_str()), (400, "error-page"));
    assert!(scene.is_signed_in().await);
}

#[tokio::test]
async fn who_is_not_signed_in_is_told_so() {
    let world = World::new().await;
    let mut browser = world.browser();
    assert_eq!(browser.look_at("/logout").await.id, "logged-out-page");
    let party = world.relying_party().await;
    assert_eq!(browser.look_at(&party.logout(&[])).await.id, "logged-out-page");
}
