//! A creation that is asked for again is answered only to who may still have what it made.

use protocol::permission::Permission;
use serde_json::{Value, json};
use storage::operators::Operator;

use super::{Caller, clients::application, is_problem};
use crate::world::{Answer, World};

async fn creating(caller: &Caller, path: &str, body: &Value) -> Answer {
    caller.send(caller.posting(path, body).header("idempotency-key", "once")).await
}

/// From now on the caller may do only this.
async fn left_with(world: &World, caller: &Caller, permissions: &[Permission]) {
    let found = world.store().get::<Operator>(&world.realm(), &caller.operator_id).await;
    let found = found.unwrap().expect("the operator");
    let permissions = permissions.iter().copied().collect();
    let mut batch = world.store().batch();
    batch.replace(&found, &Operator { permissions, ..found.record.clone() });
    world.store().commit(batch).await.expect("it is written");
}

#[tokio::test]
async fn a_secret_is_told_again_only_to_who_may_still_have_it() {
    let world = World::new().await;
    let admin = world.admin().await;
    let mut mighty = application();
    mighty["scope"] = "openid keys:write".into();
    let made = creating(&admin, "/clients", &mighty).await;
    let secrets = format!("/clients/{}/secrets", made.text("client_id").expect("a client"));
    let operator = json!({ "name": "Keys", "permissions": ["keys:write"] });
    let asked = [("/clients", &mighty), (secrets.as_str(), &json!({})), ("/operators", &operator)];
    for (path, body) in asked {
        let (first, again) =
            (creating(&admin, path, body).await, creating(&admin, path, body).await);
        assert_eq!((first.status, &first.body), (201, &again.body), "{path}");
    }
    left_with(&world, &admin, &[Permission::ClientsWrite, Permission::OperatorsWrite]).await;
    for (path, body) in asked {
        let again = creating(&admin, path, body).await;
        is_problem(&again, 403, "insufficient_permission");
    }
}
