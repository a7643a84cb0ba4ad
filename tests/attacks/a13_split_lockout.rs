//! However an account is called, its failures are counted together.

use crate::world::{Browser, PASSWORD, Page, World};

/// Somebody who guesses, at an address of their own each time.
struct Guesser {
    world: World,
    party: crate::world::RelyingParty,
}

impl Guesser {
    async fn at_login(&self) -> (Browser, Page) {
        let mut browser = self.world.browser();
        let page = browser.look_at(&self.party.ask().url()).await;
        (browser, page)
    }

    async fn guess(&self, name: &str, password: &str) -> u16 {
        let (mut browser, page) = self.at_login().await;
        browser.log_in(&page, name, password).await.page().answer.status
    }
}

async fn guesser() -> Guesser {
    let world = World::new().await;
    let party = world.relying_party().await;
    Guesser { world, party }
}

#[tokio::test]
async fn every_spelling_of_an_identifier_meets_one_counter() {
    let guesser = guesser().await;
    guesser.world.person("jos\u{e9}").await;
    let spellings =
        ["jos\u{e9}", "JOS\u{c9}", "jose\u{301}", " jos\u{e9}", "ＪＯＳé", "Jos\u{e9}\t"];
    for (_, spelling) in (0..10).zip(spellings.iter().cycle()) {
        assert_eq!(guesser.guess(spelling, "wrong").await, 200, "{spelling:?}");
    }
    for spelling in spellings {
        assert_eq!(guesser.guess(spelling, PASSWORD).await, 429, "{spelling:?}");
    }
}

#[tokio::test]
async fn every_identifier_of_an_account_meets_one_counter() {
    let guesser = guesser().await;
    let alice = guesser.world.person("alice").await;
    let spaced = format!("+49 ({}) {}", &alice.phone[3..6], &alice.phone[6..]);
    let names = [&alice.username, &alice.email, &alice.phone, &spaced];
    for (_, name) in (0..10).zip(names.into_iter().cycle()) {
        assert_eq!(guesser.guess(name, "wrong").await, 200, "{name}");
    }
    for name in names {
        assert_eq!(guesser.guess(name, PASSWORD).await, 429, "{name}");
    }
}
