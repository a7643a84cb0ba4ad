//! Settings of the server and of a client: each change a version that can be read and restored.

use protocol::{Realm, event::Act, permission::Permission, settings::Level};
use serde_json::{Value, json};
use storage::engine::Changes;

use super::{Caller, etag, is_problem};
use crate::world::{Sent, World, statuses};

fn limiting(name: &str, quota: u32) -> Value {
    let mut body = json!({ "limits": {} });
    body["limits"][name] = json!({ "quota": quota, "window_seconds": 60 });
    body
}

/// The settings of the server and those of a client, and a good change of each.
async fn both(world: &World) -> [(String, Value, Value); 2] {
    let client = world.relying_party().await.id();
    [
        ("/settings".into(), limiting("other", 100), limiting("other", 200)),
        (format!("/clients/{client}/settings"), limiting("token", 100), limiting("token", 200)),
    ]
}

#[tokio::test]
async fn what_is_set_is_read_and_each_change_is_a_version() {
    let world = World::new().await;
    let admin = world.admin().await;
    for (path, first, second) in both(&world).await {
        let unset = admin.get(&path).await;
        assert_eq!((unset.status, &*etag(&unset)), (200, "\"unset\""));
        assert_eq!(unset.json()["settings"]["limits"], json!({}));
        let set = admin.put(&path, &etag(&unset), &first).await;
        assert_eq!(set.status, 200, "{set:?}");
        let found = admin.get(&path).await;
        assert_eq!((etag(&found), &found.body), (etag(&set), &set.body));
        assert_eq!(found.json()["settings"]["limits"], first["limits"]);
        assert_eq!(found.json()["changed_by"]["id"], admin.operator_id.to_string());
        let set = admin.put(&path, &etag(&found), &second).await;
        let restore = admin.request("POST", &format!("{path}/versions/1/restore"));
        let restored = admin.send(restore.header("if-match", etag(&set))).await;
        assert_eq!(restored.status, 200, "{restored:?}");
        assert_eq!(restored.json()["settings"]["limits"], first["limits"]);
        let versions = admin.get(&format!("{path}/versions")).await.json()["items"].clone();
        let versions = versions.as_array().unwrap();
        let numbers: Vec<_> = versions.iter().map(|version| version["number"].as_u64()).collect();
        assert_eq!(numbers, [Some(1), Some(2), Some(3)]);
        assert_eq!(versions[2]["restored_from"], 1);
        for version in versions {
            let number = version["number"].as_u64().unwrap();
            assert_eq!(&admin.get(&format!("{path}/versions/{number}")).await.json(), version);
        }
        is_problem(&admin.get(&format!("{path}/versions/4")).await, 404, "not_found");
        is_problem(&admin.get(&format!("{path}/versions/first")).await, 404, "not_found");
    }
    let acts: Vec<_> = world.events().await.into_iter().map(|event| event.act).collect();
    assert!(acts.contains(&Act::SettingsChanged { level: Level::Server, version: 3 }), "{acts:?}");
}

#[tokio::test]
async fn a_change_says_upon_which_state_it_was_decided_and_one_of_fifty_is_made() {
    let world = World::new().await;
    let admin = world.admin().await;
    for (path, first, second) in both(&world).await {
        let bare = admin.request("PUT", &path).body("application/json", first.to_string());
        is_problem(&admin.send(bare).await, 428, "precondition_required");
        let answers = world.all_at_once(50, &admin.putting(&path, "\"unset\"", &first)).await;
        assert_eq!(statuses(&answers), [(200, 1), (412, 49)].into());
        let seen = etag(&admin.get(&path).await);
        let answers = world.all_at_once(50, &admin.putting(&path, &seen, &second)).await;
        assert_eq!(statuses(&answers), [(200, 1), (412, 49)].into());
        is_problem(&admin.put(&path, "\"unset\"", &first).await, 412, "precondition_failed");
        assert_eq!(admin.put(&path, "*", &first).await.status, 200);
    }
}

#[tokio::test]
async fn what_cannot_be_followed_is_refused_and_nothing_is_changed() {
    let world = World::new().await;
    let admin = world.admin().await;
    let limit = |limit: Value| json!({ "limits": { "token": limit } });
    for (body, status) in [
        (limit(json!({ "quota": 0, "window_seconds": 60 })), 400),
        (limit(json!({ "quota": 1, "window_seconds": 3_601 })), 400),
        (limit(json!({ "quota": 1 })), 422),
        (limit(json!({ "unlimited": true, "quota": 1, "window_seconds": 1 })), 422),
        (limit(json!({})), 422),
        (json!({ "limits": { "everything": {} } }), 400),
        (json!({ "exclusions": { "networks": ["192.0.2.0/33"] } }), 422),
        (json!({ "exclusions": { "clients": ["somebody"] } }), 400),
    ] {
        assert_eq!(admin.put("/settings", "*", &body).await.status, status, "{body}");
    }
    assert_eq!(etag(&admin.get("/settings").await), "\"unset\"");
    let unlimited = limit(json!({ "unlimited": true }));
    let set = admin.put("/settings", "*", &unlimited).await;
    assert_eq!(set.json()["settings"]["limits"], unlimited["limits"]);
}

