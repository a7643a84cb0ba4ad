//! The audit log: one chain of entries a node, and signed checkpoints over the heads of all chains (DESIGN 5).

mod checkpoints;
mod key;
mod log;

use protocol::{
    AccountId, EventId, Realm, Sealed, Tenant, Timestamp, crypto,
    event::{Act, Event, Personal},
};
use serde::{Deserialize, Serialize};

use crate::{
    engine::{CommitError, IndexEntry, Position, StorageError},
    events::EventRecord,
    record::{Erasure, Record, Stored},
    store::Store,
};

pub use checkpoints::{
    AuditCheckpoint, AuditCheckpointHead, AuditCoverage, ChainHead, CheckpointClaims, HEADS_MAX,
    checkpoint_id,
};
pub use key::{AuditKey, KeyPair, UnusableAuditKey};
pub(crate) use log::newest_first;
pub use log::{CHAINS_MAX, LogPage, Logged, LoggedEvent, Selection, WAITING_MAX};

/// One link of a node's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its realm.
    pub realm: Realm,
    /// The node whose chain it is in.
    pub node: String,
    /// Its place in the chain, from 1 on, without a gap.
    pub sequence: u64,
    /// The event as it was sealed: the text of an [`AuditContent`], kept to the letter because the digest covers it.
    pub content: String,
    /// The account that the event concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// [`digest`] of the entry before and of this content, in hexadecimal.
    pub digest: String,
}

/// What an entry tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditContent {
    /// The event's id.
    pub event_id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
    /// What is personal in it, sealed: the chain still holds when the key is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<Sealed<Personal>>,
}

/// The digest of a chain that has no entry yet.
pub const FIRST_DIGEST: &str = "";

/// SHA-256 over node, sequence, the digest before and the content, each with its length before it.
pub fn digest(node: &str, sequence: u64, before: &str, content: &str) -> String {
    use std::fmt::Write;
    let sequence = sequence.to_be_bytes();
    let parts: [&[u8]; 4] = [node.as_bytes(), &sequence, before.as_bytes(), content.as_bytes()];
    let covered: Vec<u8> = parts
        .iter()
        .flat_map(|part| [&(part.len() as u64).to_be_bytes()[..], part].concat())
        .collect();
    crypto::sha256(&covered).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

impl AuditEntry {
    /// The entry for `event` after `head`.
    pub fn after(head: &AuditHead, event: EventRecord) -> Result<Self, StorageError> {
        let EventRecord { event_id, realm, node, at, event, personal } = event;
        let account_id = event.account_id;
        let content = serde_json::to_string(&AuditContent { event_id, at, event, personal })
            .map_err(|_| StorageError::Malformed { reason: "an event does not serialise" })?;
        let sequence = head.sequence.saturating_add(1);
        let digest = digest(&node, sequence, &head.digest, &content);
        Ok(Self { realm, node, sequence, content, account_id, digest })
    }

    /// What it tells.
    pub fn read(&self) -> Result<AuditContent, StorageError> {
        serde_json::from_str(&self.content).map_err(|error| StorageError::Unreadable {
            table: Self::TABLE.into(),
            id: self.id(),
            reason: error.to_string(),
        })
    }
}

/// The id of an entry; in the order of the chain.
pub fn entry_id(node: &str, sequence: u64) -> String {
    format!("{node}:{sequence:020}")
}

impl Record for AuditEntry {
    const TABLE: &'static str = "audit_entries";
    const ON_ERASURE: Erasure = Erasure::Seal;
    type Id = String;

    fn id(&self) -> String {
        entry_id(&self.node, self.sequence)
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    /// Whatever it can be looked for by. Made from the content, which alone the digest covers.
    fn indexes(&self) -> Vec<IndexEntry> {
        log::entries(&self.content)
    }

    fn subject(&self) -> Option<AccountId> {
        self.account_id
    }
}

/// The last link of a node's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// Its realm.
    pub realm: Realm,
    /// The node.
    pub node: String,
    /// The sequence of the last entry; 0 before the first.
    pub sequence: u64,
    /// Its digest.
    pub digest: String,
}

impl AuditHead {
    /// The head of a chain without entries.
    pub fn before_the_first(realm: &Realm, node: &str) -> Self {
        Self { realm: realm.clone(), node: node.into(), sequence: 0, digest: FIRST_DIGEST.into() }
    }
}

impl Record for AuditHead {
    const TABLE: &'static str = "audit_heads";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = String;

    fn id(&self) -> String {
        self.node.clone()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }
}

/// A node's chain: where its next entry goes, and the expectation that nobody has put one there.
#[derive(Debug, Clone)]
pub struct Chain {
    head: AuditHead,
    stored: Option<Stored<AuditHead>>,
}

/// What a step of sealing came to.
#[derive(Debug, Clone)]
pub struct Appended {
    /// The chain as it now is.
    pub chain: Chain,
    /// What happened: the acts that it has more, in order.
    pub acts: Vec<Act>,
    /// Whether more are waiting.
    pub has_more: bool,
}

impl Store {
    /// A node's chain, as it is stored.
    pub async fn audit_chain(&self, realm: &Realm, node: &str) -> Result<Chain, StorageError> {
        let stored: Option<Stored<AuditHead>> = self.get(realm, &node.to_owned()).await?;
        let head = stored.as_ref().map(|stored| stored.record.clone());
        Ok(Chain { head: head.unwrap_or_else(|| AuditHead::before_the_first(realm, node)), stored })
    }

    /// Moves at most `limit` events that wait on the chain's node to its end, the oldest first, in one batch: an event
    /// is in the outbox or in the chain, never in both and never in neither.
    ///
    /// # Errors
    /// [`CommitError::Refused`] when somebody else has moved the chain on: read it again.
    pub async fn append_events(&self, chain: Chain, limit: usize) -> Result<Appended, CommitError> {
        let Chain { mut head, stored } = chain;
        let waiting = self.unsealed_events(&head.realm, &head.node, limit).await?;
        let has_more = waiting.next.is_some();
        if waiting.items.is_empty() {
            return Ok(Appended { chain: Chain { head, stored }, acts: Vec::new(), has_more });
        }
        let mut batch = self.batch();
        for event in &waiting.items {
            let entry = AuditEntry::after(&head, event.record.clone())?;
            batch.create(&entry).delete(event);
            head = AuditHead { sequence: entry.sequence, digest: entry.digest, ..head };
        }
        match &stored {
            Some(stored) => batch.replace(stored, &head),
            None => batch.create(&head),
        };
        let sealed = waiting.items.iter().map(|event| &event.record);
        self.tally_revocations(&mut batch, (&head.realm, &head.node), sealed).await?;
        let version = self.commit(batch).await?;
        let unknown = stored.and_then(|stored| stored.unknown);
        let stored = Some(Stored { record: head.clone(), version, unknown });
        let acts = waiting.items.into_iter().map(|event| event.record.event.act).collect();
        Ok(Appended { chain: Chain { head, stored }, acts, has_more })
    }

    /// At most `limit` entries of a node's chain after the one with this sequence, in order.
    pub async fn audit_entries(
        &self,
        realm: &Realm,
        (node, after): (&str, u64),
        limit: usize,
    ) -> Result<Vec<Stored<AuditEntry>>, StorageError> {
        let id = entry_id(node, after);
        let after = Position { value: id.clone(), id };
        let page = self.all::<AuditEntry>(realm, Some(&after), limit).await?;
        Ok(page.items.into_iter().take_while(|entry| entry.node == node).collect())
    }
}
