//! Nobody becomes an operator who may do more by changing the account that this one signs in with.

use protocol::permission::{Permission, Permissions};

use super::*;

#[tokio::test]
async fn an_operators_account_is_changed_only_by_who_may_do_as_much() {
    let scene = scene().await;
    scene.world.operator_with(Permissions::all(), Some(scene.alice.account_id)).await;
    let (before, version) = scene.account().await;
    let clerk = scene.admin.with(&[AccountsRead, AccountsWrite]).await;
    let post = |verb: &str| format!("{}/{verb}", scene.path);
    let password = json!({ "password": "mine now" });
    let refused = [
        clerk.post(&post("password"), &password).await,
        clerk.post(&post("disable"), &why()).await,
        clerk.post(&post("enable"), &why()).await,
        clerk.put(&scene.path, &version, &json!({ "claims": {} })).await,
        clerk.put(&post("identifiers"), &version, &json!({ "identifiers": ["mine"] })).await,
        clerk.delete(&scene.path, &version).await,
    ];
    for answer in &refused {
        is_problem(answer, 403, "insufficient_permission");
    }
    assert_eq!(scene.account().await, (before, version));
    assert_eq!(scene.admin.post(&post("password"), &password).await.status, 204);
    assert!(scene.lets_in("alice", "mine now").await);
}

#[tokio::test]
async fn who_may_do_what_only_a_later_release_knows_is_not_taken_over_here() {
    let scene = scene().await;
    let later: Permissions = serde_json::from_value(json!(["teams:read"])).expect("permissions");
    scene.world.operator_with(later, Some(scene.alice.account_id)).await;
    let password = json!({ "password": "mine now" });
    let answer = scene.admin.post(&format!("{}/password", scene.path), &password).await;
    is_problem(&answer, 403, "insufficient_permission");
    is_problem(&scene.admin.delete(&scene.path, "*").await, 403, "insufficient_permission");
}

#[tokio::test]
async fn an_account_of_an_operator_with_fewer_permissions_is_like_any_other() {
    let scene = scene().await;
    let few: Permissions = [Permission::AccountsRead].into_iter().collect();
    scene.world.operator_with(few, Some(scene.alice.account_id)).await;
    let clerk = scene.admin.with(&[AccountsRead, AccountsWrite]).await;
    let password = json!({ "password": "set for her" });
    assert_eq!(clerk.post(&format!("{}/password", scene.path), &password).await.status, 204);
}

/// The words of an operator may tell of a person: they are sealed, and go with the account.
#[tokio::test]
async fn a_note_is_kept_sealed_and_erased_with_its_account() {
    let scene = scene().await;
    let body = json!({ "reason": "requested", "note": "Alice called from home." });
    scene.admin.post(&format!("{}/require-new-password", scene.path), &body).await;
    let events = scene.world.events().await;
    let told = events.iter().find(|event| matches!(event.act, Act::NewPasswordRequired { .. }));
    assert!(!format!("{:?}", told.unwrap()).contains("home"));
    let (store, realm) = (scene.world.store(), scene.world.realm());
    let entries = store.all::<storage::audit::AuditEntry>(&realm, None, 100).await.unwrap().items;
    let sealed = entries
        .iter()
        .map(|entry| entry.read().unwrap())
        .find(|entry| matches!(entry.event.act, Act::NewPasswordRequired { .. }));
    let sealed = sealed.expect("the entry");
    let whose = (sealed.event_id, sealed.event.account_id);
    let ring = &scene.world.flows().ring;
    let open = || async {
        store.open_personal(&realm, whose, sealed.personal.as_ref().unwrap(), ring).await.unwrap()
    };
    assert_eq!(open().await.unwrap().note.as_deref(), Some("Alice called from home."));
    scene.world.erase(&scene.alice).await;
    assert!(open().await.is_none());
}
