//! Operators: who administers, and what of it they can hand on.

use protocol::{
    OperatorId, Token,
    event::Act,
    permission::{Permission, Permissions},
};
use serde_json::{Value, json};
use storage::operators::Operator;

use super::{Caller, etag, is_problem};
use crate::world::{World, statuses};

mod tied;

fn clerk() -> Value {
    json!({ "name": "Clerk", "permissions": ["clients:read", "operators:read"] })
}

/// An operator that was made, as a caller, and its path.
async fn made(admin: &Caller, body: &Value) -> (Caller, String) {
    let answer = admin.post("/operators", body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let id = answer.text("operator_id").expect("an id");
    assert_eq!(answer.location(), Some(&*format!("/admin/v1/operators/{id}")));
    let token = answer.text("token").unwrap_or_default();
    (admin.presenting(&token), format!("/operators/{id}"))
}

#[tokio::test]
async fn an_operator_is_made_and_may_do_what_it_was_given() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (clerk, path) = made(&admin, &clerk()).await;
    assert_eq!(clerk.get("/clients").await.status, 200);
    is_problem(&clerk.post("/clients", &json!({})).await, 403, "insufficient_permission");
    let found = admin.get(&path).await;
    assert_eq!(found.json()["permissions"], json!(["clients:read", "operators:read"]));
    assert_eq!(
        (&found.json()["name"], &found.json()["has_token"]),
        (&"Clerk".into(), &true.into())
    );
    assert!(!found.body.contains(&clerk.token));
    assert_eq!(admin.get("/operators").await.json()["items"].as_array().unwrap().len(), 2);
    let operator_id: OperatorId = path.rsplit('/').next().unwrap().parse().unwrap();
    let mut acts = world.events().await.into_iter().map(|event| event.act);
    assert!(acts.any(|act| act == Act::OperatorCreated { operator_id }));
}

#[tokio::test]
async fn nobody_hands_on_what_they_do_not_have_or_reaches_above_themselves() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (_, above) = made(&admin, &json!({ "name": "Above", "permissions": ["keys:write"] })).await;
    let deputy = admin
        .with(&[Permission::OperatorsRead, Permission::OperatorsWrite, Permission::ClientsRead])
        .await;
    let (_, below) = made(&deputy, &clerk()).await;
    let mighty = json!({ "name": "Clerk", "permissions": ["keys:write"] });
    for answer in [
        deputy.post("/operators", &mighty).await,
        deputy.put(&below, "*", &mighty).await,
        deputy.put(&above, "*", &clerk()).await,
        deputy.post(&format!("{above}/token"), &json!({})).await,
        deputy.delete(&above, "*").await,
    ] {
        is_problem(&answer, 403, "insufficient_permission");
        assert!(answer.text("detail").unwrap().contains("keys:write"), "{answer:?}");
    }
    assert_eq!(deputy.delete(&below, "*").await.status, 204);
}

/// Written by a later release, which knows more permissions.
fn of_later_release(known: &[&str]) -> Permissions {
    serde_json::from_value(json!([known, &["teams:read"]].concat())).expect("permissions")
}

#[tokio::test]
async fn a_permission_of_a_later_release_is_one_that_others_do_not_have() {
    let world = World::new().await;
    let admin = world.admin().await;
    let above = world.operator_with(of_later_release(&["clients:read"]), None).await;
    let above = format!("/operators/{}", above.operator_id);
    for answer in [
        admin.put(&above, "*", &clerk()).await,
        admin.post(&format!("{above}/token"), &json!({})).await,
        admin.delete(&above, "*").await,
    ] {
        is_problem(&answer, 403, "insufficient_permission");
        assert!(answer.text("detail").unwrap().contains("later release"), "{answer:?}");
    }
    // Who has it changes what this release knows, and does not take away in passing what it does not know.
    let peer = world.operator_with(of_later_release(&["operators:write", "operators:read"]), None);
    let body = json!({ "name": "Renamed", "permissions": ["operators:read"] });
    let changed = peer.await.put(&above, "*", &body).await;
    is_problem(&changed, 403, "insufficient_permission");
    let all = ["clients:read", "operators:write", "operators:read"];
    let peer = world.operator_with(of_later_release(&all), None).await;
    let changed = peer.put(&above, "*", &body).await;
    assert_eq!((changed.status, &changed.json()["permissions"]), (200, &json!(["operators:read"])));
    let id = above.rsplit('/').next().unwrap().parse().unwrap();
    let kept = world.store().get::<Operator>(&world.realm(), &id).await.unwrap().expect("kept");
    assert_eq!(kept.permissions, of_later_release(&["operators:read"]));
}

