//! Attempts to sign in to one account are bounded, the right ones too, and its owner gets in all the same.

use std::time::Duration;

use super::at_most;
use crate::world::{Answer, Browser, PASSWORD, RelyingParty, World};

async fn types(
    browser: &mut Browser,
    party: &RelyingParty,
    (username, password): (&str, &str),
) -> Answer {
    let page = browser.look_at(&party.ask().set("prompt", "login").url()).await;
    let typed =
        [("sign_in", page.hidden("sign_in")), ("username", username), ("password", password)];
    browser.post("/login", &typed).await
}

async fn world() -> (World, RelyingParty) {
    let world = World::new().await;
    let party = world.relying_party().await;
    world.set(|settings| settings.limits.account = at_most(3)).await;
    (world, party)
}

#[tokio::test]
async fn attempts_are_refused_at_the_threshold_right_ones_too_and_admitted_again_later() {
    let (world, party) = world().await;
    let alice = world.person("alice").await;
    for _ in 0..3 {
        let typed = (alice.username.as_str(), PASSWORD);
        assert_eq!(types(&mut world.browser(), &party, typed).await.status, 303);
    }
    world.work();
    let refused = types(&mut world.browser(), &party, (&alice.username, PASSWORD)).await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").is_some() && refused.body.contains("error-page"));
    assert_eq!(world.work().hashes, 0);
    let bob = world.person("bob").await;
    assert_eq!(types(&mut world.browser(), &party, (&bob.username, PASSWORD)).await.status, 303);
    world.advance(Duration::from_secs(67)).await;
    assert_eq!(types(&mut world.browser(), &party, (&alice.username, PASSWORD)).await.status, 303);
}

#[tokio::test]
async fn a_stranger_does_not_use_up_the_attempts_of_who_signed_in_from_this_browser_before() {
    let (world, party) = world().await;
    let alice = world.person("alice").await;
    let mut own = world.browser();
    party.sign_in(&mut own, &alice).await;
    for _ in 0..9 {
        types(&mut world.browser(), &party, (&alice.username, "wrong")).await;
    }
    assert_eq!(types(&mut world.browser(), &party, (&alice.username, PASSWORD)).await.status, 429);
    assert_eq!(types(&mut own, &party, (&alice.username, PASSWORD)).await.status, 303);
}

#[tokio::test]
async fn nobody_is_told_by_a_limit_who_exists() {
    let (world, party) = world().await;
    let alice = world.person("alice").await;
    let mut told = Vec::new();
    for name in [alice.username.as_str(), "nobody"] {
        let mut answers = Vec::new();
        for _ in 0..5 {
            let answer = types(&mut world.browser(), &party, (name, "wrong")).await;
            let mut names: Vec<_> = answer.headers.keys().map(|name| name.to_string()).collect();
            names.sort();
            let stands = answer.header("ratelimit").map(str::to_owned);
            answers.push((answer.status, names, stands));
        }
        told.push(answers);
    }
    assert_eq!(told[0], told[1]);
    let statuses: Vec<_> = told[0].iter().map(|(status, ..)| *status).collect();
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    // How an account stands is nobody's business.
    assert!(told[0][0].2.as_ref().is_none_or(|stands| !stands.contains("account")));
}
