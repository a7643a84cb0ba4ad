//! What holds of every operation of the document, whatever it does. The tests of `attacks/` call it by the row that it is of.

use std::collections::BTreeMap;

use protocol::permission::Permission;

use super::{Caller, anonymous, document::Operation, is_problem, scene::Scene};
use crate::world::{Sent, World};

/// What is for everybody: the endpoints of OAuth and OpenID Connect, each of which asks for what its specification says.
const FOR_EVERYBODY: [&str; 13] = [
    "GET /.well-known/oauth-authorization-server",
    "GET /.well-known/openid-configuration",
    "GET /oauth2/authorize",
    "GET /oauth2/check_session",
    "GET /oauth2/jwks",
    "GET /oauth2/logout",
    "GET /oauth2/userinfo",
    "POST /oauth2/authorize",
    "POST /oauth2/introspect",
    "POST /oauth2/logout",
    "POST /oauth2/revoke",
    "POST /oauth2/token",
    "POST /oauth2/userinfo",
];

/// Fails where an operation is neither for everybody nor names its permission.
pub(crate) async fn every_operation_names_its_permission() {
    let world = World::new().await;
    let (permitted, open): (Vec<_>, Vec<_>) =
        world.operations().into_iter().partition(|one| one.permission.is_some());
    let mut open: Vec<_> = open.iter().map(|one| format!("{} {}", one.method, one.path)).collect();
    open.sort();
    assert_eq!(open, FOR_EVERYBODY);
    for operation in &permitted {
        let permission = operation.permission.as_deref().unwrap_or_default();
        assert!(permission.parse::<Permission>().is_ok(), "{permission} of {}", operation.path);
    }
    let all = |permission: &&Permission| {
        permitted.iter().all(|one| one.permission.as_deref() != Some(permission.as_str()))
    };
    assert_eq!(Permission::ALL.iter().filter(all).collect::<Vec<_>>(), Vec::<&Permission>::new());
}

/// Fails where an operation can be called without credentials, or with some that do not hold.
pub(crate) async fn no_operation_is_done_for_somebody_unknown() {
    let scene = Scene::new().await;
    let Scene { world, admin, tokens, party, .. } = &scene;
    let altered: String = admin.token.chars().rev().collect();
    let cut = &admin.token[..admin.token.len() - 1];
    let garbage = ["x", "a.b.c", &altered, cut, &tokens.access_token, &party.secret];
    world.work();
    for operation in world.permitted_operations() {
        let answer = world.send(operation.bare()).await;
        is_problem(&answer, 401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"doorward\""));
        let basic = operation.bare().header("authorization", "Basic eDp5");
        is_problem(&world.send(basic).await, 401, "unauthorized");
        for token in garbage {
            let answer = world.send(operation.asked(&admin.presenting(token))).await;
            is_problem(&answer, 401, "invalid_token");
        }
        let twice = operation.asked(admin).header("authorization", "Bearer x");
        is_problem(&world.send(twice).await, 400, "malformed_request");
    }
}

/// Fails where an operation is done for somebody who has every permission but the one that it needs.
pub(crate) async fn no_operation_is_done_without_its_permission() {
    let scene = Scene::new().await;
    for operation in scene.world.permitted_operations() {
        let permission = operation.permission.as_deref().unwrap_or_default();
        let without = scene.admin.without(permission.parse().expect("a permission")).await;
        let about = operation.about(&without, &scene.ids);
        for sent in [about, operation.asked(&without)] {
            let answer = scene.world.send(sent).await;
            is_problem(&answer, 403, "insufficient_permission");
            assert!(answer.text("detail").unwrap().contains(permission), "{answer:?}");
        }
    }
}

/// Fails where what another realm has, or nobody, is told apart, or told of at all.
pub(crate) async fn what_is_of_another_realm_is_nowhere() {
    let scene = Scene::new().await;
    let Scene { world, admin, ids, .. } = &scene;
    let operations: Vec<_> = world.permitted_operations();
    let operations = operations.iter().filter(|one| !one.parameters_in("path").is_empty());
    let operations: Vec<&Operation> = operations.collect();
    assert!(operations.len() > 20, "{}", operations.len());
    for operation in operations.iter().filter(|one| one.method == "GET") {
        let answer = world.send(operation.about(admin, ids)).await;
        assert_eq!(answer.status, 200, "{} is not there: {answer:?}", operation.path);
    }
    scene.exile().await;
    for operation in operations {
        let unknown: BTreeMap<_, _> = ids.iter().map(|(name, id)| (*name, changed(id))).collect();
        let malformed: BTreeMap<_, _> = ids.keys().map(|name| (*name, "x".to_owned())).collect();
        let told = |ids| operation.about(admin, ids);
        let absent = refused(world, told(&unknown), operation).await;
        for ids in [ids, &malformed] {
            assert_eq!(refused(world, told(ids), operation).await, absent, "{}", operation.path);
        }
    }
}

/// An id of the same kind that nobody has.
fn changed(id: &str) -> String {
    match id.split_once('_') {
        Some((kind, digits)) => format!("{kind}_{}", "0".repeat(digits.len())),
        None => "999".to_owned(),
    }
}

async fn refused(world: &World, sent: Sent, operation: &Operation) -> serde_json::Value {
    let answer = world.send(sent).await;
    assert_eq!(answer.status, 404, "{} {}: {answer:?}", operation.method, operation.path);
    is_problem(&answer, 404, "not_found");
    anonymous(&answer)
}

/// Fails where a secret that exists is in what somebody with these permissions is shown, or what recognises it.
pub(crate) async fn no_secret_is_shown(roles: impl AsyncFn(&Caller) -> Vec<Caller>) {
    let scene = Scene::new().await;
    let Scene { world, admin, ids, .. } = &scene;
    let secrets = scene.secrets();
    let mut shown = 0;
    for caller in roles(admin).await {
        for operation in world.permitted_operations() {
            if operation.method != "GET" {
                continue;
            }
            let follows = operation.parameters_in("query").contains(&"follow");
            let query: &[_] = if follows { &[("follow", "false")] } else { &[] };
            let answer = world.send(operation.about_with(&caller, ids, query)).await;
            shown += usize::from(answer.status == 200);
            for secret in &secrets {
                let found = answer.body.contains(secret)
                    || format!("{:?}", answer.headers).contains(secret);
                assert!(!found, "{secret} in {} {answer:?}", operation.path);
            }
        }
    }
    assert!(shown > 10, "{shown}");
}

impl Scene {
    /// Everything that must never be shown, and what is kept of it.
    fn secrets(&self) -> Vec<String> {
        let held = [
            self.admin.token.as_str(),
            &self.party.secret,
            &self.alice.password,
            &self.tokens.access_token,
            self.tokens.refresh_token(),
            self.tokens.id_token(),
        ];
        let jar = &self.browser.jar;
        let cookies = jar.names().into_iter().filter_map(|name| jar.get(name)).map(str::to_owned);
        let held = held.into_iter().map(str::to_owned).chain(self.shown_once.clone());
        let held: Vec<String> = held.chain(cookies).collect();
        let hashes =
            held.iter().map(|secret| protocol::Token::presented(secret).hash().to_string());
        let marks = ["$argon2", "\"d\":", "PRIVATE KEY", "\"hash\":", "sealed"];
        hashes.chain(marks.map(str::to_owned)).chain(held.clone()).collect()
    }
}
