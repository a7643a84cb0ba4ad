//! What operators see of an entry of the audit log.

use flows::admin::audit::{Entry, EntryEvent, Followed};
use poem_openapi::{Object, types::Example};
use protocol::Timestamp;
use serde_json::{Value, json};

use crate::admin::written::Written;

/// Who did something.
#[derive(Debug, Object)]
#[oai(rename = "Actor", skip_serializing_if_is_none)]
pub(in crate::admin) struct ActorView {
    /// `operator`, `end_user`, `client`, `node`, or `stranger`: who has not proved who they are.
    pub(in crate::admin) kind: String,
    /// Its id, where it is known.
    pub(in crate::admin) id: Option<String>,
}

/// Something that happened. What is not told of it is missing; where an entry was damaged, everything but its place.
#[derive(Debug, Object)]
#[oai(rename = "AuditEntry", skip_serializing_if_is_none, example)]
pub(super) struct EntryView {
    /// The node on which it happened.
    node: String,
    /// Its place in the node's chain, from 1 on without a gap. Missing for about a second after it happened.
    sequence: Option<u64>,
    /// Its id.
    event_id: Option<String>,
    /// When it happened.
    at: Option<Written<Timestamp>>,
    /// What happened, such as `signed_in`.
    act: Option<String>,
    /// What else is told of the act: its members depend on it.
    details: Option<Value>,
    /// Who did it.
    actor: Option<ActorView>,
    /// The account that it concerns.
    account_id: Option<String>,
    /// The client that took part.
    client_id: Option<String>,
    /// The request that did it.
    request_id: Option<String>,
    /// The address from which it was done.
    address: Option<String>,
    /// The `User-Agent` with which it was done.
    user_agent: Option<String>,
    /// What who did it said of it.
    note: Option<String>,
    /// Whether the account was erased, and with it from where and with what it was done, and what was said of it.
    erased: bool,
}

/// A line of the stream.
#[derive(Debug, Object)]
#[oai(rename = "FollowedAuditEntry", skip_serializing_if_is_none, example)]
pub(super) struct FollowedView {
    #[oai(flatten)]
    entry: EntryView,
    /// Where to go on after this entry: the value of `after`.
    cursor: String,
}

impl From<Entry> for EntryView {
    fn from(Entry { node, sequence, event }: Entry) -> Self {
        let nothing = Self {
            node,
            sequence,
            event_id: None,
            at: None,
            act: None,
            details: None,
            actor: None,
            account_id: None,
            client_id: None,
            request_id: None,
            address: None,
            user_agent: None,
            note: None,
            erased: false,
        };
        let Some(event) = event else { return nothing };
        let EntryEvent { event_id, at, act, details, actor: (kind, id), .. } = event;
        Self {
            event_id: Some(event_id.to_string()),
            at: Some(at.into()),
            act: Some(act),
            details: Some(Value::Object(details)),
            actor: Some(ActorView { kind, id }),
            account_id: event.account_id.map(|id| id.to_string()),
            client_id: event.client_id,
            request_id: event.request_id,
            address: event.personal.address.map(|address| address.to_string()),
            user_agent: event.personal.user_agent,
            note: event.personal.note,
            erased: event.is_erased,
            ..nothing
        }
    }
}

impl From<Followed> for FollowedView {
    fn from(Followed { entry, cursor }: Followed) -> Self {
        Self { entry: entry.into(), cursor: cursor.as_str().to_owned() }
    }
}

impl Example for EntryView {
    fn example() -> Self {
        let id = |kind: &str| format!("{kind}_0123456789abcdef0123456789abcdef");
        Self {
            node: "one".into(),
            sequence: Some(42),
            event_id: Some(id("evt")),
            at: Some(Timestamp::from_seconds(1_789_000_000).into()),
            act: Some("signed_in".into()),
            details: Some(json!({ "session_id": id("ses"), "amr": ["pwd"] })),
            actor: Some(ActorView { kind: "end_user".into(), id: Some(id("acc")) }),
            account_id: Some(id("acc")),
            client_id: Some(id("cli")),
            request_id: Some("0123456789abcdef0123456789abcdef".into()),
            address: Some("192.0.2.7".into()),
            user_agent: Some("Mozilla/5.0".into()),
            note: None,
            erased: false,
        }
    }
}

impl Example for FollowedView {
    fn example() -> Self {
        Self { entry: EntryView::example(), cursor: "AAEC".into() }
    }
}
