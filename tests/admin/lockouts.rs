//! Lockouts: what is locked or has failed, and how an operator releases it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::{
    AccountId,
    event::{Act, Actor, LockSubject},
    permission::Permission::{LockoutsRead, LockoutsWrite},
    revocation::RevocationReason,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Caller, is_problem};
use crate::world::{Landed, PASSWORD, Person, RelyingParty, World};

const LIMIT: u32 = 5;

struct Scene {
    world: World,
    other: World,
    admin: Caller,
    alice: Person,
    party: RelyingParty,
}

async fn scene() -> Scene {
    let world = World::with(|setup| setup.policies.lockout.policy.failures_max = LIMIT).await;
    let other = world.beside("other").await;
    let (admin, alice) = (world.admin().await, world.person("alice").await);
    let party = world.relying_party().await;
    Scene { world, other, admin, alice, party }
}

fn why() -> Value {
    json!({ "reason": "requested" })
}

impl Scene {
    /// Tries a password from an address of its own: whether it is let in, or how it is refused.
    async fn tries(&self, world: &World, name: &str, password: &str) -> (bool, u16) {
        let RelyingParty { client_id, secret, redirect_uri, .. } = &self.party;
        let party =
            RelyingParty::registered(world.wire().clone(), *client_id, secret, redirect_uri);
        let mut browser = world.browser();
        let page = browser.look_at(&party.ask().url()).await;
        match browser.log_in(&page, name, password).await {
            Landed::Page(page) => (page.id == "consent-page", page.answer.status),
            Landed::Client(_) => (true, 303),
        }
    }

    async fn locks(&self, name: &str) {
        for _ in 0..LIMIT {
            self.tries(&self.world, name, "wrong").await;
        }
        assert_eq!(self.tries(&self.other, name, PASSWORD).await, (false, 429));
    }

