//! What an end-user allows is remembered, and what they deny is told.

use protocol::client::ConsentPolicy;

use crate::world::{Browser, Landed, PASSWORD, Page, Person, RelyingParty, Tokens, World};

/// Somebody at the consent page.
async fn at_consent(world: &World, party: &RelyingParty, alice: &Person) -> (Browser, Page) {
    let mut browser = world.browser();
    let login = browser.look_at(&party.ask_for("openid profile").url()).await;
    let page = browser.log_in(&login, &alice.username, PASSWORD).await.page();
    assert_eq!(page.id, "consent-page");
    (browser, page)
}

async fn page_after(browser: &mut Browser, party: &RelyingParty, scope: &str) -> Option<String> {
    match browser.open(&party.ask_for(scope).url()).await {
        Landed::Page(page) => Some(page.id),
        Landed::Client(_) => None,
    }
}

#[tokio::test]
async fn the_page_says_who_asks_for_what_and_where_it_leads() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let (_, page) = at_consent(&world, &party, &alice).await;
    for words in ["The Client", "alice Example", "https://client.example"] {
        assert!(page.words.contains(words), "{words}: {}", page.words);
    }
    assert!(page.by_id("consent-allow").is_some() && page.by_id("consent-deny").is_some());
}

#[tokio::test]
async fn a_yes_to_less_than_is_asked_shows_the_page_again() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let (mut browser, page) = at_consent(&world, &party, &alice).await;
    for shown in [None, Some(""), Some("openid"), Some("email openid"), Some("openid\nprofile")] {
        let mut fields = vec![("sign_in", page.hidden("sign_in")), ("decision", "allow")];
        fields.extend(shown.map(|shown| ("shown", shown)));
        let answer = browser.post("/consent", &fields).await;
        assert_eq!(browser.follow(answer).await.page().id, "consent-page", "{shown:?}");
    }
    browser.press(&page, "consent-allow", &[]).await.callback().code();
}

#[tokio::test]
async fn what_was_allowed_once_is_not_asked_again() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let (mut browser, page) = at_consent(&world, &party, &alice).await;
    browser.press(&page, "consent-allow", &[]).await.callback();
    assert_eq!(page_after(&mut browser, &party, "openid profile").await, None);
    assert_eq!(page_after(&mut browser, &party, "openid").await, None);
    // Nor on another browser.
    let mut other = world.browser();
    party.sign_in(&mut other, &alice).await;
    assert_eq!(page_after(&mut other, &party, "profile openid").await, None);
}

#[tokio::test]
async fn more_than_was_allowed_is_asked_and_then_remembered_too() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let (mut browser, page) = at_consent(&world, &party, &alice).await;
    browser.press(&page, "consent-allow", &[]).await.callback();
    let page = browser.look_at(&party.ask_for("openid email").url()).await;
    browser.press(&page, "consent-allow", &[]).await.callback();
    assert_eq!(page_after(&mut browser, &party, "openid email profile").await, None);
    let other = world.relying_party().await;
    assert_eq!(page_after(&mut browser, &other, "openid").await.as_deref(), Some("consent-page"));
}

#[tokio::test]
async fn prompt_consent_asks_again() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let (mut browser, page) = at_consent(&world, &party, &alice).await;
    browser.press(&page, "consent-allow", &[]).await.callback();
    let ask = party.ask_for("openid offline_access").set("prompt", "consent");
    let page = browser.look_at(&ask.url()).await;
    assert_eq!(page.id, "consent-page");
    let callback = browser.press(&page, "consent-allow", &[]).await.callback();
    let tokens = Tokens::read(party.redeem(&ask, callback.code()).await);
    assert!(tokens.refresh_token.is_some());
    assert_eq!(browser.look_at(&ask.url()).await.id, "consent-page");
}

#[tokio::test]
async fn who_denies_sends_the_client_away_and_is_asked_again_next_time() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let (mut browser, page) = at_consent(&world, &party, &alice).await;
    let callback = browser.press(&page, "consent-deny", &[]).await.callback();
    assert_eq!((callback.error(), callback.get("code")), ("access_denied", None));
    assert!(callback.get("state").is_some());
    let next = page_after(&mut browser, &party, "openid").await;
    assert_eq!(next.as_deref(), Some("consent-page"));
}

#[tokio::test]
async fn a_client_of_the_operators_own_is_not_asked_for() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let party = world.client(|client| client.consent = ConsentPolicy::Skip).await;
    let mut browser = world.browser();
    let login = browser.look_at(&party.ask_for("openid profile").url()).await;
    let callback = browser.log_in(&login, &alice.username, PASSWORD).await.callback();
    assert!(!callback.code().is_empty());
    let asking = party.ask().set("prompt", "consent");
    assert_eq!(browser.look_at(&asking.url()).await.id, "consent-page");
}
