//! All that a client, or anybody for an account, was given is taken back by one write: at once, at every endpoint of every
//! node, whatever runs beside it. What is given afterwards holds.

use protocol::client::{AccessTokenFormat, Client};
use tokio::task::JoinSet;

use crate::world::{Answer, Ask, Browser, Callback, Person, RelyingParty, Tokens, World};

const SCOPE: &str = "openid offline_access";

struct Scene {
    world: World,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
    ask: Ask,
}

async fn scene(change: impl FnOnce(&mut Client)) -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.client(change).await);
    let (browser, ask) = (world.browser(), party.ask_for(SCOPE));
    Scene { world, alice, party, browser, ask }
}

/// What takes it back.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Client,
    Account,
    Sessions,
}

impl Scene {
    async fn given(&mut self) -> Tokens {
        self.party.sign_in_for(&self.ask, &mut self.browser, &self.alice).await
    }

    async fn code(&mut self) -> Callback {
        self.browser.authorize(&self.ask, &self.alice).await
    }

    async fn take_back(&self, way: Way) {
        match way {
            Way::Client => self.world.revoke_all_of_client(&self.party).await,
            Way::Account => self.world.revoke_all_of_account(self.alice.account_id).await,
            Way::Sessions => self.world.end_sessions_of_account(self.alice.account_id).await,
        }
    }
}

async fn is_dead(party: &RelyingParty, tokens: &Tokens) {
    assert_eq!(party.userinfo(&tokens.access_token).await.status, 401);
    assert_eq!(party.introspect(&tokens.access_token).await["active"], false);
    if let Some(refresh_token) = &tokens.refresh_token {
        assert_eq!(party.introspect(refresh_token).await["active"], false);
        assert_eq!(party.refresh(refresh_token).await.error(), "invalid_grant");
    }
}

async fn holds(party: &RelyingParty, tokens: &Tokens) {
    assert_eq!(party.userinfo(&tokens.access_token).await.status, 200);
    assert_eq!(party.introspect(tokens.refresh_token()).await["active"], true);
    assert_eq!(party.refresh(tokens.refresh_token()).await.status, 200);
}

#[tokio::test]
async fn one_write_takes_back_tokens_and_codes_and_nothing_that_is_given_afterwards() {
    for way in [Way::Client, Way::Account, Way::Client] {
        for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
            let mut scene = scene(|client| client.tokens.access_token_format = format).await;
            let (bob, other) = (scene.world.person("bob").await, scene.world.relying_party().await);
            // Twice at the same instant: the clock stands still.
            for _ in 0..2 {
                let (tokens, code) = (scene.given().await, scene.code().await);
                let of_bob = other
                    .sign_in_for(&other.ask_for(SCOPE), &mut scene.world.browser(), &bob)
                    .await;
                scene.take_back(way).await;
                is_dead(&scene.party, &tokens).await;
                let answer = scene.party.redeem(&scene.ask, code.code()).await;
                assert_eq!(answer.error(), "invalid_grant", "{way:?}: {answer:?}");
                holds(&other, &of_bob).await;
            }
            let tokens = scene.given().await;
            holds(&scene.party, &tokens).await;
        }
    }
}

#[tokio::test]
async fn the_end_of_all_sessions_takes_what_does_not_outlive_them() {
    let mut scene = scene(|_| {}).await;
    let offline = scene.given().await;
    let code = scene.code().await;
    scene.ask = scene.party.ask();
    let tokens = scene.given().await;
    scene.take_back(Way::Sessions).await;
    is_dead(&scene.party, &tokens).await;
    assert_eq!(scene.party.redeem(&scene.ask, code.code()).await.error(), "invalid_grant");
    holds(&scene.party, &offline).await;
}

#[tokio::test]
async fn what_a_client_was_given_in_its_own_name_goes_too_even_in_the_same_second() {
    let world = World::new().await;
    for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
        let machine = world.machine("a", |client| client.tokens.access_token_format = format).await;
        let mut before = vec![];
        for _ in 0..3 {
            let token = machine.own_token().await;
            assert_eq!(machine.introspect(&token).await["active"], true);
            before.push(token);
            world.revoke_all_of_client(&machine).await;
            for token in &before {
                assert_eq!(machine.introspect(token).await["active"], false);
                assert_eq!(machine.userinfo(token).await.status, 401);
            }
        }
        let after = machine.own_token().await;
        assert_eq!(machine.introspect(&after).await["active"], true);
    }
}

/// Redeems, refreshes and asks in its own name, a hundred times at once, with the revocation among them.
async fn race(way: Way, format: AccessTokenFormat, at_other: bool) {
    let mut scene = scene(|client| client.tokens.access_token_format = format).await;
    let other = scene.world.beside("other").await;
    let mut running: JoinSet<Option<Answer>> = JoinSet::new();
    let mut prepared = Vec::new();
    for _ in 0..50 {
        prepared.push((scene.given().await, scene.code().await));
    }
    for (number, (tokens, code)) in prepared.iter().enumerate() {
        let (party, ask) = (scene.party.clone(), scene.ask.clone());
        let (refresh_token, code) = (tokens.refresh_token().to_owned(), code.code().to_owned());
        let (again, refresh_token) = (party.clone(), refresh_token);
        running.spawn(async move { Some(party.redeem(&ask, &code).await) });
        running.spawn(async move { Some(again.refresh(&refresh_token).await) });
        if number == 20 {
            let (world, party) =
                (if at_other { &other } else { &scene.world }, scene.party.clone());
            let (world, account_id) = (world.clone(), scene.alice.account_id);
            running.spawn(async move {
                match way {
                    Way::Client => world.revoke_all_of_client(&party).await,
                    _ => world.revoke_all_of_account(account_id).await,
                }
                None
            });
        }
    }
    let answers: Vec<Answer> = running.join_all().await.into_iter().flatten().collect();
    assert_eq!(answers.len(), 100);
    // All began before the revocation was answered: they may have got something, and none of it holds.
    for answer in answers {
        if answer.status == 200 {
            is_dead(&scene.party, &Tokens::read(answer)).await;
        } else {
            assert_eq!(answer.error(), "invalid_grant", "{answer:?}");
        }
    }
    let tokens = scene.given().await;
    holds(&scene.party, &tokens).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_races_a_revocation_of_all_gives_nothing_that_holds() {
    for way in [Way::Client, Way::Account] {
        race(way, AccessTokenFormat::Jwt, false).await;
    }
    race(Way::Client, AccessTokenFormat::Opaque, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nor_does_it_where_another_node_takes_it_back() {
    for way in [Way::Client, Way::Account] {
        race(way, AccessTokenFormat::Jwt, true).await;
    }
}

#[tokio::test]
async fn what_one_node_has_taken_back_another_refuses_from_its_answer_on() {
    for way in [Way::Client, Way::Account] {
        let mut scene = scene(|_| {}).await;
        let other = scene.world.beside("other").await;
        let (id, secret) = (scene.party.client_id, scene.party.secret.clone());
        let elsewhere =
            RelyingParty::registered(other.wire().clone(), id, &secret, &scene.party.redirect_uri);
        let (tokens, code) = (scene.given().await, scene.code().await);
        assert_eq!(elsewhere.userinfo(&tokens.access_token).await.status, 200);
        scene.take_back(way).await;
        is_dead(&elsewhere, &tokens).await;
        assert_eq!(elsewhere.redeem(&scene.ask, code.code()).await.error(), "invalid_grant");
    }
}
