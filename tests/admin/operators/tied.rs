//! Operators who sign in with an account: what was prepared on it is worth nothing, and somebody stays.

use super::*;
use crate::world::{Person, Tokens};

fn tying(alice: &Person) -> Value {
    json!({
        "name": "Alice",
        "permissions": ["operators:read"],
        "account_id": alice.account_id.to_string(),
    })
}

#[tokio::test]
async fn what_was_prepared_on_an_account_is_worth_nothing_once_it_is_an_operators() {
    for is_new in [true, false] {
        let world = World::new().await;
        let (admin, alice) = (world.admin().await, world.person("alice").await);
        let (party, mut prepared) = (world.relying_party().await, world.browser());
        let tokens: Tokens = party.sign_in(&mut prepared, &alice).await;
        if is_new {
            assert_eq!(admin.post("/operators", &tying(&alice)).await.status, 201);
        } else {
            let (_, path) = made(&admin, &clerk()).await;
            assert_eq!(admin.put(&path, "*", &tying(&alice)).await.status, 200);
        }
        assert_eq!(party.userinfo(&tokens.access_token).await.status, 401);
        assert_eq!(party.refresh(tokens.refresh_token()).await.status, 400);
        let silent = prepared.open(&party.ask().set("prompt", "none").url()).await;
        assert_eq!(silent.callback().error(), "login_required");
        let mut browser = world.browser();
        let login = browser.look_at(&party.ask().url()).await;
        let page = browser.log_in(&login, &alice.username, &alice.password).await.page();
        assert_eq!(page.id, "new-password-page");
    }
}

#[tokio::test]
async fn a_change_that_ties_nobody_anew_leaves_sessions_alone() {
    let world = World::new().await;
    let (admin, alice) = (world.admin().await, world.person("alice").await);
    let party = world.relying_party().await;
    let made = admin.post("/operators", &tying(&alice)).await;
    let path = format!("/operators/{}", made.text("operator_id").unwrap());
    let password = format!("/accounts/{}/password", alice.account_id);
    let set = admin.post(&password, &json!({ "password": alice.password })).await;
    assert_eq!(set.status, 204, "{set:?}");
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    let mut renamed = tying(&alice);
    renamed["name"] = "Alice Example".into();
    assert_eq!(admin.put(&path, "*", &renamed).await.status, 200);
    assert_eq!(party.userinfo(&tokens.access_token).await.status, 200);
}

#[tokio::test]
async fn no_password_that_is_set_at_the_same_moment_gets_past_a_tie() {
    for _ in 0..10 {
        let world = World::new().await;
        let (admin, alice) = (world.admin().await, world.person("alice").await);
        let clerk = admin.with(&[Permission::AccountsRead, Permission::AccountsWrite]).await;
        world.engine().hesitate();
        let path = format!("/accounts/{}/password", alice.account_id);
        let set = clerk.posting(&path, &json!({ "password": "prepared" }));
        let (set, tie) =
            tokio::join!(world.send(set), world.send(admin.posting("/operators", &tying(&alice))));
        assert_eq!(tie.status, 201, "{tie:?}");
        assert!(matches!(set.status, 204 | 403), "{set:?}");
        let account = world.store().account(&world.realm(), alice.account_id).await.unwrap();
        assert!(account.unwrap().password_required_at.is_some(), "{set:?}");
    }
}

/// Somebody who may do everything and is no operator: a client that acts for itself.
async fn robot(world: &World, admin: &Caller) -> Caller {
    let scope: Vec<_> = Permission::ALL.iter().map(|one| one.as_str()).collect();
    let scope = scope.join(" ");
    let machine = world.machine(&scope, |_| {}).await;
    let answer = machine.client_credentials(&[("scope", &scope)]).await;
    admin.presenting(&answer.text("access_token").expect("a token"))
}

#[tokio::test]
async fn the_account_of_the_last_who_administers_is_neither_disabled_nor_erased() {
    let world = World::new().await;
    let (admin, alice) = (world.admin().await, world.person("alice").await);
    let robot = robot(&world, &admin).await;
    world.administers(&alice, &[Permission::OperatorsWrite]).await;
    // Nor does one count who could sign in only with an account that has no password.
    let nobody = admin.post("/accounts", &json!({ "identifiers": ["nobody"] })).await;
    let mut deputy = tying(&alice);
    deputy["permissions"] = json!(["operators:write"]);
    deputy["account_id"] = nobody.json()["account_id"].clone();
    let made = admin.post("/operators", &deputy).await;
    assert_eq!(made.status, 201, "{made:?}");
    let root = format!("/operators/{}", admin.operator_id);
    assert_eq!(admin.delete(&root, "*").await.status, 204);

    let account = format!("/accounts/{}", alice.account_id);
    let (disable, why) = (format!("{account}/disable"), json!({ "reason": "requested" }));
    is_problem(&robot.post(&disable, &why).await, 409, "conflict");
    is_problem(&robot.delete(&account, "*").await, 409, "conflict");
    world.admin().await;
    assert_eq!(robot.post(&disable, &why).await.status, 204);
}

#[tokio::test]
async fn of_two_whose_accounts_are_disabled_at_the_same_moment_one_stays() {
    for _ in 0..20 {
        let world = World::new().await;
        let (admin, robot) = {
            let admin = world.admin().await;
            let robot = robot(&world, &admin).await;
            (admin, robot)
        };
        let people = [world.person("alice").await, world.person("bob").await];
        for person in &people {
            world.administers(person, &[Permission::OperatorsWrite]).await;
        }
        assert_eq!(
            admin.delete(&format!("/operators/{}", admin.operator_id), "*").await.status,
            204
        );
        world.engine().hesitate();
        let disabling = |person: &Person| {
            let path = format!("/accounts/{}/disable", person.account_id);
            world.send(robot.posting(&path, &json!({ "reason": "requested" })))
        };
        let (one, other) = tokio::join!(disabling(&people[0]), disabling(&people[1]));
        let done = statuses(&[one.clone(), other.clone()]);
        assert_eq!((done.get(&204), done.get(&409)), (Some(&1), Some(&1)), "{one:?} {other:?}");
    }
}

#[tokio::test]
async fn the_account_of_the_only_other_who_administers_is_taken() {
    let world = World::new().await;
    let admin = world.admin().await;
    let robot = robot(&world, &admin).await;
    let people = [world.person("alice").await, world.person("bob").await];
    let mut paths = Vec::new();
    for person in &people {
        world.administers(person, &[Permission::OperatorsWrite]).await;
        let operator = world.store().operator_of(&world.realm(), person.account_id).await.unwrap();
        paths.push(format!("/operators/{}", operator.expect("an operator").operator_id));
    }
    let root = format!("/operators/{}", admin.operator_id);
    assert_eq!(admin.delete(&root, "*").await.status, 204);
    let mut body = tying(&people[1]);
    body["permissions"] = json!(["operators:write"]);
    is_problem(&robot.put(&paths[0], "*", &body).await, 409, "conflict");
}
