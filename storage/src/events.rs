//! The outbox of events: each is put here in the batch of its act, and waits until its node's audit chain has it.

use protocol::{
    AccountId, EventId, KeyRing, Randomness, Realm, Sealed, Tenant, Timestamp,
    event::{Event, Personal},
    master_key::{Place, SealError, open_under, seal_under},
};
use serde::{Deserialize, Serialize};

use crate::{
    account_keys::AccountKey,
    engine::{IndexEntry, StorageError},
    record::{Erasure, Index, Record},
    store::{Batch, Page, Store},
};

/// An event that no chain has yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// Its id.
    pub event_id: EventId,
    /// Its realm.
    pub realm: Realm,
    /// The node on which it happened, which alone seals it.
    pub node: String,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
    /// What is personal in it, under the key of its account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<Sealed<Personal>>,
}

/// The events of a node, in the order in which they happened.
const BY_NODE: Index<EventRecord> = Index::many("node");

impl Record for EventRecord {
    const TABLE: &'static str = "events";
    const ON_ERASURE: Erasure = Erasure::Seal;
    type Id = EventId;

    fn id(&self) -> EventId {
        self.event_id
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![BY_NODE.entry(format_args!("{}:{:015}", self.node, self.at.as_millis()))]
    }

    fn subject(&self) -> Option<AccountId> {
        self.event.account_id
    }
}

/// Seals what is personal in an event under the key of its account; under the master key where there is no account.
fn seal(
    event_id: EventId,
    event: &Event,
    key: Option<&AccountKey>,
    ring: &KeyRing,
    randomness: &dyn Randomness,
) -> Result<Option<Sealed<Personal>>, SealError> {
    let id = event_id.to_string();
    let personal = &event.personal;
    match (event.account_id, key) {
        _ if *personal == Personal::default() => Ok(None),
        (None, _) => ring.seal(personal, place(&id), randomness).map(Some),
        // The account is erased: nothing personal of it is kept any more.
        (Some(_), None) => Ok(None),
        (Some(account_id), Some(key)) => {
            let key = key.open(ring)?;
            seal_under(key.expose(), &account_id.to_string(), personal, place(&id), randomness)
                .map(Some)
        }
    }
}

fn place(id: &str) -> Place<'_> {
    Place { table: EventRecord::TABLE, record: id, field: "personal" }
}

/// What is personal in an event, with the key of its account where it has one.
pub fn open_personal(
    event_id: EventId,
    key: Option<&AccountKey>,
    sealed: &Sealed<Personal>,
    ring: &KeyRing,
) -> Result<Personal, SealError> {
    let id = event_id.to_string();
    match key {
        None => ring.open(sealed, place(&id)),
        Some(key) => open_under(key.open(ring)?.expose(), sealed, place(&id)),
    }
}

impl Store {
    /// Puts `event`, as it happened on `node`, into the batch of its act.
    pub async fn record_event(
        &self,
        batch: &mut Batch,
        (realm, node): (&Realm, &str),
        event: Event,
        ring: &KeyRing,
    ) -> Result<(), StorageError> {
        let event_id = EventId::new(self.randomness());
        let key = match event.account_id {
            Some(account_id) => self.get::<AccountKey>(realm, &account_id).await?,
            None => None,
        };
        let personal = seal(event_id, &event, key.as_deref(), ring, self.randomness())
            .map_err(|_| StorageError::Malformed { reason: "an event cannot be sealed" })?;
        let (realm, node, at) = (realm.clone(), node.into(), batch.now());
        batch.create(&EventRecord { event_id, realm, node, at, event, personal });
        Ok(())
    }

    /// What is personal in an event; nothing when its account is erased.
    pub async fn open_personal(
        &self,
        realm: &Realm,
        (event_id, account_id): (EventId, Option<AccountId>),
        sealed: &Sealed<Personal>,
        ring: &KeyRing,
    ) -> Result<Option<Personal>, StorageError> {
        let key = match account_id {
            None => None,
            Some(account_id) => match self.get::<AccountKey>(realm, &account_id).await? {
                None => return Ok(None),
                key => key,
            },
        };
        let unreadable = |error: SealError| StorageError::Unreadable {
            table: EventRecord::TABLE.into(),
            id: event_id.to_string(),
            reason: error.to_string(),
        };
        open_personal(event_id, key.as_deref(), sealed, ring).map(Some).map_err(unreadable)
    }

    /// At most `limit` events of `node` that no chain has yet, oldest first.
    pub async fn unsealed_events(
        &self,
        realm: &Realm,
        node: &str,
        limit: usize,
    ) -> Result<Page<EventRecord>, StorageError> {
        use std::ops::Bound::{Excluded, Included};
        // ';' follows ':' and is in no node's name.
        let of_node = (Included(format!("{node}:")), Excluded(format!("{node};")));
        self.ordered(&realm.into(), BY_NODE, of_node, None, limit).await
    }
}
