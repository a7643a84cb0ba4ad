//! The admin API, a file a resource, and what is common to all of it: callers, and what they may rely on in every answer.

mod accounts;
mod admission;
mod audit;
pub(crate) mod border;
mod clients;
pub(crate) mod cursors;
mod document;
mod keys;
mod lockouts;
mod logouts;
mod operators;
mod refusals;
mod replays;
mod revocations;
mod scene;
mod secrets;
mod sessions;
mod settings;

use protocol::{
    AccountId, OperatorId, Token,
    event::Event,
    permission::{Permission, Permissions},
};
use serde_json::Value;
use storage::{audit::AuditEntry, events::EventRecord, operators::Operator};

use crate::world::{Answer, Sent, World};

/// The media type of a problem.
pub(crate) const PROBLEM: &str = "application/problem+json";

/// Somebody who calls the admin API with a token. Paths begin after `/admin/v1`.
#[derive(Clone)]
pub(crate) struct Caller {
    world: World,
    pub(crate) token: String,
    pub(crate) operator_id: OperatorId,
}

impl World {
    /// An operator with every permission.
    pub(crate) async fn admin(&self) -> Caller {
        self.operator_with(Permissions::all(), None).await
    }

    /// An operator with these permissions, who may sign in with an account.
    pub(crate) async fn operator_with(
        &self,
        permissions: Permissions,
        account_id: Option<AccountId>,
    ) -> Caller {
        let operator_id = OperatorId::new(self.store().randomness());
        let token = Token::new(self.store().randomness());
        let mut batch = self.store().batch();
        batch.create(&Operator {
            operator_id,
            realm: self.realm(),
            name: "Somebody".into(),
            token: Some(token.hash()),
            account_id,
            permissions,
            created_at: self.now(),
        });
        self.store().commit(batch).await.expect("an operator");
        Caller { world: self.clone(), token: token.expose().to_owned(), operator_id }
    }

    /// Everything that was told to the audit log, by this node in its order and then by others. What happened at one
    /// instant is in no order.
    pub(crate) async fn events(&self) -> Vec<Event> {
        self.look().await.expect("every actor looks");
        let (mut events, mut after) = (Vec::new(), None);
        loop {
            let page = self.store().all::<AuditEntry>(&self.realm(), after.as_ref(), 100).await;
            let page = page.expect("the store answers");
            events.extend(page.items.iter().map(|entry| entry.read().expect("an entry").event));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let waiting = self.store().all::<EventRecord>(&self.realm(), None, 1_000).await;
        let waiting = waiting.expect("the store answers").items.into_iter();
        events.extend(waiting.map(|waiting| waiting.record.event));
        events
    }
}

impl Caller {
    /// Another operator, who may do only this.
    pub(crate) async fn with(&self, permissions: &[Permission]) -> Self {
        self.world.operator_with(permissions.iter().copied().collect(), None).await
    }

    /// Somebody who may do everything but this.
    pub(crate) async fn without(&self, permission: Permission) -> Self {
        let others = Permission::ALL.iter().copied().filter(|one| *one != permission);
        self.world.operator_with(others.collect(), None).await
    }

    /// The same operator, who calls another node.
    pub(crate) fn at(&self, world: &World) -> Self {
        Self { world: world.clone(), ..self.clone() }
    }

    /// The same, with another token.
    pub(crate) fn presenting(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// A request with the token, not yet sent.
    pub(crate) fn request(&self, method: &str, path: &str) -> Sent {
        let bearer = format!("Bearer {}", self.token);
        Sent::new(method, format!("/admin/v1{path}")).header("authorization", bearer)
    }

    /// A creation or an action, not yet sent.
    pub(crate) fn posting(&self, path: &str, body: &Value) -> Sent {
        self.request("POST", path).body("application/json", body.to_string())
    }

    /// A change that was decided upon `etag`, not yet sent.
    pub(crate) fn putting(&self, path: &str, etag: &str, body: &Value) -> Sent {
        let sent = self.request("PUT", path).header("if-match", etag);
        sent.body("application/json", body.to_string())
    }

    pub(crate) async fn send(&self, sent: Sent) -> Answer {
        self.world.send(sent).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.posting(path, body)).await
    }

    pub(crate) async fn put(&self, path: &str, etag: &str, body: &Value) -> Answer {
        self.send(self.putting(path, etag, body)).await
    }

    pub(crate) async fn delete(&self, path: &str, etag: &str) -> Answer {
        self.send(self.request("DELETE", path).header("if-match", etag)).await
    }
}

/// Asserts that `answer` is this problem, in the one shape that problems have, and that it names the request.
pub(crate) fn is_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some(PROBLEM), "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
    let problem = answer.json();
    assert_eq!((&problem["code"], &problem["status"]), (&code.into(), &status.into()));
    assert!(problem["request_id"].is_string() && problem["title"].is_string(), "{answer:?}");
}

/// The problem without what names the request.
pub(crate) fn anonymous(answer: &Answer) -> Value {
    let mut problem = answer.json();
    problem.as_object_mut().expect("an object").remove("request_id");
    problem
}

/// The version that `answer` names, for `If-Match`.
pub(crate) fn etag(answer: &Answer) -> String {
    answer.header("etag").unwrap_or_else(|| panic!("no ETag in {answer:?}")).to_owned()
}
