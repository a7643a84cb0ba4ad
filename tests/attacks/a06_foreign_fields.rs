//! A body names a field that is not its own: whose an account is, its state, what is noted of it. It is refused by name, and
//! nothing changes.

use serde_json::{Value, json};

use crate::{
    admin::{Caller, etag, is_problem},
    world::World,
};

/// Everything of an account that a body could try to change.
const FOREIGN: [(&str, &str); 8] = [
    ("account_id", "acc_00000000000000000000000000000000"),
    ("state", "active"),
    ("realm", "other"),
    ("created_at", "2020-01-01T00:00:00Z"),
    ("password_chosen_at", "2020-01-01T00:00:00Z"),
    ("new_password_required_at", "2020-01-01T00:00:00Z"),
    ("sessions_ended_at", "2020-01-01T00:00:00Z"),
    ("identifiers", "mallory"),
];

struct Scene {
    admin: Caller,
    path: String,
}

impl Scene {
    async fn account(&self) -> (Value, String) {
        let answer = self.admin.get(&self.path).await;
        (answer.json(), etag(&answer))
    }
}

async fn scene() -> Scene {
    let world = World::new().await;
    let (admin, alice) = (world.admin().await, world.person("alice").await);
    Scene { admin, path: format!("/accounts/{}", alice.account_id) }
}

#[tokio::test]
async fn no_body_changes_a_field_that_is_not_its_own() {
    let scene = scene().await;
    let (before, version) = scene.account().await;
    for (field, value) in FOREIGN {
        let claims = json!({ "claims": { "name": "Mallory" }, field: value });
        is_problem(
            &scene.admin.put(&scene.path, &version, &claims).await,
            400,
            "malformed_request",
        );
        let claims = json!({ "claims": { "name": "Mallory", field: value } });
        is_problem(
            &scene.admin.put(&scene.path, &version, &claims).await,
            400,
            "malformed_request",
        );
        let act = json!({ "reason": "policy", field: value });
        for verb in ["disable", "enable", "require-new-password", "end-sessions"] {
            let answer = scene.admin.post(&format!("{}/{verb}", scene.path), &act).await;
            is_problem(&answer, 400, "malformed_request");
        }
        let password = json!({ "password": "another", field: value });
        let answer = scene.admin.post(&format!("{}/password", scene.path), &password).await;
        is_problem(&answer, 400, "malformed_request");
        if field != "identifiers" {
            let new = json!({ "identifiers": ["mallory"], field: value });
            is_problem(&scene.admin.post("/accounts", &new).await, 400, "malformed_request");
        }
    }
    assert_eq!(scene.account().await, (before, version));
}

#[tokio::test]
async fn an_identifier_is_pointed_at_another_account_by_no_one_but_its_own() {
    let world = World::new().await;
    let (admin, alice) = (world.admin().await, world.person("alice").await);
    let bob = world.person("bob").await;
    let path = format!("/accounts/{}/identifiers", alice.account_id);
    let theirs = json!({ "identifiers": ["alice", "bob"] });
    is_problem(&admin.put(&path, "*", &theirs).await, 409, "conflict");
    let objects =
        json!({ "identifiers": [{ "identifier": "x", "account_id": bob.account_id.to_string() }] });
    is_problem(&admin.put(&path, "*", &objects).await, 400, "malformed_request");
    let found = admin.get("/accounts?identifier=bob").await.json();
    assert_eq!(found["items"][0]["account_id"], bob.account_id.to_string());
}
