//! What signing out ends, and when: everything that was given in the session, at once, however much it is.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::world::{Browser, Person, RelyingParty, Tokens, World};

const OPENID: &str = "openid";

struct Scene {
    world: World,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
    tokens: Tokens,
}

async fn signed_in(scope: &str) -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let tokens = party.sign_in_for(&party.ask_for(scope), &mut browser, &alice).await;
    Scene { world, alice, party, browser, tokens }
}

impl Scene {
    /// A code of the session that is there, without a page.
    async fn code(&mut self) -> (crate::world::Ask, String) {
        let ask = self.party.ask_for(OPENID);
        let callback = self.browser.open(&ask.url()).await.callback();
        (ask, callback.code().to_owned())
    }

    async fn log_out(&mut self) {
        let page = self.browser.look_at("/logout").await;
        self.browser.press(&page, "logout-confirm", &[]).await;
    }

    /// Whether anything can still be done with these tokens.
    async fn hold(&self, tokens: &Tokens) -> bool {
        let userinfo = self.party.userinfo(&tokens.access_token).await;
        let refresh = self.party.refresh(tokens.refresh_token()).await;
        userinfo.status == 200 || refresh.status == 200
    }
}

#[tokio::test]
async fn signing_out_is_one_write_however_much_was_given() {
    let mut work = Vec::new();
    for given in [0, 20] {
        let mut scene = signed_in(OPENID).await;
        for _ in 0..given {
            let (ask, code) = scene.code().await;
            assert_eq!(scene.party.redeem(&ask, &code).await.status, 200);
        }
        let page = scene.browser.look_at("/logout").await;
        scene.world.work();
        scene.browser.press(&page, "logout-confirm", &[]).await;
        let done = scene.world.work();
        work.push((done.commits, done.rows));
    }
    assert_eq!(work[0].0, 1);
    assert_eq!(work[0], work[1]);
}

#[tokio::test]
async fn a_code_that_is_redeemed_beside_a_logout_gives_nothing_that_outlives_it() {
    let mut scene = signed_in(OPENID).await;
    let mut codes = Vec::new();
    for _ in 0..20 {
        codes.push(scene.code().await);
    }
    let page = scene.browser.look_at("/logout").await;
    let mut redeeming = JoinSet::new();
    for (ask, code) in codes {
        let (wire, sent) = (scene.world.wire().clone(), scene.party.redemption(&ask, &code));
        redeeming.spawn(async move { wire.send(sent).await });
    }
    scene.browser.press(&page, "logout-confirm", &[]).await;
    for answer in redeeming.join_all().await {
        if answer.status == 200 {
            assert!(!scene.hold(&Tokens::read(answer)).await);
        }
    }
    assert!(!scene.hold(&scene.tokens).await);
}

#[tokio::test]
async fn a_hint_ends_what_was_given_in_a_session_that_has_timed_out() {
    let scene = signed_in(OPENID).await;
    scene.world.advance(Duration::from_secs(31 * 60)).await;
    let fresh = Tokens::read(scene.party.refresh(scene.tokens.refresh_token()).await);
    let hint = [("id_token_hint", fresh.id_token())];
    assert_eq!(scene.world.wire().get(scene.party.logout(&hint)).await.status, 303);
    assert!(!scene.hold(&fresh).await);
}

#[tokio::test]
async fn a_hint_ends_the_session_that_it_names_also_where_the_cookie_is_not() {
    let mut scene = signed_in(OPENID).await;
    let hint = [("id_token_hint", scene.tokens.id_token())];
    assert_eq!(scene.world.wire().get(scene.party.logout(&hint)).await.status, 303);
    assert!(!scene.hold(&scene.tokens).await);
    let silent = scene.party.ask().set("prompt", "none");
    assert_eq!(scene.browser.open(&silent.url()).await.callback().error(), "login_required");
}

#[tokio::test]
async fn what_does_not_outlive_the_session_ends_with_it_at_the_latest() {
    let scene = signed_in(OPENID).await;
    scene.world.advance(Duration::from_secs(11 * 3600)).await;
    let tokens = Tokens::read(scene.party.refresh(scene.tokens.refresh_token()).await);
    scene.world.advance(Duration::from_secs(3600)).await;
    assert_eq!(scene.party.refresh(tokens.refresh_token()).await.error(), "invalid_grant");
}

#[tokio::test]
async fn what_was_given_offline_outlives_the_logout() {
    let mut scene = signed_in("openid offline_access").await;
    scene.log_out().await;
    assert!(scene.hold(&scene.tokens).await);
}

#[tokio::test]
async fn who_takes_over_the_browser_ends_what_was_given_to_the_one_before() {
    let mut scene = signed_in(OPENID).await;
    let bob = scene.world.person("bob").await;
    let ask = scene.party.ask_for(OPENID).and("prompt", "login");
    scene.party.sign_in_for(&ask, &mut scene.browser, &bob).await;
    assert!(!scene.hold(&scene.tokens).await);
}

#[tokio::test]
async fn a_disabled_client_is_told_nothing_any_more() {
    let scene = signed_in(OPENID).await;
    scene.world.disable_client(&scene.party).await;
    assert_eq!(scene.party.userinfo(&scene.tokens.access_token).await.status, 401);
}

#[tokio::test]
async fn an_attempt_under_a_lock_writes_nothing() {
    let scene = signed_in(OPENID).await;
    let mut stranger = scene.world.browser();
    let page = stranger.look_at(&scene.party.ask().url()).await;
    for _ in 0..10 {
        stranger.log_in(&page, &scene.alice.username, "wrong").await;
    }
    scene.world.work();
    stranger.log_in(&page, &scene.alice.username, "wrong").await;
    let done = scene.world.work();
    assert_eq!((done.commits, done.hashes), (0, 0));
}
