//! All of something: in one write where there is one to judge by, else page by page.

use protocol::{
    GrantId, Token,
    client::Client,
    event::{Act, Event},
};
use serde_json::{Value, json};
use storage::{codes::Code, grants::Grant};

use super::{Given, claims};
use crate::{
    admin::is_problem,
    world::{Sent, Tokens, World, statuses},
};

#[tokio::test]
async fn all_that_a_client_was_given_ends_and_nothing_of_others() {
    let given = Given::new().await;
    let other = given.world.relying_party().await;
    let elsewhere = given.another(&other, &given.alice).await;
    let answer = given.revoke(&json!({ "client_id": given.party.id() })).await;
    assert_eq!((answer.status, &answer.json()["revoked"]), (200, &1.into()), "{answer:?}");
    assert_eq!(given.hold(&given.party, &given.tokens).await, (false, false));
    assert_eq!(given.hold(&other, &elsewhere).await, (true, true));
    let later = given.another(&given.party, &given.alice).await;
    assert_eq!(given.hold(&given.party, &later).await, (true, true), "it is not for ever");
    // In the same moment again, as nobody knows when the next one comes.
    given.revoke(&json!({ "client_id": given.party.id() })).await;
    assert_eq!(given.hold(&given.party, &later).await, (false, false));
}

