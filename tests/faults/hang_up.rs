//! A client hangs up at every point at which its request waits: what was begun is done or not done, never by half.

use std::{
    future::{Future, poll_fn},
    task::Poll,
};

use protocol::sign_in::SignInState;
use storage::{Stored, codes::Code, grants::Grant, sessions::Session, sign_ins::SignIn};

use crate::world::{Browser, Callback, Landed, Page, Person, RelyingParty, Tokens, World};

/// Polls `request` so often, and hangs up; what it gave where it was ready before.
async fn hangs_up_after<T>(polls: usize, request: impl Future<Output = T>) -> Option<T> {
    let mut request = Box::pin(request);
    let mut left = polls;
    poll_fn(|context| {
        left = left.saturating_sub(1);
        match request.as_mut().poll(context) {
            Poll::Ready(given) => Poll::Ready(Some(given)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// What goes on without the client is over when no task is left that was not there before.
async fn settles(tasks_before: usize) {
    while tasks() > tasks_before {
        tokio::task::yield_now().await;
    }
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

struct Scene {
    world: World,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        let (alice, party) = (world.person("alice").await, world.relying_party().await);
        let browser = world.browser();
        world.engine().hesitate();
        Self { world, alice, party, browser }
    }

    async fn at_login(&mut self) -> Page {
        self.browser.look_at(&self.party.ask().url()).await
    }

    async fn signs_in(&mut self) -> Tokens {
        self.party.sign_in(&mut self.browser, &self.alice).await
    }

    async fn sessions(&self) -> Vec<Stored<Session>> {
        let (realm, id) = (self.world.realm(), self.alice.account_id);
        self.world.store().sessions_of(&realm, id, None, 10).await.unwrap().items
    }

    /// Whether a failed attempt stays counted. An actor clears it, in a moment.
    async fn is_counted(&self) -> bool {
        let (realm, subject) = (self.world.realm(), format!("account:{}", self.alice.account_id));
        for _ in 0..10_000 {
            if self.world.store().lockout(&realm, &subject).await.unwrap().is_none() {
                return false;
            }
            tokio::task::yield_now().await;
        }
        true
    }

    async fn codes(&self) -> usize {
        self.world.store().all::<Code>(&self.world.realm(), None, 10).await.unwrap().items.len()
    }

    async fn grants(&self) -> Vec<Grant> {
        let page = self.world.store().all::<Grant>(&self.world.realm(), None, 10).await.unwrap();
        page.items.into_iter().map(|stored| stored.record).collect()
    }
}

/// Hangs up after one poll, then after two, and so on until there is nothing left to hang up on.
macro_rules! at_every_point {
    ($polls:ident => $body:block) => {{
        let mut points = 0;
        for $polls in 1..1_000 {
            let is_answered: bool = $body;
            if is_answered {
                break;
            }
            points = $polls;
        }
        // What follows the last thing that may be cancelled is one wait for the client, however much it is.
        assert!(points >= 1, "there was nothing to hang up on");
    }};
}

#[tokio::test]
async fn a_password_that_was_right_signs_in_or_may_be_typed_again() {
    at_every_point!(polls => {
        let mut scene = Scene::new().await;
        let page = scene.at_login().await;
        let (mut gone, tasks) = (scene.browser.clone(), tasks());
        let answered = hangs_up_after(polls, gone.log_in(&page, "alice", crate::world::PASSWORD)).await;
        settles(tasks).await;
        let is_in = !scene.sessions().await.is_empty();
        // Who was right is not counted as wrong, whether they heard of it or not.
        assert!(!is_in || !scene.is_counted().await, "{polls}");
        let landed = scene.browser.log_in(&page, "alice", crate::world::PASSWORD).await;
        let consent = landed.page();
        assert_eq!(consent.id, "consent-page", "{polls}: {}", consent.words);
        scene.browser.press(&consent, "consent-allow", &[]).await.callback();
        answered.is_some()
    });
}

#[tokio::test]
async fn a_consent_gives_one_code_or_none_and_is_remembered_only_with_it() {
    at_every_point!(polls => {
        let mut scene = Scene::new().await;
        let login = scene.at_login().await;
        let page = scene.browser.log_in(&login, "alice", crate::world::PASSWORD).await.page();
        let (mut gone, tasks) = (scene.browser.clone(), tasks());
        let answered = hangs_up_after(polls, gone.press(&page, "consent-allow", &[])).await;
        settles(tasks).await;
        let id = page.hidden("sign_in").parse().unwrap();
        let sign_in = scene.world.store().sign_in(&scene.world.realm(), id).await.unwrap().unwrap();
        let is_answered = SignIn::clone(&sign_in).state == SignInState::Answered;
        assert_eq!(scene.codes().await, usize::from(is_answered), "{polls}");
        let silent = scene.browser.open(&scene.party.ask().set("prompt", "none").url()).await;
        let callback: Callback = silent.callback();
        assert_eq!(callback.get("code").is_some(), is_answered, "{polls}: {callback:?}");
        if !is_answered {
            scene.browser.press(&page, "consent-allow", &[]).await.callback().code();
        }
        answered.is_some()
    });
}

#[tokio::test]
async fn a_code_is_redeemed_with_its_tokens_or_still_good() {
    at_every_point!(polls => {
        let mut scene = Scene::new().await;
        let ask = scene.party.ask();
        let callback = scene.browser.authorize(&ask, &scene.alice).await;
        let tasks = tasks();
        let answered = hangs_up_after(polls, scene.party.redeem(&ask, callback.code())).await;
        settles(tasks).await;
        let given = scene.grants().await.len();
        let again = scene.party.redeem(&ask, callback.code()).await;
        // Who hung up does not know what happened. Where it did, the second use takes it back.
        assert_eq!(again.status, if given == 0 { 200 } else { 400 }, "{polls}: {again:?}");
        let grants = scene.grants().await;
        assert_eq!((grants.len(), grants[0].is_live()), (1, given == 0), "{polls}");
        answered.is_some()
    });
}

#[tokio::test]
async fn a_refresh_token_is_never_lost() {
    at_every_point!(polls => {
        let mut scene = Scene::new().await;
        let tokens = scene.signs_in().await;
        let tasks = tasks();
        let answered = hangs_up_after(polls, scene.party.refresh(tokens.refresh_token())).await;
        settles(tasks).await;
        let again = Tokens::read(scene.party.refresh(tokens.refresh_token()).await);
        if let Some(answer) = &answered {
            assert_eq!(answer.text("refresh_token"), again.refresh_token);
        }
        let next = Tokens::read(scene.party.refresh(again.refresh_token()).await);
        assert_eq!(scene.party.userinfo(&next.access_token).await.status, 200, "{polls}");
        answered.is_some()
    });
}

#[tokio::test]
async fn a_logout_ends_the_session_with_what_was_given_in_it_or_nothing() {
    at_every_point!(polls => {
        let mut scene = Scene::new().await;
        let tokens = scene.signs_in().await;
        let page = scene.browser.look_at("/logout").await;
        let (mut gone, tasks) = (scene.browser.clone(), tasks());
        let answered = hangs_up_after(polls, gone.press(&page, "logout-confirm", &[])).await;
        settles(tasks).await;
        let silent = scene.browser.open(&scene.party.ask().set("prompt", "none").url()).await;
        let is_signed_in = silent.callback().get("code").is_some();
        let userinfo = scene.party.userinfo(&tokens.access_token).await.status;
        assert_eq!(userinfo, if is_signed_in { 200 } else { 401 }, "{polls}");
        if is_signed_in {
            let landed = scene.browser.press(&page, "logout-confirm", &[]).await;
            assert!(matches!(landed, Landed::Page(page) if page.id == "logged-out-page"));
        }
        answered.is_some()
    });
}

#[tokio::test]
async fn what_an_operator_ends_has_ended_or_not_and_may_be_ended_again() {
    for verb in ["end-sessions", "disable", "revoke"] {
        at_every_point!(polls => {
            let mut scene = Scene::new().await;
            let admin = scene.world.admin().await;
            let tokens = scene.signs_in().await;
            let path = match verb {
                "revoke" => format!("/sessions/{}/revoke", scene.sessions().await[0].session_id),
                _ => format!("/accounts/{}/{verb}", scene.alice.account_id),
            };
            let (tasks, why) = (tasks(), serde_json::json!({ "reason": "policy" }));
            let answered = hangs_up_after(polls, admin.post(&path, &why)).await;
            settles(tasks).await;
            let holds = scene.party.userinfo(&tokens.access_token).await.status == 200;
            assert!(!holds || answered.is_none(), "{verb} {polls}");
            let again = admin.post(&path, &why).await.status;
            assert_eq!(again, if verb == "revoke" && !holds { 404 } else { 204 }, "{verb} {polls}");
            assert_eq!(scene.party.userinfo(&tokens.access_token).await.status, 401);
            answered.is_some()
        });
    }
}

#[tokio::test]
async fn a_choice_of_another_password_is_made_with_its_session_or_may_be_made_again() {
    at_every_point!(polls => {
        let mut scene = Scene::new().await;
        let path = format!("/accounts/{}/require-new-password", scene.alice.account_id);
        let admin = scene.world.admin().await;
        assert_eq!(admin.post(&path, &serde_json::json!({})).await.status, 204);
        let login = scene.at_login().await;
        let page = scene.browser.log_in(&login, "alice", crate::world::PASSWORD).await.page();
        let (mut gone, tasks) = (scene.browser.clone(), tasks());
        let typed = [("new-password", "another one")];
        let answered = hangs_up_after(polls, gone.press(&page, "new-password-submit", &typed)).await;
        settles(tasks).await;
        let is_chosen = !scene.sessions().await.is_empty();
        assert!(is_chosen || answered.is_none(), "{polls}");
        let password = if is_chosen { "another one" } else { crate::world::PASSWORD };
        let mut browser = scene.world.browser();
        let login = browser.look_at(&scene.party.ask().url()).await;
        let landed = browser.log_in(&login, "alice", password).await.page();
        assert_eq!(landed.id, if is_chosen { "consent-page" } else { "new-password-page" }, "{polls}");
        answered.is_some()
    });
}

#[tokio::test]
async fn a_revocation_is_done_or_not_and_may_be_asked_for_again() {
    at_every_point!(polls => {
        let mut scene = Scene::new().await;
        let tokens = scene.signs_in().await;
        let tasks = tasks();
        let answered = hangs_up_after(polls, scene.party.revoke(tokens.refresh_token())).await;
        settles(tasks).await;
        let is_live = scene.grants().await[0].is_live();
        assert!(!is_live || answered.is_none(), "{polls}");
        let userinfo = scene.party.userinfo(&tokens.access_token).await.status;
        assert_eq!(userinfo, if is_live { 200 } else { 401 }, "{polls}");
        assert_eq!(scene.party.revoke(tokens.refresh_token()).await.status, 200);
        assert_eq!(scene.party.userinfo(&tokens.access_token).await.status, 401, "{polls}");
        answered.is_some()
    });
}