#[tokio::test]
async fn what_is_taken_is_taken_at_once_on_every_node() {
    let world = World::new().await;
    let (admin, beside) = (world.admin().await, world.beside("second").await);
    let (clerk, path) = made(&admin, &clerk()).await;
    assert_eq!(clerk.at(&beside).get("/clients").await.status, 200);
    let less = json!({ "name": "Clerk", "permissions": ["operators:read"] });
    let seen = etag(&admin.get(&path).await);
    let changed = admin.put(&path, &seen, &less).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    is_problem(&clerk.at(&beside).get("/clients").await, 403, "insufficient_permission");
    is_problem(&admin.put(&path, &seen, &less).await, 412, "precondition_failed");

    let rotated = admin.post(&format!("{path}/token"), &json!({})).await;
    is_problem(&clerk.at(&beside).get("/operators").await, 401, "invalid_token");
    let clerk = clerk.presenting(&rotated.text("token").unwrap());
    assert_eq!(clerk.at(&beside).get("/operators").await.status, 200);

    assert_eq!(admin.delete(&path, &etag(&admin.get(&path).await)).await.status, 204);
    is_problem(&clerk.at(&beside).get("/operators").await, 401, "invalid_token");
    is_problem(&admin.get(&path).await, 404, "not_found");
    let acts: Vec<_> = world.events().await.into_iter().map(|event| event.act).collect();
    let operator_id = path.rsplit('/').next().unwrap().parse().unwrap();
    for act in [
        Act::OperatorChanged { operator_id },
        Act::OperatorTokenRotated { operator_id },
        Act::OperatorDeleted { operator_id },
    ] {
        assert!(acts.contains(&act), "{acts:?}");
    }
}

#[tokio::test]
async fn the_last_who_administers_operators_can_be_neither_removed_nor_stripped() {
    let world = World::new().await;
    let admin = world.admin().await;
    let path = format!("/operators/{}", admin.operator_id);
    let less = json!({ "name": "Root", "permissions": ["clients:read"] });
    is_problem(&admin.delete(&path, "*").await, 409, "conflict");
    is_problem(&admin.put(&path, "*", &less).await, 409, "conflict");
    let (_, _) = made(&admin, &clerk()).await;
    is_problem(&admin.delete(&path, "*").await, 409, "conflict");
    // Nor does one count who could sign in only with an account that is switched off.
    let alice = world.person("alice").await;
    let deputy = json!({
        "name": "Deputy",
        "permissions": ["operators:write"],
        "account_id": alice.account_id.to_string(),
    });
    made(&admin, &deputy).await;
    world.disable(&alice).await;
    is_problem(&admin.put(&path, "*", &less).await, 409, "conflict");
    world.admin().await;
    assert_eq!(admin.put(&path, "*", &less).await.status, 200);
}

#[tokio::test]
async fn of_two_who_remove_each_other_at_the_same_moment_one_stays() {
    for _ in 0..20 {
        let world = World::new().await;
        world.engine().hesitate();
        let (one, other) = (world.admin().await, world.admin().await);
        let removing = |by: &Caller, whom: &Caller| {
            let path = format!("/operators/{}", whom.operator_id);
            by.request("DELETE", &path).header("if-match", "*")
        };
        let (first, second) =
            (world.send(removing(&one, &other)), world.send(removing(&other, &one)));
        let (first, second) = tokio::join!(first, second);
        let removed = statuses(&[first.clone(), second.clone()]);
        assert_eq!(removed.get(&204), Some(&1), "{first:?} {second:?}");
        let found = [one.get("/operators").await.status, other.get("/operators").await.status];
        assert!(matches!(found, [200, 401] | [401, 200]), "{found:?}");
    }
}

#[tokio::test]
async fn one_key_makes_one_operator() {
    let world = World::new().await;
    let admin = world.admin().await;
    let sent = admin.posting("/operators", &clerk()).header("idempotency-key", "once");
    let answers = world.all_at_once(50, &sent).await;
    let bodies: std::collections::BTreeSet<_> = answers.iter().map(|one| &one.body).collect();
    assert_eq!((statuses(&answers), bodies.len()), ([(201, 50)].into(), 1));
    assert_eq!(admin.get("/operators").await.json()["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_operator_is_let_in_by_a_token_an_account_or_both() {
    let world = World::new().await;
    let (admin, alice) = (world.admin().await, world.person("alice").await);
    let with = |more: Value| {
        let mut body = clerk();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let account_id = alice.account_id.to_string();
    let none = with(json!({ "with_token": false }));
    is_problem(&admin.post("/operators", &none).await, 422, "unprocessable");
    let unknown = with(json!({ "account_id": "acc_00000000000000000000000000000000" }));
    is_problem(&admin.post("/operators", &unknown).await, 422, "unprocessable");
    let answer = admin.post("/operators", &with(json!({ "account_id": account_id }))).await;
    assert_eq!((answer.status, answer.text("token")), (201, None));
    let taken = with(json!({ "account_id": account_id, "with_token": true }));
    is_problem(&admin.post("/operators", &taken).await, 409, "conflict");
    let path = format!("/operators/{}", answer.text("operator_id").unwrap());
    is_problem(&admin.put(&path, "*", &clerk()).await, 422, "unprocessable");
    let (other, other_path) = made(&admin, &clerk()).await;
    is_problem(
        &admin.put(&other_path, "*", &with(json!({ "account_id": account_id }))).await,
        409,
        "conflict",
    );
    assert_eq!(other.get("/clients").await.status, 200);
}

#[tokio::test]
async fn what_is_no_operator_is_not_made() {
    let world = World::new().await;
    let admin = world.admin().await;
    for (body, status) in [
        (json!({ "name": "", "permissions": [] }), 400),
        (json!({ "name": " a", "permissions": [] }), 422),
        (json!({ "name": "a", "permissions": ["everything"] }), 400),
        (json!({ "name": "a" }), 400),
        (json!({ "name": "a", "permissions": [], "token": Token::presented("x").expose() }), 400),
    ] {
        assert_eq!(admin.post("/operators", &body).await.status, status, "{body}");
    }
    is_problem(&admin.get("/operators/opr_x").await, 404, "not_found");
}
