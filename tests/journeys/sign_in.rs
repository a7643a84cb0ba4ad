//! The login page: what it asks, what it says, and how long it waits.

use std::time::Duration;

use crate::world::{PASSWORD, World};

#[tokio::test]
async fn the_page_says_where_one_is_going_and_asks_for_name_and_password() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let page = world.browser().look_at(&party.ask().url()).await;
    assert_eq!(page.id, "login-page");
    assert!(page.words.contains("The Client"), "{}", page.words);
    for id in ["username", "password", "remember_me", "login-submit"] {
        assert!(page.by_id(id).is_some(), "{id}");
    }
    let policy = page.answer.header("content-security-policy").unwrap();
    assert!(policy.ends_with("form-action 'self' https:"), "{policy}");
    assert_eq!(page.answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_wrong_password_is_told_and_the_name_stays() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let page = browser.look_at(&party.ask().url()).await;
    let again = browser.log_in(&page, &alice.email, "wrong").await.page();
    assert_eq!((again.answer.status, again.id.as_str()), (200, "login-page"));
    assert!(again.by_id("problem-text").is_some());
    assert_eq!((again.value("username"), again.value("password")), (alice.email.as_str(), ""));
    assert_eq!(browser.log_in(&again, &alice.email, PASSWORD).await.page().id, "consent-page");
}

#[tokio::test]
async fn what_is_missing_is_told_field_by_field() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let mut browser = world.browser();
    let page = browser.look_at(&party.ask().url()).await;
    let cases = [("", "", true, true), ("alice", "", false, true), (" ", "x", true, false)];
    for (name, password, name_is_missing, password_is_missing) in cases {
        let again = browser.log_in(&page, name, password).await.page();
        let told = ["username-problem", "password-problem"].map(|id| again.by_id(id).is_some());
        assert_eq!(told, [name_is_missing, password_is_missing], "{name:?} {password:?}");
    }
}

#[tokio::test]
async fn the_name_may_come_before_the_password() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let page = browser.look_at(&party.ask().url()).await;
    let id = page.hidden("sign_in").to_owned();
    let named =
        browser.post("/login", &[("sign_in", id.as_str()), ("username", &alice.email)]).await;
    let page = browser.follow(named).await.page();
    assert_eq!((page.id.as_str(), page.value("username")), ("login-page", alice.email.as_str()));
    let landed = browser.press(&page, "login-submit", &[("password", PASSWORD)]).await;
    assert_eq!(landed.page().id, "consent-page");
}

#[tokio::test]
async fn every_name_of_an_account_signs_it_in() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    for name in [&alice.username, &alice.email, &alice.phone, &alice.email.to_uppercase()] {
        let mut browser = world.browser();
        let page = browser.look_at(&party.ask().url()).await;
        let landed = browser.log_in(&page, name, PASSWORD).await;
        assert!(
            !matches!(landed, crate::world::Landed::Page(page) if page.id == "login-page"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_sign_in_that_waits_too_long_is_over() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let page = browser.look_at(&party.ask().url()).await;
    world.advance(Duration::from_secs(30 * 60 - 1)).await;
    assert_eq!(
        browser.look_at(&format!("/login?sign_in={}", page.hidden("sign_in"))).await.id,
        "login-page"
    );
    world.advance(Duration::from_secs(1)).await;
    let over = browser.log_in(&page, &alice.username, PASSWORD).await.page();
    assert_eq!((over.answer.status, over.id.as_str()), (400, "error-page"));
    assert_eq!(browser.jar.get("_session"), None);
}

#[tokio::test]
async fn who_signs_in_in_another_tab_is_not_asked_again_in_this_one() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let ask = party.ask();
    let waiting = browser.look_at(&ask.url()).await;
    party.sign_in(&mut browser, &alice).await;
    let address = format!("/login?sign_in={}", waiting.hidden("sign_in"));
    let callback = browser.open(&address).await.callback();
    assert_eq!(callback.get("state"), Some(ask.get("state")));
    assert_eq!(party.redeem(&ask, callback.code()).await.status, 200);
}

#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    for (seconds, status) in [(59, 200), (60, 400)] {
        let ask = party.ask();
        let callback = browser.authorize(&ask, &alice).await;
        world.advance(Duration::from_secs(seconds)).await;
        assert_eq!(party.redeem(&ask, callback.code()).await.status, status, "{seconds}");
    }
}

#[tokio::test]
async fn a_client_that_is_switched_off_meanwhile_gets_nothing() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let ask = party.ask();
    let page = browser.look_at(&ask.url()).await;
    let callback = world.browser().authorize(&ask, &alice).await;
    world.disable_client(&party).await;
    let over = browser.log_in(&page, &alice.username, PASSWORD).await.page();
    assert_eq!((over.answer.status, over.id.as_str()), (400, "error-page"));
    let answer = party.redeem(&ask, callback.code()).await;
    assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_client"));
}