    async fn listed(&self, query: &str) -> Vec<Value> {
        let answer = self.admin.get(&format!("/lockouts{query}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["items"].as_array().unwrap().clone()
    }

    /// The lockout of her account.
    async fn of_alice(&self) -> Option<Value> {
        let query = format!("?account_id={}", self.alice.account_id);
        self.listed(&query).await.into_iter().find(|one| one["kind"] == "account")
    }

    async fn release(&self, lockout: &Value) -> u16 {
        let path = format!("/lockouts/{}/release", lockout["lockout_id"].as_str().unwrap());
        self.admin.post(&path, &why()).await.status
    }
}

#[tokio::test]
async fn what_is_locked_and_what_has_failed_is_shown_and_no_more_of_it_than_is_needed() {
    let scene = scene().await;
    scene.tries(&scene.world, "alice", "wrong").await;
    let lockout = scene.of_alice().await.expect("a failure");
    assert_eq!((&lockout["failures"], &lockout["locked_until"]), (&json!(1), &Value::Null));
    scene.locks("nobody@example.org").await;
    let all = scene.listed("").await;
    let unknown = all.iter().find(|one| one["kind"] == "unknown").expect("a lock");
    assert!(unknown["locked_until"].is_string());
    assert!(unknown.get("account_id").is_none() && unknown.get("address").is_none());
    let addresses: Vec<_> = all.iter().filter(|one| one["kind"] == "address").collect();
    assert!(addresses.iter().all(|one| one["address"].is_string()) && !addresses.is_empty());
    assert!(!format!("{all:?}").contains("nobody"));
    let path = format!("/lockouts/{}", unknown["lockout_id"].as_str().unwrap());
    assert_eq!(scene.admin.get(&path).await.json(), *unknown);
}

#[tokio::test]
async fn a_released_account_signs_in_at_once_at_every_node() {
    let scene = scene().await;
    scene.locks("alice").await;
    let lockout = scene.of_alice().await.unwrap();
    assert_eq!(scene.release(&lockout).await, 204);
    assert_eq!(scene.release(&lockout).await, 404, "nothing is left to release");
    assert!(scene.of_alice().await.is_none());
    assert!(scene.tries(&scene.other, "alice", PASSWORD).await.0);
    let events = scene.world.events().await;
    let act =
        Act::LockoutReleased { subject: LockSubject::Account, reason: RevocationReason::Requested };
    let told: Vec<_> = events.iter().filter(|event| event.act == act).collect();
    assert_eq!((told.len(), told[0].account_id), (1, Some(scene.alice.account_id)));
    assert_eq!(told[0].actor, Actor::Operator(scene.admin.operator_id));
}

#[tokio::test]
async fn a_locked_address_and_a_name_that_nobody_has_are_released_alike() {
    let world = World::with(|setup| setup.policies.lockout.policy.address_failures_max = 3).await;
    let (admin, party) = (world.admin().await, world.relying_party().await);
    let mut browser = world.browser();
    let page = browser.look_at(&party.ask().url()).await;
    let mut tries = async |name: &str| {
        let landed = browser.log_in(&page, name, "wrong").await;
        landed.page().answer.status
    };
    for number in 0..3 {
        assert_eq!(tries(&format!("nobody{number}")).await, 200);
    }
    assert_eq!(tries("nobody9").await, 429);
    let all = admin.get("/lockouts").await.json()["items"].as_array().unwrap().clone();
    let kinds = ["address", "unknown"];
    for lockout in all.iter().filter(|one| kinds.contains(&one["kind"].as_str().unwrap())) {
        let path = format!("/lockouts/{}/release", lockout["lockout_id"].as_str().unwrap());
        assert_eq!(admin.post(&path, &why()).await.status, 204);
    }
    assert_eq!(tries("nobody9").await, 200);
}

/// ATTACKS 15, while an operator releases at another node.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_guesses_during_a_release_verify_no_more_than_the_limits_before_and_after() {
    let scene = scene().await;
    scene.tries(&scene.world, "alice", "wrong").await;
    let lockout = scene.of_alice().await.unwrap();
    let mut pages = Vec::new();
    for number in 0..40 {
        let world = if number % 2 == 0 { &scene.world } else { &scene.other };
        let mut browser = world.browser();
        let page =
            browser.look_at(&scene.party.ask().url().replace(scene.world.issuer(), "")).await;
        pages.push((browser, page));
    }
    scene.world.work();
    scene.other.work();
    let mut all = JoinSet::new();
    for (mut browser, page) in pages {
        all.spawn(
            async move { browser.log_in(&page, "alice", "wrong").await.page().answer.status },
        );
    }
    let admin = scene.admin.at(&scene.other);
    let path = format!("/lockouts/{}/release", lockout["lockout_id"].as_str().unwrap());
    assert_eq!(admin.post(&path, &why()).await.status, 204);
    let statuses = all.join_all().await;
    let verified = scene.world.work().hashes + scene.other.work().hashes;
    assert_eq!(verified as usize, statuses.iter().filter(|status| **status == 200).count());
    assert!(verified <= u64::from(LIMIT - 1 + LIMIT), "{verified}");
    for _ in 0..LIMIT {
        scene.tries(&scene.world, "alice", "wrong").await;
    }
    assert_eq!(scene.tries(&scene.other, "alice", PASSWORD).await, (false, 429));
}

#[tokio::test]
async fn looking_and_releasing_are_two_permissions_and_what_is_no_lockout_is_not_there() {
    let scene = scene().await;
    scene.locks("alice").await;
    let lockout = scene.of_alice().await.unwrap();
    let path = format!("/lockouts/{}", lockout["lockout_id"].as_str().unwrap());
    let (reader, writer) =
        (scene.admin.with(&[LockoutsRead]).await, scene.admin.with(&[LockoutsWrite]).await);
    for path in ["/lockouts", path.as_str()] {
        assert_eq!(reader.get(path).await.status, 200);
        is_problem(&writer.get(path).await, 403, "insufficient_permission");
    }
    let release = format!("{path}/release");
    is_problem(&reader.post(&release, &why()).await, 403, "insufficient_permission");
    is_problem(&writer.post(&release, &json!({ "unlock": true })).await, 400, "malformed_request");
    assert_eq!(scene.tries(&scene.world, "alice", PASSWORD).await, (false, 429));
    // `account:`, `clients:x`, and what is none at all.
    for id in ["YWNjb3VudDo", "Y2xpZW50czp4", "x", "%ff", &"a".repeat(2_000)] {
        is_problem(&reader.get(&format!("/lockouts/{id}")).await, 404, "not_found");
        is_problem(
            &writer.post(&format!("/lockouts/{id}/release"), &why()).await,
            404,
            "not_found",
        );
    }
    assert_eq!(writer.post(&release, &why()).await.status, 204);
}

#[tokio::test]
async fn a_name_that_no_counter_can_have_is_not_there() {
    let world = World::new().await;
    let admin = world.admin().await;
    let account = AccountId::new(world.store().randomness());
    for name in [
        "address:\0",
        "unknown:\0",
        "address:",
        "address:192.0.2.1/64",
        "address:2001:db8::1",
        "address:2001:db8::1/64",
        "address:192.0.2.1\0",
        "unknown:65536",
        "unknown:+1",
        "unknown:01",
        &format!("device:{account}:\0"),
        &format!("device:{account}:{}", "A".repeat(32)),
    ] {
        let path = format!("/lockouts/{}", URL_SAFE_NO_PAD.encode(name));
        is_problem(&admin.get(&path).await, 404, "not_found");
        is_problem(&admin.post(&format!("{path}/release"), &why()).await, 404, "not_found");
    }
}
