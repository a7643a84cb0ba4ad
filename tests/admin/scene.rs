//! A provider in which everything that the admin API knows is there once, and what each thing is called.

use std::{collections::BTreeMap, ops::Bound};

use protocol::{Realm, permission::Permission};
use serde_json::{Value, json};
use storage::{
    engine::{Batch, BatchId, Range, Write},
    erasure::TABLES,
};

use super::Caller;
use crate::world::{Browser, Person, RelyingParty, Tokens, World};

/// What was there to find.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) admin: Caller,
    pub(crate) alice: Person,
    pub(crate) party: RelyingParty,
    pub(crate) tokens: Tokens,
    pub(crate) browser: Browser,
    /// The id of each thing, by the name of the parameter that names it.
    pub(crate) ids: BTreeMap<&'static str, String>,
    /// What was shown once.
    pub(crate) shown_once: Vec<String>,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let world = World::new().await;
        let (admin, alice) = (world.admin().await, world.person("alice").await);
        let party = world.relying_party().await;
        let mut browser = world.browser();
        let ask = party.ask_for("openid offline_access");
        let tokens = party.sign_in_for(&ask, &mut browser, &alice).await;
        let mut stranger = world.browser();
        let page = stranger.look_at(&party.ask().url()).await;
        stranger.log_in(&page, &alice.username, "wrong").await;
        let (ids, shown_once) = named(&world, &admin, &party).await;
        Self { world, admin, alice, party, tokens, browser, ids, shown_once }
    }

    /// Moves everything but the caller to another realm, under the ids that it has.
    pub(crate) async fn exile(&self) {
        let own = self.admin.operator_id.to_string();
        let engine = self.world.store().engine();
        let other = Realm::try_from("other".to_owned()).expect("a realm");
        for table in TABLES {
            let main = self.world.realm();
            let range = Range {
                table: table.name,
                index: None,
                tenant: (&main).into(),
                from: Bound::Unbounded,
                to: Bound::Unbounded,
            };
            let found = engine.scan(&range, None, 1_000, self.world.now()).await.expect("rows");
            let rows = found.into_iter().map(|found| found.row).filter(|row| row.key.id != own);
            let mut writes = Vec::new();
            for row in rows {
                let mut body: Value = serde_json::from_slice(&row.body).expect("JSON");
                body["realm"] = "other".into();
                writes.push(Write::Delete { key: row.key.clone(), expectation: None });
                writes.push(Write::Put {
                    key: storage::engine::Key { realm: other.clone(), ..row.key },
                    tenant: (&other).into(),
                    schema: row.schema,
                    body: body.to_string().into_bytes(),
                    indexes: Vec::new(),
                    expires_at: row.expires_at,
                    expectation: None,
                });
            }
            let random = protocol::randomness::random(self.world.store().randomness());
            let (id, now) = (BatchId::new(self.world.now(), random), self.world.now());
            let batch = Batch { id, now, writes, checks: Vec::new() };
            assert_eq!(engine.commit(batch).await, storage::engine::Outcome::Committed);
        }
    }
}

/// What things are called, and what was shown of them once.
async fn named(
    world: &World,
    admin: &Caller,
    party: &RelyingParty,
) -> (BTreeMap<&'static str, String>, Vec<String>) {
    let client = format!("/clients/{}", party.id());
    let secret = admin.post(&format!("{client}/secrets"), &json!({})).await;
    let body = json!({ "name": "Clerk", "permissions": [Permission::ClientsRead.as_str()] });
    let operator = admin.post("/operators", &body).await;
    let allowance = json!({ "quota": 100, "window_seconds": 60 });
    for (path, limit) in
        [("/settings".to_owned(), "other"), (format!("{client}/settings"), "token")]
    {
        let mut body = json!({ "limits": {} });
        body["limits"][limit] = allowance.clone();
        assert_eq!(admin.put(&path, "*", &body).await.status, 200);
    }
    let ask = party.ask().set("redirect_uri", "https://client.example/elsewhere");
    world.browser().look_at(&ask.url()).await;
    world.look().await.expect("every actor looks");
    let first = async |list: &str, member: &str| {
        let listed = admin.get(list).await.json();
        let id = listed["items"][0][member].as_str();
        id.unwrap_or_else(|| panic!("no {member} in {listed}")).to_owned()
    };
    let ids = [
        ("account_id", first("/accounts", "account_id").await),
        ("session_id", first("/sessions", "session_id").await),
        ("lockout_id", first("/lockouts", "lockout_id").await),
        ("request_id", first("/refusals", "request_id").await),
        ("client_id", party.id()),
        ("secret_id", secret.text("secret_id").expect("a secret")),
        ("operator_id", operator.text("operator_id").expect("an operator")),
        ("number", "1".to_owned()),
    ];
    let shown = [secret.text("client_secret"), operator.text("token")];
    (ids.into(), shown.into_iter().flatten().collect())
}
