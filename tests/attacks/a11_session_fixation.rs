//! A session that somebody knew before is not the session after.

use crate::world::{Sent, World};

#[tokio::test]
async fn every_sign_in_and_logout_changes_the_session_cookie() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let party = world.relying_party().await;
    let mut browser = world.browser();
    let mut seen = vec![browser.jar.get("_session").map(str::to_owned)];
    let mut changed = |cookie: Option<&str>| {
        let cookie = cookie.map(str::to_owned);
        assert!(!seen.contains(&cookie), "{cookie:?} was there before");
        seen.push(cookie);
    };
    party.sign_in(&mut browser, &alice).await;
    changed(browser.jar.get("_session"));
    // The same person proves it again: the session goes on under another cookie.
    let again = party.ask().set("prompt", "login");
    party.sign_in_for(&again, &mut browser, &alice).await;
    changed(browser.jar.get("_session"));
    let other = party.ask().set("prompt", "select_account");
    party.sign_in_for(&other, &mut browser, &bob).await;
    changed(browser.jar.get("_session"));

    let before_logout = browser.clone();
    let page = browser.look_at("/logout").await;
    browser.press(&page, "logout-confirm", &[]).await;
    assert_eq!(browser.jar.get("_session"), None);
    for mut old in [before_logout, browser] {
        assert_eq!(old.look_at(&party.ask().url()).await.id, "login-page");
    }
}

#[tokio::test]
async fn a_planted_session_cookie_is_not_taken_over() {
    let world = World::with(|setup| setup.issuer = "http://localhost:8080").await;
    let (mallory, alice) = (world.person("mallory").await, world.person("alice").await);
    let party = world.relying_party().await;
    let mut attacker = world.browser();
    party.sign_in(&mut attacker, &mallory).await;
    let planted = attacker.jar.get("_session").unwrap().to_owned();

    let mut victim = world.browser();
    victim.jar.plant("doorward_session", &planted);
    party.sign_in_for(&party.ask().set("prompt", "login"), &mut victim, &alice).await;
    assert_ne!(victim.jar.get("_session"), Some(planted.as_str()));
    // What the attacker planted has become nobody's.
    let silent = attacker.open(&party.ask().set("prompt", "none").url()).await.callback();
    assert_eq!(silent.error(), "login_required");
}

#[tokio::test]
async fn over_https_only_the_host_bound_cookie_counts() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    party.sign_in(&mut browser, &alice).await;
    assert!(browser.jar.is_secure());
    let names = browser.jar.names();
    assert!(names.iter().all(|name| name.starts_with("__Host-")), "{names:?}");
    let session = browser.jar.get("_session").unwrap().to_owned();

    // Another host of the domain, or a page of http, can plant every name but those with the prefix.
    for name in ["doorward_session", "__host-doorward_session", "__Secure-doorward_session"] {
        let mut other = world.browser();
        other.jar.plant(name, &session);
        assert_eq!(other.look_at(&party.ask().url()).await.id, "login-page", "{name}");
    }
    // Where a second one of the same name came beside ours, neither is believed.
    let twice = format!("__Host-doorward_session={session}; __Host-doorward_session={session}");
    let mut other = world.browser();
    let sent = Sent::get(party.ask().set("prompt", "none").path());
    let answer = other.send(sent.header("cookie", twice), false).await;
    assert!(answer.location().unwrap().contains("error=login_required"), "{answer:?}");
}
