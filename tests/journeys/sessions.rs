//! How long somebody stays signed in (MISSION N1).

use std::time::Duration;

use crate::world::{Browser, PASSWORD, Person, RelyingParty, World};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

struct Scene {
    world: World,
    party: RelyingParty,
    alice: Person,
    browser: Browser,
}

async fn signed_in(remember_me: bool) -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let login = browser.look_at(&party.ask().url()).await;
    let mut typed = vec![("username", alice.username.as_str()), ("password", PASSWORD)];
    typed.extend(remember_me.then_some(("remember_me", "on")));
    let consent = browser.press(&login, "login-submit", &typed).await.page();
    browser.press(&consent, "consent-allow", &[]).await.callback();
    Scene { world, party, alice, browser }
}

impl Scene {
    async fn is_signed_in(&mut self) -> bool {
        let ask = self.party.ask().set("prompt", "none");
        self.browser.open(&ask.url()).await.callback().get("code").is_some()
    }
}

#[tokio::test]
async fn an_unused_session_ends_after_half_an_hour() {
    let mut scene = signed_in(false).await;
    scene.world.advance(29 * MINUTE).await;
    assert!(scene.is_signed_in().await);
    scene.world.advance(29 * MINUTE).await;
    assert!(scene.is_signed_in().await, "a use keeps it");
    scene.world.advance(31 * MINUTE).await;
    assert!(!scene.is_signed_in().await);
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours_however_much_it_is_used() {
    let mut scene = signed_in(false).await;
    for _ in 0..36 {
        assert!(scene.is_signed_in().await);
        scene.world.advance(20 * MINUTE).await;
    }
    assert!(!scene.is_signed_in().await);
}

#[tokio::test]
async fn a_session_that_is_not_to_be_remembered_goes_with_the_window() {
    let mut scene = signed_in(false).await;
    scene.browser.close_window();
    assert!(!scene.is_signed_in().await);
}

#[tokio::test]
async fn who_asked_to_be_remembered_is_signed_in_after_closing_the_window_for_two_weeks() {
    let mut scene = signed_in(true).await;
    scene.browser.close_window();
    scene.world.advance(13 * DAY).await;
    assert!(scene.is_signed_in().await);
    scene.world.advance(13 * DAY).await;
    assert!(scene.is_signed_in().await);
    // A month after the sign-in they prove again who they are.
    scene.world.advance(5 * DAY).await;
    assert!(!scene.is_signed_in().await);
}

#[tokio::test]
async fn a_session_of_an_account_that_is_switched_off_is_none() {
    let mut scene = signed_in(true).await;
    scene.world.disable(&scene.alice).await;
    assert!(!scene.is_signed_in().await);
    let page = scene.browser.look_at(&scene.party.ask().url()).await;
    let again = scene.browser.log_in(&page, &scene.alice.username, PASSWORD).await.page();
    assert_eq!((again.id.as_str(), again.by_id("problem-text").is_some()), ("login-page", true));
}

#[tokio::test]
async fn a_code_of_a_session_that_ended_gives_nothing() {
    let mut scene = signed_in(false).await;
    let ask = scene.party.ask();
    let callback = scene.browser.open(&ask.url()).await.callback();
    let page = scene.browser.look_at("/logout").await;
    scene.browser.press(&page, "logout-confirm", &[]).await;
    let answer = scene.party.redeem(&ask, callback.code()).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
}
