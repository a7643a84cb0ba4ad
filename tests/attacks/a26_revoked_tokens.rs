//! A token that was taken back, cut or altered is dead at every endpoint, from the answer of whatever ended it on.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::world::{Answer, Browser, Person, RelyingParty, Tokens, World};

struct Scene {
    world: World,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
    tokens: Tokens,
}

async fn given_for(scope: &str) -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let tokens = party.sign_in_for(&party.ask_for(scope), &mut browser, &alice).await;
    Scene { world, alice, party, browser, tokens }
}

impl Scene {
    /// Every endpoint refuses all of it, by the first request after the end of it was answered.
    async fn is_dead_everywhere(&self, tokens: &Tokens, ended_by: &str) {
        let (access_token, refresh_token) = (&tokens.access_token, tokens.refresh_token());
        assert_eq!(self.party.userinfo(access_token).await.status, 401, "{ended_by}");
        let refreshed = self.party.refresh(refresh_token).await;
        assert!([400, 401].contains(&refreshed.status), "{ended_by}: {refreshed:?}");
        for token in [access_token, refresh_token] {
            let told = self.world.send(self.party.introspection(token)).await;
            let is_refused = told.status == 401 && told.error() == "invalid_client";
            assert!(is_refused || told.body == r#"{"active":false}"#, "{ended_by}: {told:?}");
        }
    }

    async fn end_by(&mut self, way: &str) {
        let Self { world, alice, party, browser, tokens } = self;
        match way {
            "revocation" => assert_eq!(party.revoke(tokens.refresh_token()).await.status, 200),
            "logout" => {
                let page = browser.look_at("/logout").await;
                browser.press(&page, "logout-confirm", &[]).await;
            }
            "logout by the client" => {
                let logout = party.logout(&[("id_token_hint", tokens.id_token())]);
                browser.look_at(&logout).await;
            }
            "reuse of a refresh token" => {
                Tokens::read(party.refresh(tokens.refresh_token()).await);
                world.advance(Duration::from_secs(10)).await;
                party.refresh(tokens.refresh_token()).await;
            }
            "switching the account off" => world.disable(alice).await,
            "erasing the account" => world.erase(alice).await,
            "switching the client off" => world.disable_client(party).await,
            _ => panic!("nothing ends by {way}"),
        }
    }
}

#[tokio::test]
async fn whatever_ends_it_ends_it_at_every_endpoint_at_once() {
    for way in [
        "revocation",
        "logout",
        "logout by the client",
        "reuse of a refresh token",
        "switching the account off",
        "erasing the account",
        "switching the client off",
    ] {
        let mut scene = given_for("openid").await;
        assert_eq!(scene.party.introspect(&scene.tokens.access_token).await["active"], true);
        scene.end_by(way).await;
        scene.is_dead_everywhere(&scene.tokens, way).await;
    }
}

#[tokio::test]
async fn the_second_use_of_a_code_ends_what_the_first_gave_at_every_endpoint() {
    let mut scene = given_for("openid").await;
    let ask = scene.party.ask();
    let callback = scene.browser.authorize(&ask, &scene.alice).await;
    let tokens = Tokens::read(scene.party.redeem(&ask, callback.code()).await);
    scene.party.redeem(&ask, callback.code()).await;
    scene.is_dead_everywhere(&tokens, "a second use").await;
}

/// `text` with its character at `index` changed to another that a token may have.
fn altered(text: &str, index: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_token_that_is_cut_or_altered_anywhere_is_inactive_and_revokes_nothing() {
    let scene = given_for("openid").await;
    for token in [&scene.tokens.access_token, scene.tokens.refresh_token()] {
        let step = token.len().div_ceil(60);
        let indexes = || (1..token.len()).step_by(step).chain([token.len() - 1]);
        let cut = indexes().map(|index| token[..index].to_owned());
        let cut = cut.chain(indexes().map(|index| token[index..].to_owned()));
        let changed = indexes().map(|index| altered(token, index));
        let longer = ["A", "=", ".", "%00", " "].map(|more| format!("{token}{more}"));
        for broken in cut.chain(changed).chain(longer) {
            let told = scene.world.send(scene.party.introspection(&broken)).await;
            assert_eq!((told.status, told.body.as_str()), (200, r#"{"active":false}"#), "{broken}");
            assert_eq!(scene.party.revoke(&broken).await.status, 200, "{broken}");
        }
        assert_eq!(scene.party.introspect(token).await["active"], true);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_revocation_was_answered_none_of_a_hundred_refreshes_gives_anything() {
    let scene = given_for("openid offline_access").await;
    let Scene { party, tokens, .. } = &scene;
    let mut running = JoinSet::new();
    for number in 0..100 {
        let (party, token) = (party.clone(), tokens.refresh_token().to_owned());
        running.spawn(async move {
            if number == 50 { party.revoke(&token).await } else { party.refresh(&token).await }
        });
    }
    let mut given = Vec::new();
    while let Some(answer) = running.join_next().await {
        let answer: Answer = answer.unwrap();
        let is_revocation = answer.status == 200 && answer.body.is_empty();
        if is_revocation {
            // Begun after the answer, beside those that are still under way.
            let sent = party.refreshing(tokens.refresh_token());
            let after = scene.world.all_at_once(20, &sent).await;
            assert!(after.iter().all(|answer| answer.status == 400), "{after:?}");
        } else if answer.status == 200 {
            given.push(Tokens::read(answer));
        } else {
            assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
        }
    }
    for tokens in given.iter().chain([tokens]) {
        scene.is_dead_everywhere(tokens, "revocation").await;
    }
}
