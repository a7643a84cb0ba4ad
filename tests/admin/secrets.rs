//! The secrets of clients: shown once, several at a time while one replaces another.

use std::time::Duration;

use protocol::event::Act;
use serde_json::{Value, json};

use super::{Caller, clients::application, etag, is_problem};
use crate::world::{Answer, Sent, World, basic, statuses};

/// A client, its path and its first secret.
struct Held {
    world: World,
    admin: Caller,
    id: String,
    path: String,
    secret: String,
}

impl Held {
    async fn new(method: &str) -> Self {
        let world = World::new().await;
        let admin = world.admin().await;
        let mut body = application();
        body["token_endpoint_auth_method"] = method.into();
        let made = admin.post("/clients", &body).await;
        let id = made.text("client_id").expect("a client");
        let secret = made.text("client_secret").expect("a secret");
        let path = format!("/clients/{id}/secrets");
        Self { world, admin, id, path, secret }
    }

    async fn another(&self, body: &Value) -> Answer {
        let answer = self.admin.post(&self.path, body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer
    }

    /// Whether a secret proves who the client is.
    async fn proves(&self, secret: &str) -> bool {
        let form = [("grant_type", "refresh_token"), ("refresh_token", "unknown")];
        let sent = Sent::post("/oauth2/token").form(&form);
        let answer = self.world.send(sent.header("authorization", basic(&self.id, secret))).await;
        match answer.error().as_str() {
            "invalid_grant" => true,
            "invalid_client" => false,
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn a_new_secret_and_the_old_one_hold_side_by_side_for_a_day() {
    let held = Held::new("client_secret_basic").await;
    let made = held.another(&json!({})).await;
    let new = made.text("client_secret").unwrap();
    assert_ne!(new, held.secret);
    assert!(held.proves(&new).await && held.proves(&held.secret).await);
    held.world.pass(Duration::from_secs(24 * 3600 - 1));
    assert!(held.proves(&held.secret).await);
    held.world.pass(Duration::from_secs(1));
    assert!(held.proves(&new).await && !held.proves(&held.secret).await);
    let listed = held.admin.get(&held.path).await.json();
    let ids: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|one| &one["secret_id"]).collect();
    assert_eq!(ids, [&made.json()["secret_id"]]);
}

#[tokio::test]
async fn without_an_overlap_the_old_secret_ends_at_once_on_every_node() {
    let held = Held::new("client_secret_basic").await;
    let beside = held.world.beside("second").await;
    let made = held.admin.at(&beside).post(&held.path, &json!({ "overlap_seconds": 0 })).await;
    assert!(held.proves(&made.text("client_secret").unwrap()).await);
    assert!(!held.proves(&held.secret).await);
    let too_long = held.admin.post(&held.path, &json!({ "overlap_seconds": 7_776_001 })).await;
    is_problem(&too_long, 400, "malformed_request");
}

#[tokio::test]
async fn an_overlap_never_lengthens_the_one_before() {
    let held = Held::new("client_secret_basic").await;
    held.another(&json!({ "overlap_seconds": 60 })).await;
    held.another(&json!({ "overlap_seconds": 3600 })).await;
    held.world.pass(Duration::from_secs(60));
    assert!(!held.proves(&held.secret).await);
}

#[tokio::test]
async fn a_client_has_at_most_four_secrets_that_hold() {
    let held = Held::new("client_secret_basic").await;
    let answers = held.world.all_at_once(8, &held.admin.posting(&held.path, &json!({}))).await;
    assert_eq!(statuses(&answers), [(201, 3), (409, 5)].into());
    held.world.pass(Duration::from_secs(24 * 3600));
    held.another(&json!({})).await;
}

#[tokio::test]
async fn one_key_makes_one_secret_and_counts_for_its_client_only() {
    let held = Held::new("client_secret_basic").await;
    let sent = held.admin.posting(&held.path, &json!({})).header("idempotency-key", "once");
    let answers = held.world.all_at_once(50, &sent).await;
    let bodies: std::collections::BTreeSet<_> = answers.iter().map(|one| &one.body).collect();
    assert_eq!((statuses(&answers), bodies.len()), ([(201, 50)].into(), 1));
    let other = held.world.relying_party().await;
    let path = format!("/clients/{}/secrets", other.id());
    let sent = held.admin.posting(&path, &json!({})).header("idempotency-key", "once");
    is_problem(&held.admin.send(sent).await, 422, "idempotency_key_reused");
}

#[tokio::test]
async fn a_secret_is_deleted_at_once_but_never_the_last_one_that_holds() {
    let held = Held::new("client_secret_basic").await;
    let listed = held.admin.get(&held.path).await;
    let first = listed.json()["items"][0]["secret_id"].as_str().unwrap().to_owned();
    let path = format!("{}/{first}", held.path);
    is_problem(&held.admin.delete(&path, "*").await, 409, "conflict");
    held.another(&json!({})).await;
    is_problem(&held.admin.delete(&path, &etag(&listed)).await, 412, "precondition_failed");
    is_problem(
        &held.admin.send(held.admin.request("DELETE", &path)).await,
        428,
        "precondition_required",
    );
    let beside = held.world.beside("second").await;
    let seen = etag(&held.admin.get(&path).await);
    assert_eq!(held.admin.at(&beside).delete(&path, &seen).await.status, 204);
    assert!(!held.proves(&held.secret).await);
    is_problem(&held.admin.delete(&path, "*").await, 404, "not_found");
    is_problem(&held.admin.get(&path).await, 404, "not_found");
    let secret_id = first.parse().unwrap();
    let removed = Act::ClientSecretRemoved { secret_id };
    let acts: Vec<_> = held.world.events().await.into_iter().map(|event| event.act).collect();
    assert!(acts.contains(&removed), "{acts:?}");
    let added = |act: &&Act| matches!(act, Act::ClientSecretAdded { .. });
    assert_eq!(acts.iter().filter(added).count(), 1, "{acts:?}");
}

#[tokio::test]
async fn a_secret_that_is_about_to_end_does_not_make_the_one_after_it_superfluous() {
    let held = Held::new("client_secret_basic").await;
    let first = held.admin.get(&held.path).await.json()["items"][0]["secret_id"].clone();
    let path = |made: &Value| format!("{}/{}", held.path, made.as_str().unwrap());
    let second = held.another(&json!({ "overlap_seconds": 3_600 })).await.json();
    let second_path = path(&second["secret_id"]);
    is_problem(&held.admin.delete(&second_path, "*").await, 409, "conflict");
    // With another one that stays, whichever was made first, any may go.
    let third = held.another(&json!({ "overlap_seconds": 60 })).await;
    for gone in [&second_path, &path(&first)] {
        assert_eq!(held.admin.delete(gone, "*").await.status, 204);
    }
    held.world.pass(Duration::from_secs(24 * 3_600));
    assert!(held.proves(&third.text("client_secret").unwrap()).await);
}

#[tokio::test]
async fn whoever_authenticates_in_another_way_is_not_left_with_what_is_about_to_end() {
    let held = Held::new("client_secret_jwt").await;
    let path = format!("/clients/{}", held.id);
    let change = async |method: &str| {
        let mut body = application();
        body["token_endpoint_auth_method"] = method.into();
        let answer = held.admin.put(&path, "*", &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.text("client_secret")
    };
    assert_eq!(change("client_secret_basic").await, None);
    held.another(&json!({ "overlap_seconds": 3_600 })).await;
    // What was made for the comparison cannot be read, and what can be read ends in an hour.
    let readable = change("client_secret_jwt").await.expect("one that stays");
    held.world.pass(Duration::from_secs(3_600));
    assert_eq!(change("client_secret_basic").await, None);
    assert!(held.proves(&readable).await);
}

#[tokio::test]
async fn a_client_without_a_secret_is_given_none() {
    let held = Held::new("client_secret_basic").await;
    let public = held.world.public_client().await;
    let answer = held.admin.post(&format!("/clients/{}/secrets", public.id()), &json!({})).await;
    is_problem(&answer, 409, "conflict");
}

#[tokio::test]
async fn whoever_authenticates_in_another_way_is_given_what_that_needs() {
    let held = Held::new("client_secret_basic").await;
    let path = format!("/clients/{}", held.id);
    let change = async |method: &str| {
        let mut body = application();
        body["token_endpoint_auth_method"] = method.into();
        let answer = held.admin.put(&path, "*", &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.text("client_secret")
    };
    assert_eq!(change("client_secret_post").await, None);
    assert!(held.proves_by_post(&held.secret).await);
    let signing = change("client_secret_jwt").await.expect("one to sign with");
    assert!(signing.len() > held.secret.len());
    // One that can be read can also be compared.
    assert_eq!(change("client_secret_basic").await, None);
    assert!(held.proves(&signing).await && !held.proves(&held.secret).await);
    assert_eq!(change("none").await, None);
    let again = change("client_secret_basic").await.expect("a new one");
    assert!(held.proves(&again).await && !held.proves(&signing).await);
}

impl Held {
    /// As [`Held::proves`], with the secret in the body.
    async fn proves_by_post(&self, secret: &str) -> bool {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", "unknown"),
            ("client_id", &self.id),
            ("client_secret", secret),
        ];
        self.world.send(Sent::post("/oauth2/token").form(&form)).await.error() == "invalid_grant"
    }
}
