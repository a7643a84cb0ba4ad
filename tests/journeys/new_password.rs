//! Somebody who must choose another password: once the old one was right, before anything else, and once.

use protocol::{event::Act, sign_in::TYPED_AGAIN_MAX};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    admin::Caller,
    world::{Ask, Browser, Callback, PASSWORD, Page, Person, RelyingParty, Tokens, World},
};

const NEW: &str = "another horse, another staple";

struct Scene {
    world: World,
    admin: Caller,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
    ask: Ask,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let (admin, alice) = (world.admin().await, world.person("alice").await);
    let (party, browser) = (world.relying_party().await, world.browser());
    let ask = party.ask();
    Scene { world, admin, alice, party, browser, ask }
}

/// A scene in which she has typed her old password and is asked for another.
async fn asked() -> (Scene, Page) {
    let mut scene = scene().await;
    scene.require().await;
    let page = scene.types_old().await;
    assert_eq!(page.id, "new-password-page", "{}", page.words);
    (scene, page)
}

impl Scene {
    async fn require(&self) {
        self.acts("require-new-password", json!({ "reason": "compromised" })).await;
    }

    async fn acts(&self, verb: &str, body: serde_json::Value) {
        let path = format!("/accounts/{}/{verb}", self.alice.account_id);
        let answer = self.admin.post(&path, &body).await;
        assert_eq!(answer.status, 204, "{answer:?}");
    }

    async fn types_old(&mut self) -> Page {
        let login = self.browser.look_at(&self.ask.url()).await;
        self.browser.log_in(&login, "alice", PASSWORD).await.page()
    }

    async fn chooses(&mut self, page: &Page, password: &str) -> Page {
        let typed = [("new-password", password)];
        self.browser.press(page, "new-password-submit", &typed).await.page()
    }

    /// The page to which the password leads, elsewhere and at an application that she does not know.
    async fn lands(&self, password: &str) -> String {
        let (mut browser, party) = (self.world.browser(), self.world.relying_party().await);
        let login = browser.look_at(&party.ask().url()).await;
        browser.log_in(&login, "alice", password).await.page().id
    }

    async fn sessions(&self) -> usize {
        let (realm, id) = (self.world.realm(), self.alice.account_id);
        self.world.store().sessions_of(&realm, id, None, 10).await.unwrap().items.len()
    }
}

#[tokio::test]
async fn who_must_choose_another_password_does_so_and_goes_on() {
    let (mut scene, page) = asked().await;
    assert_eq!(page.value("account"), "alice");
    assert_eq!(page.by_id("new-password").unwrap()["autocomplete"], "new-password");
    assert_eq!((scene.sessions().await, scene.browser.jar.get("session")), (0, None));
    let consent = scene.chooses(&page, NEW).await;
    assert_eq!(consent.id, "consent-page");
    let callback: Callback = scene.browser.press(&consent, "consent-allow", &[]).await.callback();
    let tokens = Tokens::read(scene.party.redeem(&scene.ask, callback.code()).await);
    assert_eq!(scene.party.userinfo(&tokens.access_token).await.status, 200);
    assert_eq!(
        [scene.lands(PASSWORD).await, scene.lands(NEW).await],
        ["login-page", "consent-page"]
    );
    let events = scene.world.events().await;
    assert_eq!(events.iter().filter(|event| event.act == Act::PasswordChosen).count(), 1);
    assert!(!format!("{events:?}").contains(NEW));
}

#[tokio::test]
async fn that_an_outdated_password_was_right_is_told_and_typing_it_again_comes_to_an_end() {
    let (mut scene, page) = asked().await;
    let events = scene.world.events().await;
    let told = events.iter().find(|event| event.act == Act::PasswordOutdated).expect("an event");
    assert_eq!(told.account_id, Some(scene.alice.account_id));
    for _ in 1..TYPED_AGAIN_MAX {
        let again = scene.chooses(&page, PASSWORD).await;
        assert!(again.words.contains("That is your old password"), "{}", again.words);
    }
    assert_eq!(scene.chooses(&page, PASSWORD).await.id, "login-page");
    assert_eq!(scene.chooses(&page, NEW).await.id, "login-page");
    assert_eq!(scene.types_old().await.id, "new-password-page");
}

