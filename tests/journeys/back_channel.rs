//! Every client that took part in a session is told when it is over (OpenID Connect Back-Channel Logout 1.0).

use std::time::Duration;

use protocol::{
    client::{Client, IdTokenSigningAlgorithm, SubjectType},
    event::Act,
    jose::Algorithm,
    tokens::LogoutTokenClaims,
};
use serde_json::Value;

use crate::world::{
    Browser, Ear, POST_LOGOUT_REDIRECT_URI, Person, RelyingParty, Says, Tokens, World,
};

struct Scene {
    world: World,
    ear: Ear,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
    tokens: Tokens,
}

/// Alice, signed in at a client that is told of logouts.
async fn signed_in() -> Scene {
    in_world(World::new().await).await
}

async fn in_world(world: World) -> Scene {
    let ear = Ear::open().await;
    let (alice, party) = (world.person("alice").await, world.told_client(&ear).await);
    let mut browser = world.browser();
    let tokens = party.sign_in(&mut browser, &alice).await;
    Scene { world, ear, alice, party, browser, tokens }
}

/// A world in which clients are waited for no longer than this.
async fn impatient() -> World {
    World::with(|setup| {
        setup.policies.logouts.hold_max = Duration::from_millis(50);
        setup.policies.logouts.post_max = Duration::from_millis(50);
    })
    .await
}

impl Scene {
    /// The application signs the end-user out, and the browser comes back to it.
    async fn log_out(&mut self) {
        let hint = self.tokens.id_token().to_owned();
        let asked = [
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", POST_LOGOUT_REDIRECT_URI),
            ("state", "s"),
        ];
        let callback = self.browser.open(&self.party.logout(&asked)).await.callback();
        assert_eq!(callback.parameters, [("state".to_owned(), "s".to_owned())]);
    }

    /// What the client was told since this was last asked.
    async fn told(&self) -> Vec<LogoutTokenClaims> {
        self.party.told(&self.ear.heard()).await
    }

    /// What happens by itself in this time.
    async fn later(&self, seconds: u64) {
        self.world.advance(Duration::from_secs(seconds)).await;
    }
}

/// CONFORMANCE L6, L7 and `oidcc-backchannel-rp-initiated-logout`: one form with one logout token, before the redirect.
#[tokio::test]
async fn a_client_is_told_before_the_browser_comes_back() {
    let mut scene = signed_in().await;
    let id_token = scene.party.verify(scene.tokens.id_token()).await;
    assert!(id_token.sid.is_some());
    scene.log_out().await;
    let heard = scene.ear.heard();
    assert_eq!(heard.len(), 1);
    let told = scene.party.told(&heard).await.remove(0);
    assert_eq!((told.sid, told.sub.as_ref()), (id_token.sid, Some(&id_token.sub)));
    let token = &heard[0].fields[0].1;
    let payload = crate::world::claims(token);
    let events = serde_json::json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    assert_eq!(payload["events"], events);
    for name in ["iss", "aud", "iat", "exp", "jti"] {
        assert_ne!(payload[name], Value::Null, "{name}");
    }
    assert_eq!(payload.get("nonce"), None);
    scene.later(24 * 3600).await;
    assert!(scene.told().await.is_empty(), "once is enough");
}

#[tokio::test]
async fn a_logout_token_is_signed_as_the_clients_id_tokens_are() {
    let mut scene = signed_in().await;
    let es256 = |client: &mut Client| {
        client.id_token_signed_response_alg =
            IdTokenSigningAlgorithm::Known(Algorithm::Es256.into());
    };
    let other = scene.world.told_client_but(&scene.ear, es256).await;
    other.sign_in(&mut scene.browser, &scene.alice).await;
    scene.log_out().await;
    let heard = scene.ear.heard();
    for (party, alg) in [(&scene.party, "RS256"), (&other, "ES256")] {
        let own = format!("/{}", party.id());
        let heard = heard.iter().find(|heard| heard.path == own).expect("it was told");
        assert_eq!(crate::world::algorithm(&heard.fields[0].1), alg);
    }
}