#[tokio::test]
async fn settings_are_followed_at_once() {
    let world = World::new().await;
    let admin = world.admin().await;
    let asked = async || world.send(Sent::get("/oauth2/userinfo")).await.status;
    assert_eq!([asked().await, asked().await], [401, 401]);
    let set = admin.put("/settings", "*", &limiting("userinfo", 1)).await;
    assert_eq!(set.status, 200, "{set:?}");
    asked().await;
    assert_eq!(asked().await, 429);
}

#[tokio::test]
async fn settings_of_nobody_are_not_there_and_those_of_a_client_go_with_it() {
    let world = World::new().await;
    let admin = world.admin().await;
    let [_, (path, first, _)] = both(&world).await;
    let nobody = "/clients/cli_00000000000000000000000000000000/settings";
    is_problem(&admin.get(nobody).await, 404, "not_found");
    is_problem(&admin.put(nobody, "*", &first).await, 404, "not_found");
    assert_eq!(admin.put(&path, "*", &first).await.status, 200);
    let client = path.trim_end_matches("/settings");
    assert_eq!(admin.delete(client, "*").await.status, 204);
    is_problem(&admin.get(&path).await, 404, "not_found");
}

#[tokio::test]
async fn a_client_that_is_deleted_at_the_same_moment_leaves_no_settings_behind() {
    for _ in 0..20 {
        let world = World::new().await;
        let admin = world.admin().await;
        let party = world.relying_party().await;
        let client = format!("/clients/{}", party.id());
        world.engine().hesitate();
        let set = admin.putting(&format!("{client}/settings"), "*", &limiting("token", 100));
        let (set, deleted) = tokio::join!(admin.send(set), admin.delete(&client, "*"));
        assert_eq!(deleted.status, 204, "{deleted:?}");
        assert!(matches!(set.status, 200 | 404), "{set:?}");
        let left = world.store().settings(&world.realm(), Level::Client(party.client_id)).await;
        assert!(left.unwrap().is_none(), "{set:?}");
    }
}

#[tokio::test]
async fn reading_and_changing_are_two_permissions() {
    let world = World::new().await;
    let admin: Caller = world.admin().await;
    let reader = admin.with(&[Permission::SettingsRead]).await;
    assert_eq!(reader.get("/settings").await.status, 200);
    let changed = reader.put("/settings", "*", &limiting("other", 1)).await;
    is_problem(&changed, 403, "insufficient_permission");
}

#[tokio::test]
async fn nobody_limits_a_client_that_may_do_more_than_they() {
    let world = World::new().await;
    let admin = world.admin().await;
    let clerk = admin.with(&[Permission::SettingsRead, Permission::SettingsWrite]).await;
    let machine = world.machine("operators:write", |_| {}).await;
    let path = format!("/clients/{}/settings", machine.id());
    assert_eq!(admin.put(&path, "*", &limiting("token", 100)).await.status, 200);
    assert_eq!(admin.put(&path, "*", &limiting("token", 200)).await.status, 200);
    let restore = format!("{path}/versions/1/restore");
    for answer in [
        clerk.put(&path, "*", &limiting("token", 1)).await,
        clerk.send(clerk.request("POST", &restore).header("if-match", "*")).await,
    ] {
        is_problem(&answer, 403, "insufficient_permission");
        assert!(answer.text("detail").unwrap().contains("operators:write"), "{answer:?}");
    }
    let [_, (path, first, _)] = both(&world).await;
    assert_eq!(clerk.put(&path, "*", &first).await.status, 200);
}

/// The log says which of the two came first.
#[tokio::test]
async fn nor_one_that_becomes_such_a_client_at_the_same_moment() {
    for _ in 0..20 {
        let world = World::new().await;
        let admin = world.admin().await;
        let clerk = admin.with(&[Permission::SettingsRead, Permission::SettingsWrite]).await;
        let mut body = super::clients::application();
        let made = admin.post("/clients", &body).await;
        let client = format!("/clients/{}", made.text("client_id").expect("a client"));
        body["scope"] = "openid operators:write".into();
        let log = world.store().engine();
        let Ok(Changes::Entries { next: begin, .. }) = log.changes(None, 1).await else {
            panic!("the log is there")
        };
        world.engine().hesitate();
        let path = format!("{client}/settings");
        let limited = clerk.send(clerk.putting(&path, "*", &limiting("token", 1)));
        let (limited, grown) = tokio::join!(limited, admin.put(&client, "*", &body));
        assert_eq!(grown.status, 200, "{grown:?}");
        let Ok(Changes::Entries { entries, .. }) = log.changes(Some(begin), 100).await else {
            panic!("the log is there")
        };
        let written = |table: &str| {
            let is_of = |(name, ..): &(String, Realm, String)| name == table;
            entries.iter().position(|entry| entry.rows.iter().any(is_of))
        };
        match limited.status {
            200 => assert!(written("settings") < written("clients"), "{entries:?}"),
            403 => {}
            _ => panic!("{limited:?}"),
        }
    }
}
