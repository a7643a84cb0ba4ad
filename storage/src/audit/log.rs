//! The audit log as it is looked through: over all nodes, the latest first, by whatever a reader looks for.
//!
//! An entry is in one index under each thing that it can be looked for by, so that every look is one bounded scan. Events
//! that no chain has yet are read from the outbox and stand where they will stand: their order is that of their instants
//! and ids, which sealing does not change, so that one that is sealed between two pages is neither lost nor met twice.

use std::{collections::BTreeMap, ops::Bound};

use protocol::{AccountId, EventId, Realm, Sealed, Timestamp, event::Personal};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{AuditContent, AuditEntry, AuditHead};
use crate::{
    engine::{IndexEntry, StorageError},
    events::EventRecord,
    record::{Index, Stored},
    store::{Page, Store},
};

/// Chains that are followed together.
pub const CHAINS_MAX: usize = 64;

/// Events of the outbox that are looked through. An event waits a second there; those beyond are met once they are sealed.
pub const WAITING_MAX: usize = 1_000;

/// Entries that one look reads, whether they are what is looked for or not.
const READ_MAX: usize = 1_000;

/// Entries, by what they can be looked for by and the latest first.
const LOG: Index<AuditEntry> = Index::many("log");

/// What is looked for; all of it must fit. Nothing is everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// What happened, by the name of the act.
    pub act: Option<String>,
    /// The account that it concerns.
    pub account_id: Option<String>,
    /// The client that took part.
    pub client_id: Option<String>,
    /// Who did it: an id, or `node`.
    pub actor: Option<String>,
    /// The request that did it.
    pub request_id: Option<String>,
    /// Not before this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
}

/// An entry, or an event that will be one.
#[derive(Debug, Clone)]
pub struct Logged {
    /// On which node it happened.
    pub node: String,
    /// Its place in the node's chain; nothing while it waits for it.
    pub sequence: Option<u64>,
    /// What it tells; nothing where that cannot be read.
    pub event: Option<LoggedEvent>,
}

/// What is read of an event, also of one that a later release has written.
#[derive(Debug, Clone, Deserialize)]
pub struct LoggedEvent {
    /// Its id.
    pub event_id: EventId,
    /// When it happened.
    pub at: Timestamp,
    event: Told,
    /// What is personal in it, sealed.
    #[serde(default)]
    pub personal: Option<Sealed<Personal>>,
}

#[derive(Debug, Clone, Deserialize)]
struct Told {
    actor: Value,
    act: Map<String, Value>,
    account_id: Option<AccountId>,
    client_id: Option<String>,
    request_id: Option<String>,
}

/// A page of the log.
#[derive(Debug, Clone)]
pub struct LogPage {
    /// What was found, the latest first. Where what is looked for is rare a page has few or none, and there is another.
    pub items: Vec<Logged>,
    /// Where the next page begins; nothing at the end of the log.
    pub next: Option<String>,
}

impl LoggedEvent {
    fn read(content: &str) -> Option<Self> {
        serde_json::from_str(content).ok()
    }

    /// The name of the act.
    pub fn act(&self) -> &str {
        self.event.act.get("act").and_then(Value::as_str).unwrap_or_default()
    }

    /// What else is told of the act.
    pub fn details(&self) -> Map<String, Value> {
        let mut details = self.event.act.clone();
        details.remove("act");
        details
    }

    /// The kind of who did it, and their id where they have one that is known.
    pub fn actor(&self) -> (&str, Option<&str>) {
        match &self.event.actor {
            Value::String(kind) => (kind, None),
            Value::Object(actor) => {
                actor.iter().next().map_or(("", None), |(kind, id)| (kind.as_str(), id.as_str()))
            }
            _ => ("", None),
        }
    }

    /// The account that it concerns.
    pub const fn account_id(&self) -> Option<AccountId> {
        self.event.account_id
    }

    /// The client that took part.
    pub fn client_id(&self) -> Option<&str> {
        self.event.client_id.as_deref()
    }

    /// The request that did it.
    pub fn request_id(&self) -> Option<&str> {
        self.event.request_id.as_deref()
    }

    /// What it can be looked for by, the rarest first.
    fn keys(&self) -> impl Iterator<Item = String> {
        let (kind, actor_id) = self.actor();
        let account_id = self.event.account_id.map(|account_id| account_id.to_string());
        let keys = [
            self.request_id().map(|id| format!("request:{id}")),
            account_id.map(|id| format!("account:{id}")),
            Some(format!("actor:{}", actor_id.unwrap_or(kind))),
            self.client_id().map(|id| format!("client:{id}")),
            Some(format!("act:{}", self.act())),
            Some(EVERYTHING.to_owned()),
        ];
        keys.into_iter().flatten()
    }

    /// Where it stands: before whatever was earlier.
    fn position(&self) -> String {
        format!("{}:{}", newest_first(self.at), self.event_id)
    }
}

const EVERYTHING: &str = "all";

/// The entries in the index for what `content` tells.
pub(super) fn entries(content: &str) -> Vec<IndexEntry> {
    let Some(event) = LoggedEvent::read(content) else { return Vec::new() };
    let position = event.position();
    event.keys().map(|key| LOG.entry(format_args!("{key}:{position}"))).collect()
}