/// OpenID Connect Core 1.0 §8: a client that has names of its own is told by them.
#[tokio::test]
async fn a_client_with_pairwise_subjects_is_told_by_the_names_that_it_knows() {
    let mut scene = signed_in().await;
    let pairwise = |client: &mut Client| client.subjects.subject_type = SubjectType::Pairwise;
    let other = scene.world.told_client_but(&scene.ear, pairwise).await;
    let tokens = other.sign_in(&mut scene.browser, &scene.alice).await;
    let known = other.verify(tokens.id_token()).await;
    scene.log_out().await;
    let own = format!("/{}", other.id());
    let heard: Vec<_> = scene.ear.heard().into_iter().filter(|heard| heard.path == own).collect();
    let told = other.told(&heard).await.remove(0);
    assert_eq!((told.sub.as_ref(), told.sid), (Some(&known.sub), known.sid));
    assert_ne!(known.sub, scene.alice.account_id.to_string());
}

/// A logout token is no ID token: nobody is signed out by who was told of a logout.
#[tokio::test]
async fn a_logout_token_is_no_hint() {
    let mut scene = signed_in().await;
    scene.log_out().await;
    let token = scene.ear.heard()[0].fields[0].1.clone();
    let page = scene.browser.look_at(&scene.party.logout(&[("id_token_hint", &token)])).await;
    assert_eq!((page.answer.status, page.id.as_str()), (400, "error-page"));
}

#[tokio::test]
async fn each_of_three_clients_is_told_and_nobody_else() {
    let mut scene = signed_in().await;
    let two =
        [scene.world.told_client(&scene.ear).await, scene.world.told_client(&scene.ear).await];
    let elsewhere = scene.world.told_client(&scene.ear).await;
    let silent = scene.world.relying_party().await;
    for party in two.iter().chain([&silent]) {
        party.sign_in(&mut scene.browser, &scene.alice).await;
    }
    elsewhere.sign_in(&mut scene.world.browser(), &scene.alice).await;
    scene.log_out().await;
    let heard = scene.ear.heard();
    assert_eq!(heard.len(), 3);
    for party in two.iter().chain([&scene.party]) {
        assert_eq!(party.told(&heard).await.len(), 1);
    }
    assert!(elsewhere.told(&heard).await.is_empty(), "it is another session");
}

#[tokio::test]
async fn one_part_in_a_session_is_kept_however_often_a_client_comes() {
    let mut scene = signed_in().await;
    for _ in 0..3 {
        scene.party.sign_in(&mut scene.browser, &scene.alice).await;
    }
    scene.log_out().await;
    assert_eq!(scene.told().await.len(), 1);
}

/// A part in a session is one row more, once; whoever is not told has none.
#[tokio::test]
async fn a_part_in_a_session_is_one_row_and_a_client_that_is_not_told_has_none() {
    let scene = signed_in().await;
    let silent = scene.world.relying_party().await;
    silent.sign_in(&mut scene.world.browser(), &scene.alice).await;
    let mut browser = scene.browser.clone();
    let mut work = Vec::new();
    let told = scene.world.told_client(&scene.ear).await;
    told.sign_in(&mut scene.world.browser(), &scene.alice).await;
    for party in [&silent, &told, &silent, &told] {
        scene.world.work();
        browser.open(&party.ask().url()).await.callback();
        let done = scene.world.work();
        work.push((done.commits, done.rows));
    }
    let (commits, rows) = work[0];
    assert_eq!(work, [(commits, rows), (commits, rows + 1), (commits, rows), (commits, rows)]);
}

#[tokio::test]
async fn clients_are_told_by_the_page_of_our_own_too() {
    let mut scene = signed_in().await;
    let page = scene.browser.look_at("/logout").await;
    scene.browser.press(&page, "logout-confirm", &[]).await;
    assert_eq!(scene.told().await.len(), 1);
}

#[tokio::test]
async fn clients_are_told_of_a_session_that_has_timed_out_once_somebody_ends_it() {
    let mut scene = signed_in().await;
    scene.later(31 * 60).await;
    assert!(scene.told().await.is_empty(), "a timeout is no logout");
    scene.log_out().await;
    assert_eq!(scene.told().await.len(), 1);
}

#[tokio::test]
async fn who_takes_over_the_browser_signs_out_who_was_there() {
    let mut scene = signed_in().await;
    let bob = scene.world.person("bob").await;
    let ask = scene.party.ask().set("prompt", "login");
    scene.party.sign_in_for(&ask, &mut scene.browser, &bob).await;
    scene.later(10).await;
    let told = scene.told().await;
    let before = scene.party.verify(scene.tokens.id_token()).await;
    assert_eq!(told.iter().map(|told| told.sid).collect::<Vec<_>>(), [before.sid]);
}

