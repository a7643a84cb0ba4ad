//! "Keep me signed in", for somebody who is signed in and asked again: what they choose last holds.

use std::time::Duration;

use crate::world::{Browser, PASSWORD, Page, Person, RelyingParty, World};

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
    /// The page on which they are asked again.
    async fn asked_again(&mut self) -> Page {
        let page = self.browser.look_at(&self.party.ask().set("prompt", "login").url()).await;
        assert_eq!(page.value("username"), self.alice.username);
        page
    }

    async fn is_signed_in(&mut self) -> bool {
        let ask = self.party.ask().set("prompt", "none");
        self.browser.open(&ask.url()).await.callback().get("code").is_some()
    }
}

fn is_ticked(page: &Page) -> bool {
    page.by_id("remember_me").unwrap().contains_key("checked")
}

#[tokio::test]
async fn who_ticks_the_box_when_asked_again_is_remembered_from_then_on() {
    let mut scene = signed_in(false).await;
    let page = scene.asked_again().await;
    assert!(!is_ticked(&page));
    let typed = [("password", PASSWORD), ("remember_me", "on")];
    scene.browser.press(&page, "login-submit", &typed).await.callback();
    scene.browser.close_window();
    scene.world.advance(13 * DAY).await;
    assert!(scene.is_signed_in().await);
}

#[tokio::test]
async fn who_is_remembered_and_leaves_the_box_as_it_is_stays_remembered() {
    let mut scene = signed_in(true).await;
    let page = scene.asked_again().await;
    assert!(is_ticked(&page));
    scene.browser.press(&page, "login-submit", &[("password", PASSWORD)]).await.callback();
    scene.browser.close_window();
    scene.world.advance(13 * DAY).await;
    assert!(scene.is_signed_in().await);
}

#[tokio::test]
async fn who_takes_the_tick_away_is_not_remembered_any_more() {
    let mut scene = signed_in(true).await;
    scene.world.advance(5 * DAY).await;
    let page = scene.asked_again().await;
    let sign_in = page.hidden("sign_in");
    let fields =
        [("sign_in", sign_in), ("username", &scene.alice.username), ("password", PASSWORD)];
    let answer = scene.browser.post("/login", &fields).await;
    scene.browser.follow(answer).await.callback();
    assert!(scene.is_signed_in().await, "they have just proved who they are");
    let mut another_window = scene.browser.clone();
    another_window.close_window();
    scene.world.advance(Duration::from_secs(31 * 60)).await;
    assert!(!scene.is_signed_in().await, "unused for half an hour");
    assert_eq!(another_window.jar.get("_session"), None);
}

#[tokio::test]
async fn a_wrong_password_keeps_the_choice_on_the_page() {
    let mut scene = signed_in(true).await;
    let page = scene.asked_again().await;
    let fields = [
        ("sign_in", page.hidden("sign_in")),
        ("username", &scene.alice.username),
        ("password", "wrong"),
    ];
    let answer = scene.browser.post("/login", &fields).await;
    assert!(!is_ticked(&scene.browser.follow(answer).await.page()));
    let again = scene.browser.press(&page, "login-submit", &[("password", "wrong")]).await.page();
    assert!(is_ticked(&again));
}

/// The session becomes shorter than what was given in it: its end is remembered for as long as that could hold.
#[tokio::test]
async fn what_was_given_while_remembered_does_not_come_back_after_the_end_of_a_shorter_session() {
    for by_operator in [false, true] {
        let mut scene = signed_in(true).await;
        let tokens = scene.party.sign_in(&mut scene.browser, &scene.alice).await;
        let page = scene.asked_again().await;
        let sign_in = page.hidden("sign_in");
        let fields =
            [("sign_in", sign_in), ("username", &scene.alice.username), ("password", PASSWORD)];
        let answer = scene.browser.post("/login", &fields).await;
        scene.browser.follow(answer).await.callback();
        assert_eq!(scene.party.introspect(tokens.refresh_token()).await["active"], true);
        if by_operator {
            let sid = scene.party.verify(tokens.id_token()).await.sid.expect("a sid");
            let revoke = format!("/sessions/{sid}/revoke");
            let admin = scene.world.admin().await;
            assert_eq!(admin.post(&revoke, &serde_json::json!({})).await.status, 204);
        } else {
            let page = scene.browser.look_at("/logout").await;
            scene.browser.press(&page, "logout-confirm", &[]).await;
        }
        for days in [0, 1, 28] {
            scene.world.advance(days * DAY + Duration::from_secs(14 * 3600)).await;
            let told = scene.party.introspect(tokens.refresh_token()).await;
            assert_eq!(told["active"], false, "{by_operator} {days}");
            let refreshed = scene.party.refresh(tokens.refresh_token()).await;
            assert_eq!(refreshed.error(), "invalid_grant", "{by_operator} {days}");
        }
    }
}
