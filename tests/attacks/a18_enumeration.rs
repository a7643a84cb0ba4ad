//! Nothing tells whether an account exists: not a byte of the answer, not a hash, not a read of the store.

use crate::world::{Answer, Browser, PASSWORD, Page, RelyingParty, Work, World};

/// Names of one length, so that what is written back is as long.
const KNOWN: &str = "alice";
const UNKNOWN: &str = "nemo5";

/// What an observer sees of an answer: everything but the name that they typed and the sign-in it belongs to.
fn seen(answer: &Answer, page: &Page, name: &str) -> (u16, Vec<(String, String)>, String) {
    let headers = answer.headers.iter();
    let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
    let body = answer.body.replace(page.hidden("sign_in"), "SIGN_IN").replace(name, "NAME");
    (answer.status, headers, body)
}

struct Observer {
    world: World,
    party: RelyingParty,
}

type Seen = (u16, Vec<(String, String)>, String);

impl Observer {
    async fn new() -> Self {
        let world = World::new().await;
        world.person(KNOWN).await;
        let party = world.relying_party().await;
        // Nor what is read again once this node has heard of its own registrations.
        world.look().await.unwrap();
        let observer = Self { world, party };
        // What is made at the first use of all is not what is asked about here.
        observer.tries(KNOWN, "wrong").await;
        observer.tries(UNKNOWN, "wrong").await;
        observer
    }

    async fn at_login(&self) -> (Browser, Page) {
        let mut browser = self.world.browser();
        let page = browser.look_at(&self.party.ask().url()).await;
        (browser, page)
    }

    async fn tries(&self, name: &str, password: &str) -> (Seen, Work) {
        let (mut browser, page) = self.at_login().await;
        let id = page.hidden("sign_in");
        self.world.work();
        let typed = [("sign_in", id), ("username", name), ("password", password)];
        let answer = browser.post("/login", &typed).await;
        (seen(&answer, &page, name), self.world.work())
    }

    async fn sees_no_difference(&self, password: &str) -> Work {
        let (known, work) = self.tries(KNOWN, password).await;
        let (unknown, work_for_nobody) = self.tries(UNKNOWN, password).await;
        assert_eq!(known, unknown);
        assert_eq!(work, work_for_nobody);
        work
    }
}

#[tokio::test]
async fn an_unknown_account_and_a_wrong_password_get_the_same_bytes() {
    let observer = Observer::new().await;
    let (known, _) = observer.tries(KNOWN, "wrong").await;
    let (unknown, _) = observer.tries(UNKNOWN, "wrong").await;
    assert_eq!(known, unknown);
    assert!(known.2.contains("role=\"alert\""), "it says that something is wrong: {}", known.2);
    // A text that can name nobody is a name like any other.
    let (nobody, _) = observer.tries("a b@c", "wrong").await;
    assert_eq!(known, nobody);
}

#[tokio::test]
async fn an_unknown_account_costs_the_same_work() {
    let observer = Observer::new().await;
    let work = observer.sees_no_difference("wrong").await;
    assert_eq!(work.hashes, 1);
    // An account that may not sign in costs as much as one that may.
    let disabled = observer.world.person("carol").await;
    observer.world.disable(&disabled).await;
    let (carol, work_for_carol) = observer.tries("carol", PASSWORD).await;
    assert_eq!((carol.0, work_for_carol), (200, work));
}

#[tokio::test]
async fn an_empty_or_overlong_password_tells_nothing_about_the_account() {
    let observer = Observer::new().await;
    for length in [0, 1, 72, 73, 1024, 1025, 8192] {
        observer.sees_no_difference(&"a".repeat(length)).await;
    }
}

#[tokio::test]
async fn a_locked_stranger_looks_like_a_locked_account() {
    let observer = Observer::new().await;
    for _ in 1..10 {
        observer.sees_no_difference("wrong").await;
    }
    let ((status, ..), work) = observer.tries(KNOWN, PASSWORD).await;
    assert_eq!((status, work.hashes), (429, 0));
    assert_eq!(observer.sees_no_difference("wrong").await.hashes, 0);
}
