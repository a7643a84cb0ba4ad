//! The audit log, as operators read it: looked through over all nodes, or followed chain by chain.

mod followed;
mod personal;

use protocol::{AccountId, EventId, Timestamp, event::Personal};
use serde_json::{Map, Value};
use storage::{StorageError, audit::Logged, engine::Position};

use self::personal::Opener;
use super::{Administrator, Cursor, ITEMS_MAX, List, NotACursor};
use crate::{Error, Flows};

pub use followed::{Begin, FollowRefused, Followed, Follower, PlaceInLog};
pub use storage::audit::Selection;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// On which node.
    pub node: String,
    /// Its place in the node's chain; nothing for a moment, while it waits for it.
    pub sequence: Option<u64>,
    /// What is told of it; nothing where the entry cannot be read any more.
    pub event: Option<EntryEvent>,
}

/// What is told of something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryEvent {
    /// Its id.
    pub event_id: EventId,
    /// When.
    pub at: Timestamp,
    /// The name of the act.
    pub act: String,
    /// What else is told of the act.
    pub details: Map<String, Value>,
    /// Who did it: the kind, and the id where it is known.
    pub actor: (String, Option<String>),
    /// The account that it concerns.
    pub account_id: Option<AccountId>,
    /// The client that took part.
    pub client_id: Option<String>,
    /// The request that did it.
    pub request_id: Option<String>,
    /// From where.
    pub personal: Personal,
    /// Whether the account was erased, and what was personal with it.
    pub is_erased: bool,
}

impl Flows {
    /// A page of what happened, the latest first, over all nodes. What was acknowledged before is in it, sealed or not. A
    /// page may have few entries or none although there are more: what several things are looked for by is looked for
    /// among a thousand at a time.
    pub async fn audit_log(
        &self,
        by: &Administrator,
        selection: &Selection,
        after: Option<&Cursor>,
    ) -> Result<List<Entry>, Error<NotACursor>> {
        let list = format!("audit {selection:?}");
        let after = self.after(&list, after).map_err(Error::Refused)?;
        let after = after.as_ref().map(|position| position.value.as_str());
        self.seal_events().await;
        let page = self.store.audit_log(&by.realm, selection, after, ITEMS_MAX).await?;
        let mut opener = Opener::new(self, &by.realm);
        let mut items = Vec::with_capacity(page.items.len());
        for logged in page.items {
            items.push(opener.open(logged).await?);
        }
        let sealing = (&*self.ring, self.store.randomness());
        let next = page.next.map(|value| Position { value, id: String::new() });
        let next = next.map(|next| Cursor::new(&next, &list, sealing)).transpose()?;
        Ok(List { items, next })
    }

    /// Has what happened on this node sealed, where that can be done now. Where it cannot it waits in the outbox, which is
    /// read too.
    pub(super) async fn seal_events(&self) {
        match self.audit.seal().await {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => tracing::debug!(%fault, "events wait before a look at the audit log"),
            Err(error) => tracing::debug!(%error, "events wait before a look at the audit log"),
        }
    }
}

impl Opener<'_> {
    async fn open(&mut self, logged: Logged) -> Result<Entry, StorageError> {
        let Logged { node, sequence, event } = logged;
        let Some(event) = event else { return Ok(Entry { node, sequence, event: None }) };
        let whose = (event.event_id, event.account_id());
        let (personal, is_erased) = self.personal(whose, event.personal.as_ref()).await?;
        let (kind, actor_id) = event.actor();
        let event = EntryEvent {
            event_id: event.event_id,
            at: event.at,
            act: event.act().to_owned(),
            details: event.details(),
            actor: (kind.to_owned(), actor_id.map(str::to_owned)),
            account_id: event.account_id(),
            client_id: event.client_id().map(str::to_owned),
            request_id: event.request_id().map(str::to_owned),
            personal,
            is_erased,
        };
        Ok(Entry { node, sequence, event: Some(event) })
    }
}