/// An instant as a text that stands before those of all earlier ones.
pub(crate) fn newest_first(at: Timestamp) -> String {
    const LAST: u64 = 999_999_999_999_999;
    format!("{:015}", LAST.saturating_sub(at.as_millis()))
}

impl Selection {
    /// What an event must be found by, the rarest first.
    fn keys(&self) -> Vec<String> {
        let key = |kind: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!("{kind}:{value}"))
        };
        let keys = [
            key("request", &self.request_id),
            key("account", &self.account_id),
            key("actor", &self.actor),
            key("client", &self.client_id),
            key("act", &self.act),
        ];
        keys.into_iter().flatten().collect()
    }

    /// The one scan in which all that fits is found, after `after`; nothing where nothing can be.
    fn range(&self, key: &str, after: Option<&str>) -> Option<(Bound<String>, Bound<String>)> {
        // ';' follows ':'.
        let first = match self.to.filter(|to| to.as_millis() > 0) {
            Some(to) => {
                let last_before = Timestamp::from_millis(to.as_millis() - 1);
                format!("{key}:{}:", newest_first(last_before))
            }
            None => format!("{key}:"),
        };
        let begin = match after.map(|after| format!("{key}:{after}")).filter(|at| *at >= first) {
            Some(after) => Bound::Excluded(after),
            None => Bound::Included(first),
        };
        let end = match self.from {
            Some(from) => format!("{key}:{};", newest_first(from)),
            None => format!("{key};"),
        };
        let is_empty =
            matches!(&begin, Bound::Included(begin) | Bound::Excluded(begin) if *begin >= end);
        (!is_empty).then_some((begin, Bound::Excluded(end)))
    }

    fn fits(&self, event: &LoggedEvent, keys: &[String]) -> bool {
        let is_late_enough = self.from.is_none_or(|from| event.at >= from);
        let is_early_enough = self.to.is_none_or(|to| event.at < to);
        is_late_enough
            && is_early_enough
            && keys.iter().all(|wanted| event.keys().any(|key| key == *wanted))
    }
}

impl Store {
    /// At most `limit` events of all nodes that `selection` selects, after `after`, the latest first.
    pub async fn audit_log(
        &self,
        realm: &Realm,
        selection: &Selection,
        after: Option<&str>,
        limit: usize,
    ) -> Result<LogPage, StorageError> {
        // In this order: what leaves the outbox meanwhile is found among the entries.
        let waiting = self.waiting_events(realm).await?;
        let keys = selection.keys();
        let key = keys.first().map_or(EVERYTHING, String::as_str);
        let (mut found, mut next) = (Vec::new(), None);
        if let Some(range) = selection.range(key, after) {
            // Where one index has all that is looked for, each entry that is read fits.
            let reads = if keys.len() <= 1 { limit } else { READ_MAX };
            let page: Page<AuditEntry> =
                self.ordered(&realm.into(), LOG, range, None, reads).await?;
            next = page.next.and_then(|end| Some(end.value.get(key.len() + 1..)?.to_owned()));
            found.extend(page.items.into_iter().map(Logged::from));
        }
        found.extend(waiting);
        let is_on_page = |position: &str| {
            after.is_none_or(|after| position > after)
                && next.as_deref().is_none_or(|end| position <= end)
        };
        // One that was sealed between the two reads is met as an entry.
        let mut placed: BTreeMap<String, Logged> = BTreeMap::new();
        for logged in found {
            let Some(event) = &logged.event else { continue };
            let position = event.position();
            if is_on_page(&position) && selection.fits(event, &keys) {
                placed.entry(position).or_insert(logged);
            }
        }
        if placed.len() > limit {
            next = placed.keys().take(limit).next_back().cloned();
        }
        Ok(LogPage { items: placed.into_values().take(limit).collect(), next })
    }

    /// Events of all nodes that no chain has yet, at most [`WAITING_MAX`].
    async fn waiting_events(&self, realm: &Realm) -> Result<Vec<Logged>, StorageError> {
        let waiting = self.all::<EventRecord>(realm, None, WAITING_MAX).await?;
        Ok(waiting.items.into_iter().map(|event| event.record.into()).collect())
    }

    /// How far the chains of all nodes have come, at most [`CHAINS_MAX`] of them and one more.
    pub async fn audit_heads(&self, realm: &Realm) -> Result<Vec<AuditHead>, StorageError> {
        let page = self.all::<AuditHead>(realm, None, CHAINS_MAX + 1).await?;
        Ok(page.items.into_iter().map(|head| head.record).collect())
    }
}

impl From<Stored<AuditEntry>> for Logged {
    fn from(entry: Stored<AuditEntry>) -> Self {
        let AuditEntry { node, sequence, content, .. } = entry.record;
        Self { node, sequence: Some(sequence), event: LoggedEvent::read(&content) }
    }
}

impl From<EventRecord> for Logged {
    fn from(waiting: EventRecord) -> Self {
        let EventRecord { event_id, node, at, event, personal, .. } = waiting;
        let content = AuditContent { event_id, at, event, personal };
        let event = serde_json::to_value(content).and_then(serde_json::from_value).ok();
        Self { node, sequence: None, event }
    }
}