#[tokio::test]
async fn a_choice_is_counted_against_its_account() {
    let (mut scene, page) = asked().await;
    let id = page.hidden("sign_in").to_owned();
    let mut hashes = 0;
    for _ in 0..200 {
        let chosen = [("sign_in", id.as_str()), ("new_password", "")];
        let answer = scene.browser.post("/login", &chosen).await;
        if answer.status == 429 {
            return;
        }
        hashes += 1;
    }
    panic!("{hashes} tries were answered");
}

#[tokio::test]
async fn choosing_another_password_ends_every_other_session_and_begins_this_one() {
    let mut scene = scene().await;
    let (mut elsewhere, party) = (scene.world.browser(), scene.party.clone());
    let before = party.sign_in(&mut elsewhere, &scene.alice).await;
    scene.require().await;
    assert_eq!(
        party.userinfo(&before.access_token).await.status,
        200,
        "it is for the next sign-in"
    );
    let page = scene.types_old().await;
    let callback =
        scene.browser.press(&page, "new-password-submit", &[("new-password", NEW)]).await;
    let tokens = Tokens::read(party.redeem(&scene.ask, callback.callback().code()).await);
    assert_eq!(party.userinfo(&before.access_token).await.status, 401);
    let silent = |ask: Ask| ask.set("prompt", "none").url();
    let there = elsewhere.open(&silent(party.ask())).await.callback();
    assert_eq!(there.error(), "login_required");
    assert_eq!(party.userinfo(&tokens.access_token).await.status, 200);
    let here = scene.browser.open(&silent(party.ask())).await.callback();
    assert!(here.get("code").is_some());
}

#[tokio::test]
async fn a_browser_that_was_signed_in_goes_on_in_its_session() {
    let mut scene = scene().await;
    let alice = scene.alice.clone();
    let before = scene.party.sign_in(&mut scene.browser, &alice).await;
    scene.require().await;
    scene.ask = scene.party.ask().set("prompt", "login");
    let page = scene.types_old().await;
    let landed = scene.browser.press(&page, "new-password-submit", &[("new-password", NEW)]).await;
    let after = Tokens::read(scene.party.redeem(&scene.ask, landed.callback().code()).await);
    let (before, after) =
        (scene.party.verify(before.id_token()).await, scene.party.verify(after.id_token()).await);
    assert_eq!((before.sid, scene.sessions().await), (after.sid, 1));
}

#[tokio::test]
async fn what_cannot_be_the_new_password_is_refused_and_asked_for_again() {
    let (mut scene, page) = asked().await;
    let long = "x".repeat(1_025);
    for (password, said) in [
        ("", "Something is missing"),
        (PASSWORD, "That is your old password"),
        (long.as_str(), "That is too long"),
    ] {
        let again = scene.chooses(&page, password).await;
        assert_eq!((again.id.as_str(), again.answer.status), ("new-password-page", 200));
        assert!(again.words.contains(said), "{}", again.words);
        assert_eq!(again.by_id("new-password").unwrap()["aria-invalid"], "true");
        assert!(!again.answer.body.contains(&long) && !again.answer.body.contains(PASSWORD));
    }
    assert_eq!(
        (scene.sessions().await, scene.lands(PASSWORD).await.as_str()),
        (0, "new-password-page")
    );
    assert_eq!(scene.chooses(&page, NEW).await.id, "consent-page");
}

#[tokio::test]
async fn no_way_leads_past_the_choice() {
    let (mut scene, page) = asked().await;
    let sign_in = page.hidden("sign_in").to_owned();
    for path in ["/login", "/consent"] {
        let seen = scene.browser.look_at(&format!("{path}?sign_in={sign_in}")).await;
        assert_eq!(seen.id, "new-password-page", "{path}");
    }
    let id = sign_in.as_str();
    let old = [("sign_in", id), ("username", "alice"), ("password", PASSWORD)];
    let answer = scene.browser.post("/login", &old).await;
    assert_eq!(scene.browser.follow(answer).await.page().id, "new-password-page");
    let answer = scene.browser.post("/consent", &[("sign_in", id), ("decision", "allow")]).await;
    assert_eq!(scene.browser.follow(answer).await.page().id, "new-password-page");
    let silent = scene.browser.open(&scene.party.ask().set("prompt", "none").url()).await;
    assert_eq!(silent.callback().error(), "login_required");
    let mut stranger = scene.world.browser();
    let answer = stranger.post("/login", &[("sign_in", id), ("new_password", "mine")]).await;
    assert!((400..500).contains(&answer.status), "{answer:?}");
    assert_eq!(scene.chooses(&page, NEW).await.id, "consent-page");
}