/// Offline access outlives the session; that the end-user signed out is told all the same.
#[tokio::test]
async fn who_has_offline_access_is_told_too() {
    let mut scene = signed_in().await;
    let ask = scene.party.ask_for("openid offline_access").and("prompt", "consent");
    let offline = scene.party.sign_in_for(&ask, &mut scene.browser, &scene.alice).await;
    scene.log_out().await;
    assert_eq!(scene.told().await.len(), 1);
    assert_eq!(scene.party.refresh(offline.refresh_token()).await.status, 200);
}

#[tokio::test]
async fn of_many_logouts_at_once_a_client_hears_one() {
    let mut scene = signed_in().await;
    let hint = scene.tokens.id_token().to_owned();
    let address = scene.party.logout(&[("id_token_hint", hint.as_str())]);
    let mut leaving = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (mut browser, address) = (scene.browser.clone(), address.clone());
        leaving.spawn(async move { browser.visit(&address).await.status });
    }
    assert!(leaving.join_all().await.iter().all(|status| *status == 303));
    scene.later(120).await;
    assert_eq!(scene.told().await.len(), 1);
    scene.log_out().await;
    scene.later(120).await;
    assert!(scene.told().await.is_empty());
}

#[tokio::test]
async fn a_client_that_answers_nothing_does_not_hold_up_the_end_user_and_is_told_again() {
    let mut scene = in_world(impatient().await).await;
    scene.ear.say(Says::Nothing);
    scene.log_out().await;
    let first = scene.told().await;
    assert_eq!(first.len(), 1);
    scene.ear.say(Says::Status(204));
    scene.later(20).await;
    assert!(scene.told().await.is_empty(), "not so soon");
    scene.later(20).await;
    let again = scene.told().await;
    assert_eq!(again.iter().map(|told| &told.jti).collect::<Vec<_>>(), [&first[0].jti]);
    scene.later(24 * 3600).await;
    assert!(scene.told().await.is_empty(), "it took it");
}

#[tokio::test]
async fn a_client_that_refuses_is_told_less_and_less_often_and_given_up_after_a_day() {
    let mut scene = signed_in().await;
    scene.ear.say(Says::Status(400));
    scene.log_out().await;
    let mut times = scene.told().await.len();
    for _ in 0..(25 * 12) {
        scene.later(5 * 60).await;
        times += scene.told().await.len();
    }
    assert!((25..=36).contains(&times), "{times}");
    scene.ear.say(Says::Status(200));
    scene.later(24 * 3600).await;
    assert!(scene.told().await.is_empty(), "nobody tries any more");
    let events = scene.world.events().await;
    assert!(events.iter().any(|event| matches!(event.act, Act::ClientNotToldOfLogout { .. })));
    assert!(!events.iter().any(|event| matches!(event.act, Act::ClientToldOfLogout { .. })));
}

#[tokio::test]
async fn what_a_client_took_is_in_the_audit_log() {
    let mut scene = signed_in().await;
    scene.log_out().await;
    let events = scene.world.events().await;
    let told = events.iter().find(|event| matches!(event.act, Act::ClientToldOfLogout { .. }));
    let told = told.expect("the event");
    assert_eq!(told.client_id, Some(scene.party.client_id));
    assert_eq!(told.account_id, Some(scene.alice.account_id));
}

/// A client that is away holds up neither other clients nor those who wait to tell it.
#[tokio::test]
async fn one_client_that_is_away_delays_no_other() {
    let world = impatient().await;
    let away = Ear::open().await;
    away.say(Says::Nothing);
    let mut scene = in_world(world).await;
    let other = scene.world.told_client(&away).await;
    other.sign_in(&mut scene.browser, &scene.alice).await;
    scene.log_out().await;
    assert_eq!(scene.told().await.len(), 1);
    assert_eq!(other.told(&away.heard()).await.len(), 1);
}

#[tokio::test]
async fn a_disabled_client_is_told_nothing() {
    let mut scene = signed_in().await;
    scene.world.disable_client(&scene.party).await;
    let page = scene.browser.look_at("/logout").await;
    scene.browser.press(&page, "logout-confirm", &[]).await;
    scene.later(60).await;
    assert!(scene.ear.heard().is_empty());
}
