//! Passwords that an operator sets, or has replaced. What the end-user sees of it is `journeys/new_password.rs`.

use storage::idempotency_keys::IdempotencyRecord;

use super::*;

#[tokio::test]
async fn an_account_without_a_password_signs_in_once_one_is_set() {
    let scene = scene().await;
    let answer = scene.admin.post("/accounts", &json!({ "identifiers": ["bob"] })).await;
    let path = format!("/accounts/{}", answer.json()["account_id"].as_str().unwrap());
    assert_eq!(scene.admin.get(&path).await.json()["password_chosen_at"], Value::Null);
    for password in ["", "null", PASSWORD] {
        assert!(!scene.lets_in("bob", password).await, "{password}");
    }
    let body = json!({ "password": PASSWORD });
    assert_eq!(scene.admin.post(&format!("{path}/password"), &body).await.status, 204);
    assert!(scene.lets_in("bob", PASSWORD).await);
    assert!(scene.admin.get(&path).await.json()["password_chosen_at"].is_string());
}

#[tokio::test]
async fn a_password_that_is_set_replaces_the_old_one_and_is_told_without_it() {
    let scene = scene().await;
    let path = format!("{}/password", scene.path);
    let body = json!({ "password": "another one" });
    assert_eq!(scene.admin.post(&path, &body).await.status, 204);
    assert!(!scene.lets_in("alice", PASSWORD).await && scene.lets_in("alice", "another one").await);
    let events = scene.world.events().await;
    assert!(events.iter().any(|event| event.act == Act::PasswordSet { is_temporary: false }));
    assert!(!format!("{events:?}").contains("another one"));
}

#[tokio::test]
async fn a_password_that_nobody_could_type_is_not_set() {
    let scene = scene().await;
    let path = format!("{}/password", scene.path);
    for password in ["", &"x".repeat(1_025), &"ä".repeat(513)] {
        let answer = scene.admin.post(&path, &json!({ "password": password })).await;
        is_problem(&answer, 422, "unprocessable");
    }
    is_problem(&scene.admin.post(&path, &json!({})).await, 400, "malformed_request");
    let unknown = "/accounts/acc_00000000000000000000000000000000/password";
    let body = json!({ "password": "another one" });
    scene.world.work();
    is_problem(&scene.admin.post(unknown, &body).await, 404, "not_found");
    assert_eq!(scene.world.work().hashes, 0, "nothing is hashed for nobody");
    assert!(scene.lets_in("alice", PASSWORD).await);
}

#[tokio::test]
async fn another_password_is_required_once_however_often_it_is_asked_for() {
    let scene = scene().await;
    let path = format!("{}/require-new-password", scene.path);
    for _ in 0..2 {
        assert_eq!(scene.admin.post(&path, &why()).await.status, 204);
    }
    assert!(scene.account().await.0["new_password_required_at"].is_string());
    let events = scene.world.events().await;
    let is_told = |act: &Act| matches!(act, Act::NewPasswordRequired { .. });
    assert_eq!(events.iter().filter(|event| is_told(&event.act)).count(), 1);
    let body = json!({ "password": "another one" });
    assert_eq!(scene.admin.post(&format!("{}/password", scene.path), &body).await.status, 204);
    assert_eq!(scene.account().await.0["new_password_required_at"], Value::Null);
    assert!(scene.lets_in("alice", "another one").await);
}

/// What somebody sends under a key is remembered so that it can be recognised and not be guessed.
#[tokio::test]
async fn a_key_of_a_creation_keeps_no_trace_of_a_password() {
    let scene = scene().await;
    let body = json!({ "identifiers": ["bob"], "password": PASSWORD });
    let sent = scene.admin.posting("/accounts", &body).header("idempotency-key", "one");
    assert_eq!(scene.admin.send(sent).await.status, 201);
    let (store, realm) = (scene.world.store(), scene.world.realm());
    let kept = store.all::<IdempotencyRecord>(&realm, None, 10).await.unwrap().items;
    let plain = format!("/admin/v1/accounts\n{body}");
    let digest = protocol::crypto::sha256(plain.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(kept.len() == 1 && kept[0].request_digest != hex);
    assert!(!serde_json::to_string(&kept[0].record).unwrap().contains(PASSWORD));
}