#[tokio::test]
async fn a_choice_that_nobody_asked_for_changes_nothing() {
    let mut scene = scene().await;
    let login = scene.browser.look_at(&scene.ask.url()).await;
    let id = login.hidden("sign_in").to_owned();
    let chosen = [("sign_in", id.as_str()), ("new_password", NEW)];
    let answer = scene.browser.post("/login", &chosen).await;
    assert_eq!(scene.browser.follow(answer).await.page().id, "login-page");
    let consent = scene.browser.log_in(&login, "alice", PASSWORD).await.page();
    let answer = scene.browser.post("/login", &chosen).await;
    assert_eq!(scene.browser.follow(answer).await.page().id, "consent-page");
    scene.browser.press(&consent, "consent-allow", &[]).await.callback().code();
    let answer = scene.browser.post("/login", &chosen).await;
    assert!((400..500).contains(&answer.status), "{answer:?}");
    assert_eq!(
        [scene.lands(NEW).await, scene.lands(PASSWORD).await],
        ["login-page", "consent-page"]
    );
}

#[tokio::test]
async fn what_was_proved_is_void_once_the_account_or_its_password_is_another() {
    for (verb, body) in [
        ("disable", json!({})),
        ("password", json!({ "password": "set meanwhile" })),
        ("password", json!({ "password": "set meanwhile", "is_temporary": true })),
    ] {
        let (mut scene, page) = asked().await;
        scene.acts(verb, body.clone()).await;
        let landed = scene.chooses(&page, NEW).await;
        assert_eq!(
            (landed.id.as_str(), scene.sessions().await),
            ("login-page", 0),
            "{verb} {body}"
        );
        assert_eq!(scene.lands(NEW).await, "login-page", "{verb} {body}");
    }
    let (mut scene, page) = asked().await;
    scene.world.erase(&scene.alice).await;
    let typed = [("new-password", NEW)];
    let landed = scene.browser.press(&page, "new-password-submit", &typed).await.page();
    assert_ne!(landed.id, "consent-page");
    assert_eq!(scene.sessions().await, 0);
}

#[tokio::test]
async fn a_temporary_password_must_be_replaced_and_one_that_is_not_need_not() {
    let mut scene = scene().await;
    scene.acts("password", json!({ "password": "for one day", "is_temporary": true })).await;
    assert_eq!(
        [scene.lands(PASSWORD).await, scene.lands("for one day").await],
        ["login-page", "new-password-page"]
    );
    scene.acts("password", json!({ "password": "for good" })).await;
    assert_eq!(scene.lands("for good").await, "consent-page");
    scene.alice.password = "for good".into();
    let alice = scene.alice.clone();
    scene.party.sign_in(&mut scene.browser, &alice).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_choices_that_are_sent_at_once_one_counts() {
    let (scene, page) = asked().await;
    let mut all = JoinSet::new();
    for number in 0..10 {
        let (mut browser, page) = (scene.browser.clone(), page.clone());
        all.spawn(async move {
            let password = format!("choice number {number}");
            let typed = [("new-password", password.as_str())];
            browser.press(&page, "new-password-submit", &typed).await;
            (browser.jar.get("session").is_some(), password)
        });
    }
    let answers = all.join_all().await;
    let chosen: Vec<_> = answers.iter().filter(|(is_signed_in, _)| *is_signed_in).collect();
    assert_eq!((chosen.len(), scene.sessions().await), (1, 1), "{answers:?}");
    for (is_signed_in, password) in &answers {
        assert_eq!(scene.lands(password).await == "consent-page", *is_signed_in);
    }
    let events = scene.world.events().await;
    assert_eq!(events.iter().filter(|event| event.act == Act::PasswordChosen).count(), 1);
}

#[tokio::test]
async fn who_is_not_expected_is_refused_without_choosing() {
    let mut scene = scene().await;
    let bob = scene.world.person("bob").await;
    let hint = scene.party.sign_in(&mut scene.world.browser(), &bob).await;
    scene.require().await;
    scene.ask = scene.party.ask().set("id_token_hint", hint.id_token());
    let login = scene.browser.look_at(&scene.ask.url()).await;
    let callback = scene.browser.log_in(&login, "alice", PASSWORD).await.callback();
    assert_eq!(callback.error(), "login_required");
    assert_eq!(
        (scene.sessions().await, scene.lands(PASSWORD).await.as_str()),
        (0, "new-password-page")
    );
}
