//! How much was taken back in each hour on each node, kept by the batch that seals the events of it: exact, and no act
//! waits for another because both count.

use std::{collections::BTreeMap, time::Duration};

use protocol::{Realm, Tenant, Timestamp, event::Act};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    engine::{Position, StorageError},
    events::EventRecord,
    record::{Erasure, Record, Stored},
    store::{Batch, Store},
};

/// Tallies that one look reads: a month of more than twenty nodes.
pub const TALLIES_MAX: usize = 20_000;

/// For how long an hour is remembered.
const REMEMBERED: Duration = Duration::from_secs(400 * 24 * 3600);

const HOUR_SECONDS: u64 = 3600;

const PAGE: usize = 500;

/// How often, by what was taken back and why.
pub type Counts = BTreeMap<String, BTreeMap<String, u64>>;

/// What was taken back in one hour on one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationTally {
    /// Its realm.
    pub realm: Realm,
    /// The node.
    pub node: String,
    /// When the hour began.
    pub began_at: Timestamp,
    /// How often.
    pub counts: Counts,
}

/// What was taken back in a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tallied {
    /// So much.
    Counts(Counts),
    /// More was read than may be: the window is too long.
    TooMuch,
}

impl Record for RevocationTally {
    const TABLE: &'static str = "audit_revocation_tallies";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = String;

    fn id(&self) -> String {
        id(self.began_at, &self.node)
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.began_at + REMEMBERED)
    }
}

/// The hours of all nodes, in order.
fn id(began_at: Timestamp, node: &str) -> String {
    format!("{:015}:{node}", began_at.as_millis())
}

fn hour_of(at: Timestamp) -> Timestamp {
    Timestamp::from_seconds(at.as_seconds() / HOUR_SECONDS * HOUR_SECONDS)
}

/// What an act took back, and why.
fn taken_back(act: &Act) -> Option<(&'static str, String)> {
    let name = |reason: Result<Value, _>| match reason {
        Ok(Value::String(reason)) => reason,
        Ok(_) | Err(_) => String::new(),
    };
    match act {
        Act::GrantRevoked { .. } => Some(("grant", "by_client".into())),
        Act::CodeReused { .. } => Some(("grant", "code_reused".into())),
        Act::RefreshTokenReused { .. } => Some(("grant", "refresh_token_reused".into())),
        Act::GrantWithdrawn { reason, .. } => Some(("grant", name(serde_json::to_value(reason)))),
        Act::CodeWithdrawn { reason } => Some(("code", name(serde_json::to_value(reason)))),
        Act::AccessTokenRevoked { .. } | Act::ClientTokenRevoked { .. } => {
            Some(("access_token", "by_client".into()))
        }
        Act::AccessTokenWithdrawn { reason, .. } => {
            Some(("access_token", name(serde_json::to_value(reason))))
        }
        Act::SessionEnded { reason, .. } => Some(("session", name(serde_json::to_value(reason)))),
        Act::SessionsEnded { reason, .. } => {
            Some(("sessions_of_account", name(serde_json::to_value(reason))))
        }
        Act::ClientTokensRevoked { reason } => Some(("client", name(serde_json::to_value(reason)))),
        Act::AccountTokensRevoked { reason } => {
            Some(("account", name(serde_json::to_value(reason))))
        }
        _ => None,
    }
}

fn add(counts: &mut Counts, kind: &str, reason: &str, times: u64) {
    let of_kind = counts.entry(kind.to_owned()).or_default();
    let count = of_kind.entry(reason.to_owned()).or_default();
    *count = count.saturating_add(times);
}

impl Store {
    /// Counts what `events` took back, in the batch that moves them to the end of their node's chain: who loses that race
    /// has counted nothing.
    pub(crate) async fn tally_revocations<'a>(
        &self,
        batch: &mut Batch,
        (realm, node): (&Realm, &str),
        events: impl Iterator<Item = &'a EventRecord>,
    ) -> Result<(), StorageError> {
        let mut hours: BTreeMap<Timestamp, Counts> = BTreeMap::new();
        for event in events {
            if let Some((kind, reason)) = taken_back(&event.event.act) {
                add(hours.entry(hour_of(event.at)).or_default(), kind, &reason, 1);
            }
        }
        for (began_at, counts) in hours {
            let known: Option<Stored<RevocationTally>> =
                self.get(realm, &id(began_at, node)).await?;
            match known {
                None => {
                    let (realm, node) = (realm.clone(), node.to_owned());
                    batch.create(&RevocationTally { realm, node, began_at, counts });
                }
                Some(known) => {
                    let mut new = known.record.clone();
                    for (kind, reasons) in counts {
                        for (reason, times) in reasons {
                            add(&mut new.counts, &kind, &reason, times);
                        }
                    }
                    batch.replace(&known, &new);
                }
            }
        }
        Ok(())
    }

    /// What all nodes took back from the hour of `from` on and before the hour after that of `to`, as far as it is sealed.
    pub async fn revocations_tallied(
        &self,
        realm: &Realm,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Tallied, StorageError> {
        let before = format!("{:015}", hour_of(from).as_millis());
        let mut after = Some(Position { value: before.clone(), id: before });
        let mut sum = Counts::new();
        for _ in 0..TALLIES_MAX / PAGE {
            let page = self.all::<RevocationTally>(realm, after.as_ref(), PAGE).await?;
            for tally in page.items {
                if tally.began_at > to {
                    return Ok(Tallied::Counts(sum));
                }
                for (kind, reasons) in &tally.counts {
                    for (reason, times) in reasons {
                        add(&mut sum, kind, reason, *times);
                    }
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(Tallied::Counts(sum));
            }
        }
        Ok(Tallied::TooMuch)
    }
}
