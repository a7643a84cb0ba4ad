//! The lock falls exactly where the operator put it, ends by itself, and shuts nobody out who is in.

use std::time::Duration;

use crate::world::{Browser, PASSWORD, Person, RelyingParty, World};

/// The status of the page after typing `password`; 303 for a way on.
async fn types(
    browser: &mut Browser,
    party: &RelyingParty,
    person: &Person,
    password: &str,
) -> u16 {
    let page = browser.look_at(&party.ask().set("prompt", "login").url()).await;
    let id = page.hidden("sign_in");
    let typed = [("sign_in", id), ("username", &person.username), ("password", password)];
    browser.post("/login", &typed).await.status
}

#[tokio::test]
async fn the_lock_falls_at_its_threshold_and_not_before() {
    for failures_max in [9, 10, 11] {
        let world =
            World::with(|setup| setup.policies.lockout.policy.failures_max = failures_max).await;
        let (alice, party) = (world.person("alice").await, world.relying_party().await);
        for _ in 1..failures_max {
            assert_eq!(types(&mut world.browser(), &party, &alice, "wrong").await, 200);
        }
        assert_eq!(types(&mut world.browser(), &party, &alice, PASSWORD).await, 303);
        // A success begins anew.
        for _ in 0..failures_max {
            assert_eq!(types(&mut world.browser(), &party, &alice, "wrong").await, 200);
        }
        assert_eq!(types(&mut world.browser(), &party, &alice, PASSWORD).await, 429);
    }
}

#[tokio::test]
async fn a_lock_ends_by_itself_when_its_time_is_over() {
    let world = World::with(|setup| setup.policies.lockout.policy.failures_max = 3).await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    for _ in 0..3 {
        types(&mut world.browser(), &party, &alice, "wrong").await;
    }
    let mut browser = world.browser();
    world.advance(Duration::from_secs(59)).await;
    assert_eq!(types(&mut browser, &party, &alice, PASSWORD).await, 429);
    world.advance(Duration::from_secs(1)).await;
    assert_eq!(types(&mut browser, &party, &alice, PASSWORD).await, 303);
}

#[tokio::test]
async fn a_session_that_is_open_outlives_the_lock() {
    let world = World::with(|setup| setup.policies.lockout.policy.failures_max = 3).await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let tokens = party.sign_in(&mut browser, &alice).await;
    for _ in 0..3 {
        types(&mut world.browser(), &party, &alice, "wrong").await;
    }
    assert_eq!(types(&mut world.browser(), &party, &alice, PASSWORD).await, 429);
    let silent = browser.open(&party.ask().set("prompt", "none").url()).await.callback();
    assert!(silent.get("code").is_some(), "{silent:?}");
    assert_eq!(party.refresh(tokens.refresh_token()).await.status, 200);
    // Who signed in from this browser before is not shut out by others who guess.
    assert_eq!(types(&mut browser, &party, &alice, PASSWORD).await, 303);
}
