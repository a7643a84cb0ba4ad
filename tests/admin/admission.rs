//! Who is admitted with an access token: an operator who signed in with an account, and a client that acts for itself.

use protocol::{
    client::{AccessTokenFormat, Client, GrantType},
    event::{Act, Actor},
    permission::{Permission, Permissions},
};
use serde_json::{Value, json};

use super::{Caller, clients::application, etag, is_problem};
use crate::world::{RelyingParty, Tokens, World};

const READS_AND_WRITES: [Permission; 2] = [Permission::ClientsRead, Permission::ClientsWrite];

/// A client that acts for itself, with these scopes.
async fn robot(world: &World, scope: &str, format: AccessTokenFormat) -> RelyingParty {
    let change = |client: &mut Client| {
        client.grant_types = vec![GrantType::ClientCredentials];
        client.response_types = Vec::new();
        client.scopes = scope.parse().unwrap();
        client.tokens.access_token_format = format;
    };
    world.client(change).await
}

/// What it is given for this scope.
async fn own_token(world: &World, robot: &RelyingParty, scope: &str) -> String {
    let fields = [("grant_type", "client_credentials"), ("scope", scope)];
    let answer = world.send(robot.token_request(&fields)).await;
    answer.text("access_token").unwrap_or_else(|| panic!("no token in {answer:?}"))
}

/// Takes all scopes from a client.
async fn without_scopes(admin: &Caller, party: &RelyingParty) {
    let path = format!("/clients/{}", party.id());
    let found = admin.get(&path).await;
    let mut body: Value = found.json();
    let members = body.as_object_mut().unwrap();
    members.retain(|name, _| !["client_id", "created_at"].contains(&name.as_str()));
    members.insert("scope".into(), "openid".into());
    let changed = admin.put(&path, &etag(&found), &body).await;
    assert_eq!(changed.status, 200, "{changed:?}");
}

#[tokio::test]
async fn a_client_that_acts_for_itself_may_do_what_its_token_says() {
    for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
        let world = World::new().await;
        let admin = world.admin().await;
        let robot = robot(&world, "clients:read clients:write", format).await;
        let token = own_token(&world, &robot, "clients:write").await;
        let writer = admin.presenting(&token);
        assert_eq!(writer.post("/clients", &application()).await.status, 201);
        is_problem(&writer.get("/clients").await, 403, "insufficient_permission");
        let mut mighty = application();
        mighty["scope"] = "accounts:write".into();
        is_problem(&writer.post("/clients", &mighty).await, 403, "insufficient_permission");
        let registered = world.events().await.into_iter();
        let registered = registered.filter(|event| event.act == Act::ClientRegistered);
        let actors: Vec<_> = registered.map(|event| event.actor).collect();
        assert_eq!(actors, [Actor::Client(robot.client_id)]);
    }
}

#[tokio::test]
async fn what_is_taken_from_a_client_is_taken_from_its_tokens_at_once() {
    for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
        let world = World::new().await;
        let (admin, beside) = (world.admin().await, world.beside("second").await);
        let robot = robot(&world, "clients:read", format).await;
        let reader = admin.presenting(&own_token(&world, &robot, "clients:read").await);
        assert_eq!(reader.at(&beside).get("/clients").await.status, 200);
        let path = format!("/clients/{}", robot.id());
        without_scopes(&admin, &robot).await;
        is_problem(&reader.at(&beside).get("/clients").await, 403, "insufficient_permission");
        admin.post(&format!("{path}/disable"), &json!({})).await;
        is_problem(&reader.at(&beside).get("/clients").await, 401, "invalid_token");
    }
}

/// Alice as an operator, a client by which she administers, and what it was given.
async fn signed_in(world: &World) -> (RelyingParty, Caller, Tokens) {
    let alice = world.person("alice").await;
    let permissions: Permissions = READS_AND_WRITES.into_iter().collect();
    let operator = world.operator_with(permissions, Some(alice.account_id)).await;
    let scope = "openid clients:read accounts:read";
    let party = world.client(|client| client.scopes = scope.parse().unwrap()).await;
    let ask = party.ask_for(scope);
    let tokens = party.sign_in_for(&ask, &mut world.browser(), &alice).await;
    let caller = operator.presenting(&tokens.access_token);
    (party, caller, tokens)
}

#[tokio::test]
async fn an_operator_who_signs_in_may_do_what_they_have_and_the_application_was_given() {
    let world = World::new().await;
    let (_, caller, _) = signed_in(&world).await;
    assert_eq!(caller.get("/clients").await.status, 200);
    // Theirs, but not the application's; and the application's, but not theirs.
    is_problem(&caller.post("/clients", &application()).await, 403, "insufficient_permission");
    is_problem(&caller.get("/accounts").await, 403, "insufficient_permission");
}

#[tokio::test]
async fn whatever_ends_the_token_or_the_operator_ends_it_at_once() {
    type End = for<'a> fn(&'a World, &'a Caller, &'a RelyingParty, &'a Tokens) -> Ended<'a>;
    type Ended<'a> = std::pin::Pin<Box<dyn Future<Output = (u16, &'static str)> + 'a>>;
    let ends: [End; 4] = [
        |_, admin, _, _| {
            Box::pin(async {
                let operators = admin.get("/operators").await.json();
                let tied = |one: &&Value| one["account_id"].is_string();
                let alice = operators["items"].as_array().unwrap().iter().find(tied).unwrap();
                let path = format!("/operators/{}", alice["operator_id"].as_str().unwrap());
                assert_eq!(admin.delete(&path, "*").await.status, 204);
                (401, "invalid_token")
            })
        },
        |_, _, party, tokens| {
            Box::pin(async {
                party.revoke(&tokens.access_token).await;
                (401, "invalid_token")
            })
        },
        |_, admin, party, _| {
            Box::pin(async {
                without_scopes(admin, party).await;
                (403, "insufficient_permission")
            })
        },
        |_, admin, _, _| {
            Box::pin(async {
                let account = admin.get("/accounts").await.json()["items"][0].clone();
                let path = format!("/accounts/{}/disable", account["account_id"].as_str().unwrap());
                assert_eq!(admin.post(&path, &json!({ "reason": "requested" })).await.status, 204);
                (401, "invalid_token")
            })
        },
    ];
    for end in ends {
        let world = World::new().await;
        let (admin, beside) = (world.admin().await, world.beside("second").await);
        let (party, caller, tokens) = signed_in(&world).await;
        assert_eq!(caller.at(&beside).get("/clients").await.status, 200);
        let (status, code) = end(&world, &admin, &party, &tokens).await;
        is_problem(&caller.at(&beside).get("/clients").await, status, code);
    }
}

#[tokio::test]
async fn an_end_user_who_is_no_operator_is_given_nothing_of_the_admin_api() {
    let world = World::new().await;
    let (admin, alice) = (world.admin().await, world.person("alice").await);
    let party = world.client(|client| client.scopes = "openid clients:read".parse().unwrap()).await;
    let tokens = party
        .sign_in_for(&party.ask_for("openid clients:read"), &mut world.browser(), &alice)
        .await;
    let answer = admin.presenting(&tokens.access_token).get("/clients").await;
    is_problem(&answer, 401, "invalid_token");
}
