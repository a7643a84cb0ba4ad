//! An assertion by which a client authenticates gives something once, on whichever node and whatever happens between.

use std::time::Duration;

use doorward::start::{OsRandomness, SystemClock};
use protocol::{
    Clock,
    client::{Client, GrantType},
    paths,
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::world::{
    Answer, Installation, Sent, Tokens, World,
    asserting::{Asserting, Key, good_claims, presenting, signing_with},
    statuses,
};

/// A client of each way, and somebody who has signed in with it.
async fn signed_in() -> (World, Vec<(Asserting, Tokens)>) {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut all = Vec::new();
    for client in
        [world.client_with_key(|_| {}).await, world.client_with_shared_secret(|_| {}).await]
    {
        let tokens = client.sign_in(&mut world.browser(), &alice).await;
        all.push((client, tokens));
    }
    (world, all)
}

/// One succeeds, and all others are nobody.
fn one_succeeded(answers: &[Answer]) {
    assert_eq!(statuses(answers), [(200, 1), (401, answers.len() - 1)].into());
    let refused = answers.iter().filter(|answer| answer.status == 401);
    assert!(refused.into_iter().all(|answer| answer.error() == "invalid_client"));
}

async fn on_both(nodes: [&World; 2], count: usize, sent: &Sent) -> Vec<Answer> {
    let mut tasks = JoinSet::new();
    for number in 0..count {
        let (wire, sent) = (nodes[number % 2].wire().clone(), sent.clone());
        tasks.spawn(async move { wire.send(sent).await });
    }
    tasks.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_parallel_uses_of_one_assertion_give_exactly_one_success() {
    let (world, all) = signed_in().await;
    for (client, tokens) in all {
        let sent = client.refreshing(&client.assertion(), tokens.refresh_token());
        one_succeeded(&world.all_at_once(50, &sent).await);
        // Nor does the successor of the refresh token make it good again, or hurt who holds it.
        let again = client.refreshing(&client.assertion(), tokens.refresh_token());
        assert_eq!(world.send(again).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_give_exactly_one_success_between_them() {
    let (world, all) = signed_in().await;
    let beside = world.beside("second").await;
    for (client, tokens) in all {
        let sent = client.refreshing(&client.assertion(), tokens.refresh_token());
        one_succeeded(&on_both([&world, &beside], 50, &sent).await);
        assert_eq!(beside.send(sent).await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_code_and_one_assertion_at_once_give_tokens_that_stay() {
    let world = World::new().await;
    let (alice, client) = (world.person("alice").await, world.client_with_key(|_| {}).await);
    let ask = client.party.ask();
    let callback = world.browser().authorize(&ask, &alice).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", callback.code()),
        ("redirect_uri", ask.get("redirect_uri")),
        ("code_verifier", &ask.verifier),
    ];
    let sent = presenting(&client.assertion(), paths::TOKEN, &fields);
    let answers = world.all_at_once(50, &sent).await;
    one_succeeded(&answers);
    // Who replays a whole request is nobody, and takes nothing from who sent it.
    let given = answers.into_iter().find(|answer| answer.status == 200).map(Tokens::read).unwrap();
    assert_eq!(client.party.userinfo(&given.access_token).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_refresh_token_and_one_assertion_at_once_revoke_no_family() {
    let world = World::with(|setup| setup.policies.lifetimes.refresh_grace = Duration::ZERO).await;
    let (alice, client) = (world.person("alice").await, world.client_with_key(|_| {}).await);
    let tokens = client.sign_in(&mut world.browser(), &alice).await;
    let sent = client.refreshing(&client.assertion(), tokens.refresh_token());
    let answers = world.all_at_once(50, &sent).await;
    one_succeeded(&answers);
    let given = answers.into_iter().find(|answer| answer.status == 200).map(Tokens::read).unwrap();
    let next = client.refreshing(&client.assertion(), given.refresh_token());
    assert_eq!(world.send(next).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn introspection_and_revocation_use_an_assertion_up_too() {
    let (world, all) = signed_in().await;
    for (client, tokens) in all {
        let token = [("token", tokens.access_token.as_str())];
        for path in [paths::INTROSPECT, paths::REVOKE] {
            let assertion = client.assertion();
            one_succeeded(&world.all_at_once(50, &presenting(&assertion, path, &token)).await);
            let elsewhere = client.refreshing(&assertion, tokens.refresh_token());
            assert_eq!(world.send(elsewhere).await.status, 401);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_grant_that_writes_nothing_else_uses_an_assertion_up_too() {
    let world = World::new().await;
    let own_name = |client: &mut Client| client.grant_types = vec![GrantType::ClientCredentials];
    for client in
        [world.client_with_key(own_name).await, world.client_with_shared_secret(own_name).await]
    {
        let grant = [("grant_type", "client_credentials")];
        let sent = presenting(&client.assertion(), paths::TOKEN, &grant);
        one_succeeded(&world.all_at_once(50, &sent).await);
    }
}

#[tokio::test]
async fn an_assertion_is_remembered_for_as_long_as_it_is_believed() {
    let (world, all) = signed_in().await;
    for (client, tokens) in all {
        let now = world.now().as_seconds();
        let assertion = client.assertion_but(&json!({ "exp": now + 3_600 }));
        let sent = client.refreshing(&assertion, tokens.refresh_token());
        assert_eq!(world.send(sent.clone()).await.status, 200);
        for _ in 0..13 {
            world.advance(Duration::from_secs(300)).await;
            assert_eq!(world.send(sent.clone()).await.status, 401);
        }
    }
}

#[tokio::test]
async fn the_same_name_is_free_for_another_client() {
    let (world, all) = signed_in().await;
    for (client, tokens) in all {
        let assertion = client.assertion_but(&json!({ "jti": "one" }));
        let sent = client.refreshing(&assertion, tokens.refresh_token());
        assert_eq!(world.send(sent).await.status, 200);
        // Another signature over the same name is the same use of it.
        let anew = client.assertion_but(&json!({ "jti": "one", "iat": null }));
        let sent = client.refreshing(&anew, tokens.refresh_token());
        assert_eq!(world.send(sent).await.status, 401);
    }
}

#[tokio::test]
async fn a_request_that_is_refused_for_another_reason_leaves_the_assertion_unused() {
    let (world, all) = signed_in().await;
    for (client, tokens) in all {
        let assertion = client.assertion();
        let refused = client.tries(&assertion).await;
        assert_eq!((refused.status, refused.error().as_str()), (400, "invalid_grant"));
        let sent = client.refreshing(&assertion, tokens.refresh_token());
        assert_eq!(world.send(sent).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_used_assertion_stays_used_after_a_kill_and_a_restart() {
    let installation = Installation::new();
    let key = Key::drawn_by(&OsRandomness);
    let client_id = installation.register(signing_with(&key)).await;
    let served = installation.serve("", Some("client_assertions:1"));
    let issuer = served.wire().issuer().to_owned();
    let claims = good_claims(&client_id.to_string(), &issuer, SystemClock.now(), "one");
    let sent = presenting(&key.sign(&claims), paths::INTROSPECT, &[("token", "none")]);
    let (wire, lost) = (served.wire().clone(), sent.clone());
    let lost = JoinSet::from_iter([async move { wire.try_send(lost).await }]);
    tokio::task::block_in_place(|| served.kill_when_held());
    assert!(lost.join_all().await.iter().all(Option::is_none), "nobody was answered");

    let served = installation.serve("", None);
    let answers = served.wire().all_at_once(20, &sent).await;
    assert_eq!(statuses(&answers), [(401, 20)].into());
    let fresh = good_claims(&client_id.to_string(), &issuer, SystemClock.now(), "two");
    let sent = presenting(&key.sign(&fresh), paths::INTROSPECT, &[("token", "none")]);
    assert_eq!(served.wire().send(sent).await.json(), json!({ "active": false }));
}