#[tokio::test]
async fn all_that_was_given_for_an_account_ends_with_offline_access_and_the_session_stays() {
    let mut given = Given::new().await;
    let bob = given.world.person("bob").await;
    let of_bob = given.another(&given.party, &bob).await;
    let ask = given.party.ask_for("openid offline_access").set("prompt", "consent");
    let offline = given.party.sign_in_for(&ask, &mut given.browser, &given.alice).await;
    let answer = given.revoke(&json!({ "account_id": given.alice.account_id.to_string() })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    for tokens in [&given.tokens, &offline] {
        assert_eq!(given.hold(&given.party, tokens).await, (false, false));
    }
    assert_eq!(given.hold(&given.party, &of_bob).await, (true, true));
    let silent = given.browser.open(&given.party.ask().set("prompt", "none").url()).await;
    assert!(silent.callback().get("code").is_some(), "the browser is still signed in");
}

#[tokio::test]
async fn what_one_client_was_given_for_one_account_ends_page_by_page() {
    let given = Given::new().await;
    let (bob, other) = (given.world.person("bob").await, given.world.relying_party().await);
    let of_bob = given.another(&given.party, &bob).await;
    let elsewhere = given.another(&other, &given.alice).await;
    multiply(&given.world, &given.grant_id(&given.tokens).await, 230).await;
    let mut body = json!({
        "client_id": given.party.id(), "account_id": given.alice.account_id.to_string(),
    });
    let (mut revoked, mut steps) = (0, 0);
    loop {
        let answer = given.revoke(&body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let done = answer.json()["revoked"].as_u64().unwrap();
        assert!(done <= 100);
        (revoked, steps) = (revoked + done, steps + 1);
        match &answer.json()["next"] {
            Value::Null => break,
            next => body["after"] = next.clone(),
        }
    }
    assert_eq!((revoked, steps), (231, 3));
    assert_eq!(given.hold(&given.party, &given.tokens).await, (false, false));
    assert_eq!(given.hold(&given.party, &of_bob).await, (true, true));
    assert_eq!(given.hold(&other, &elsewhere).await, (true, true));
}

/// The grant with this id, so many times more.
async fn multiply(world: &World, grant_id: &Value, times: usize) {
    let grant_id: GrantId = grant_id.as_str().unwrap().parse().unwrap();
    let grant = world.store().grant(&world.realm(), grant_id).await.unwrap().unwrap();
    let mut batch = world.store().batch();
    for _ in 0..times {
        let grant_id = GrantId::new(world.store().randomness());
        batch.create(&Grant { grant_id, ..grant.record.clone() });
    }
    world.store().commit(batch).await.unwrap();
}

#[tokio::test]
async fn what_was_given_in_a_session_ends_and_the_session_goes_on() {
    let mut given = Given::new().await;
    let other = given.another(&given.party, &given.alice).await;
    let session_id = claims(&given.tokens.access_token)["sid"].clone();
    let answer = given.revoke(&json!({ "session_id": session_id })).await;
    assert_eq!((answer.status, &answer.json()["revoked"]), (200, &1.into()), "{answer:?}");
    assert_eq!(given.hold(&given.party, &given.tokens).await, (false, false));
    assert_eq!(given.hold(&given.party, &other).await, (true, true));
    let silent = given.browser.open(&given.party.ask().set("prompt", "none").url()).await;
    assert!(silent.callback().get("code").is_some());
}

#[tokio::test]
async fn all_that_anybody_was_given_ends_a_hundred_clients_at_a_time() {
    let given = Given::new().await;
    let found = given.world.store().client(&given.world.realm(), given.party.client_id).await;
    let found = found.unwrap().unwrap();
    let mut batch = given.world.store().batch();
    for _ in 0..120 {
        let client_id = protocol::ClientId::new(given.world.store().randomness());
        batch.create(&Client { client_id, ..found.record.clone() });
    }
    given.world.store().commit(batch).await.unwrap();
    let first = given.revoke(&json!({ "all": true, "reason": "compromised" })).await.json();
    assert_eq!(first["revoked"], 100);
    let body = json!({ "all": true, "reason": "compromised", "after": first["next"] });
    let last = given.revoke(&body).await.json();
    assert!(last["next"].is_null() && last["revoked"].as_u64() >= Some(21), "{last}");
    assert_eq!(given.hold(&given.party, &given.tokens).await, (false, false));
    let elsewhere = json!({ "client_id": given.party.id(), "after": first["next"] });
    is_problem(&given.revoke(&elsewhere).await, 400, "malformed_request");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let given = Given::new().await;
    let id = |kind: &str| format!("{kind}_00000000000000000000000000000000");
    for body in [
        json!({ "client_id": id("cli") }),
        json!({ "account_id": id("acc") }),
        json!({ "client_id": given.party.id(), "account_id": id("acc") }),
        json!({ "session_id": id("ses") }),
    ] {
        is_problem(&given.revoke(&body).await, 404, "not_found");
    }
}

/// What is taken back of alice: at one application, or in her session.
fn both(given: &Given) -> [Value; 2] {
    let at_client = json!({
        "client_id": given.party.id(), "account_id": given.alice.account_id.to_string(),
    });
    [at_client, json!({ "session_id": claims(&given.tokens.access_token)["sid"] })]
}

#[tokio::test]
async fn a_code_that_waits_to_be_redeemed_gives_nothing_afterwards() {
    for way in 0..2 {
        let mut given = Given::new().await;
        let (other, mut elsewhere) = (given.world.relying_party().await, given.world.browser());
        let (ask, kept) = (given.party.ask(), other.ask());
        let code = given.browser.authorize(&ask, &given.alice).await;
        let kept_code = elsewhere.authorize(&kept, &given.alice).await;
        multiply_codes(&given.world, code.code(), 130).await;
        let mut body = both(&given)[way].clone();
        loop {
            let answer = given.revoke(&body).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(answer.json()["revoked"].as_u64() <= Some(100), "{answer:?}");
            match &answer.json()["next"] {
                Value::Null => break,
                next => body["after"] = next.clone(),
            }
        }
        let redeemed = given.party.redeem(&ask, code.code()).await;
        assert_eq!(redeemed.error(), "invalid_grant", "{way}");
        assert_eq!(other.redeem(&kept, kept_code.code()).await.status, 200, "{way}");
        let later = given.party.sign_in(&mut given.browser, &given.alice).await;
        assert_eq!(given.hold(&given.party, &later).await, (true, true), "{way}");
        let events = given.world.events().await;
        let is_told = |event: &&Event| matches!(event.act, Act::CodeWithdrawn { .. });
        assert_eq!(events.iter().filter(is_told).count(), 131, "{way}");
    }
}

/// The code that is presented so, so many times more.
async fn multiply_codes(world: &World, presented: &str, times: usize) {
    let hash = Token::presented(presented).hash();
    let code = world.store().code(&world.realm(), &hash).await.unwrap().unwrap();
    let mut batch = world.store().batch();
    for _ in 0..times {
        let code_hash = Token::new(world.store().randomness()).hash();
        batch.create(&Code { code: code_hash, ..code.record.clone() });
    }
    world.store().commit(batch).await.unwrap();
}

/// Whichever comes first: the code is gone, or what it gave is.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_code_gives_at_the_moment_of_a_revocation_does_not_hold() {
    let mut given = Given::new().await;
    for round in 0..20 {
        let ask = given.party.ask();
        let code = given.browser.authorize(&ask, &given.alice).await;
        let body = both(&given)[round % 2].clone();
        let (redeemed, revoked) =
            tokio::join!(given.party.redeem(&ask, code.code()), given.revoke(&body));
        assert_eq!(revoked.status, 200, "{revoked:?}");
        if redeemed.status == 200 {
            let tokens = Tokens::read(redeemed);
            assert_eq!(given.hold(&given.party, &tokens).await, (false, false), "{round}");
        }
    }
}

#[tokio::test]
async fn what_was_given_in_a_session_that_timed_out_ends_too() {
    let given = Given::new().await;
    given.world.advance(std::time::Duration::from_secs(40 * 60)).await;
    let answer = given.revoke(&both(&given)[1]).await;
    assert_eq!((answer.status, &answer.json()["revoked"]), (200, &1.into()), "{answer:?}");
    assert_eq!(given.hold(&given.party, &given.tokens).await, (false, false));
}

/// Asks for it under a key, not yet sent.
fn under(given: &Given, key: &str, body: &Value) -> Sent {
    given.admin.posting("/revocations", body).header("idempotency-key", key)
}

/// How often all of a client or an account was taken back, by the audit log.
async fn times(given: &Given) -> usize {
    let is_all = |event: &&Event| {
        matches!(event.act, Act::ClientTokensRevoked { .. } | Act::AccountTokensRevoked { .. })
    };
    given.world.events().await.iter().filter(is_all).count()
}

#[tokio::test]
async fn asked_again_under_one_key_it_takes_back_nothing_that_was_given_since() {
    for way in 0..5 {
        let given = Given::new().await;
        let body = match way {
            0 => json!({ "client_id": given.party.id() }),
            1 => json!({ "account_id": given.alice.account_id.to_string() }),
            2 => json!({ "all": true }),
            way => both(&given)[way - 3].clone(),
        };
        let first = given.admin.send(under(&given, "lost", &body)).await;
        assert_eq!(first.status, 200, "{first:?}");
        assert_eq!(given.hold(&given.party, &given.tokens).await, (false, false), "{body}");
        let (later, told) = (given.another(&given.party, &given.alice).await, times(&given).await);
        let again = given.admin.at(&given.beside).send(under(&given, "lost", &body)).await;
        assert_eq!((again.status, &again.body), (200, &first.body), "{body}");
        assert_eq!(given.hold(&given.party, &later).await, (true, true), "{body}");
        assert_eq!(times(&given).await, told, "{body}");
        let other = json!({ "client_id": given.party.id(), "reason": "policy" });
        let reused = given.admin.send(under(&given, "lost", &other)).await;
        is_problem(&reused, 422, "idempotency_key_reused");
        assert_eq!(given.admin.send(under(&given, "meant", &body)).await.status, 200);
        assert_eq!(given.hold(&given.party, &given.tokens).await, (false, false), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn asked_fifty_times_at_once_under_one_key_it_happens_once() {
    for way in 0..3 {
        let given = Given::new().await;
        let body = match way {
            0 => json!({ "client_id": given.party.id() }),
            1 => json!({ "account_id": given.alice.account_id.to_string() }),
            _ => json!({ "all": true }),
        };
        let clients = given.world.store().all::<Client>(&given.world.realm(), None, 100).await;
        let clients = clients.unwrap().items.len();
        let answers = given.world.all_at_once(50, &under(&given, "once", &body)).await;
        assert_eq!(statuses(&answers), [(200, 50)].into(), "{body}");
        assert!(answers.iter().all(|answer| answer.body == answers[0].body), "{body}");
        assert_eq!(times(&given).await, if way == 2 { clients } else { 1 }, "{body}");
    }
}
