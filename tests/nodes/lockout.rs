//! Failures spread over nodes hit one lockout.

use tokio::task::JoinSet;

use crate::{
    cluster::{Circumstance, Cluster},
    promised_always,
    world::{Browser, PASSWORD, Person, RelyingParty, says_when_to_come_again, statuses},
};

promised_always!(guesses_spread_over_all_nodes_are_counted_together);

/// As `serve` has it by default.
const FAILURES_MAX: usize = 10;

const GUESSES: usize = 45;

async fn guesses_spread_over_all_nodes_are_counted_together(circumstance: Circumstance) {
    let cluster = Cluster::shared(circumstance).await;
    let (alice, party) = (cluster.person().await, cluster.relying_party().await);
    let nodes = cluster.serving();
    let mut guesses = JoinSet::new();
    for guess in 0..GUESSES {
        let browser = cluster.browser().at(&nodes[guess % nodes.len()].wire());
        let (party, alice) = (party.clone(), alice.clone());
        guesses.spawn(async move { types(browser, &party, &alice, "wrong").await });
    }
    let counted = statuses(&guesses.join_all().await);
    // Shown again is looked at and wrong; what was locked was not looked at.
    let (looked_at, locked) = (counted[&200], counted[&429]);
    assert_eq!(looked_at + locked, GUESSES, "{counted:?}");
    assert!((FAILURES_MAX..=FAILURES_MAX + nodes.len()).contains(&looked_at), "{counted:?}");
    for node in nodes {
        let browser = cluster.browser().at(&node.wire());
        assert_eq!(types(browser, &party, &alice, PASSWORD).await.status, 429, "{}", node.name);
    }
    if let Some(node) = cluster.cut_off() {
        let (mut browser, wire) = (cluster.browser(), node.wire());
        let page = browser.look_at(&party.ask().url()).await;
        let fields = typed(page.hidden("sign_in"), &alice, PASSWORD);
        says_when_to_come_again(&browser.at(&wire).post("/login", &fields).await);
    }
}

async fn types(
    mut browser: Browser,
    party: &RelyingParty,
    person: &Person,
    password: &str,
) -> crate::world::Answer {
    let page = browser.look_at(&party.ask().url()).await;
    browser.post("/login", &typed(page.hidden("sign_in"), person, password)).await
}

fn typed<'a>(sign_in: &'a str, person: &'a Person, password: &'a str) -> [(&'a str, &'a str); 3] {
    [("sign_in", sign_in), ("username", &person.username), ("password", password)]
}
