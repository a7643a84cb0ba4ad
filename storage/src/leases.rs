//! Leases: which node does what only one may do, and the fence that stops a holder who was late (DESIGN 6).

use std::time::Duration;

use protocol::{Realm, Tenant, Timestamp, mutant::Mutant};
use serde::{Deserialize, Serialize};

use crate::{
    engine::{CommitError, StorageError},
    record::{Erasure, Record, Stored},
    store::{Batch, Store},
};

/// Who holds a lease, until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeaseRecord {
    name: String,
    realm: Realm,
    /// The node.
    holder: String,
    /// Counts the holders.
    fencing: u64,
    /// Another may take it from then on.
    ends_at: Timestamp,
}

impl Record for LeaseRecord {
    const TABLE: &'static str = "leases";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = String;

    fn id(&self) -> String {
        self.name.clone()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }
}

/// Changes only when a lease changes hands, so that renewing it does not disturb batches under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fence {
    name: String,
    realm: Realm,
    fencing: u64,
}

impl Record for Fence {
    const TABLE: &'static str = "fences";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = String;

    fn id(&self) -> String {
        self.name.clone()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }
}

/// A lease that is held. Every batch made under it is fenced.
#[derive(Debug, Clone)]
pub struct Lease {
    record: Stored<LeaseRecord>,
    fence: Stored<Fence>,
    /// It is held until then, unless it is taken again before.
    pub ends_at: Timestamp,
}

impl Lease {
    /// Lets `batch` commit only while nobody else has taken the lease.
    pub fn fence(&self, batch: &mut Batch) {
        if !Mutant::Fencing.is_out() {
            batch.unchanged(&self.fence);
        }
    }

    /// As [`Self::fence`], and lets others take the lease once `batch` is committed. The lease is not used after it.
    pub fn give_back(&self, batch: &mut Batch) {
        self.fence(batch);
        let ended = LeaseRecord { ends_at: batch.now(), ..self.record.record.clone() };
        batch.replace(&self.record, &ended);
    }

    /// The number of this holder among all who have held the lease.
    pub fn fencing(&self) -> u64 {
        self.fence.fencing
    }
}

/// Leases that are looked at: there are a few names.
const LEASES_MAX: usize = 1_000;

impl Store {
    /// A lease that somebody holds: its name, the holder, and when it ends.
    pub(crate) async fn held_lease(
        &self,
        realm: &Realm,
    ) -> Result<Option<(String, String, Timestamp)>, StorageError> {
        let leases = self.all::<LeaseRecord>(realm, None, LEASES_MAX).await?.items;
        let held = leases.into_iter().find(|lease| self.now() < lease.ends_at);
        Ok(held.map(|Stored { record, .. }| (record.name, record.holder, record.ends_at)))
    }

    /// Takes or renews the lease `name` for `holder`; nothing while somebody else holds it.
    pub async fn lease(
        &self,
        realm: &Realm,
        name: &str,
        holder: &str,
        length: Duration,
    ) -> Result<Option<Lease>, StorageError> {
        let id = name.to_owned();
        let held = self.get::<LeaseRecord>(realm, &id).await?;
        let fence = self.get::<Fence>(realm, &id).await?;
        let mut batch = self.batch();
        let now = batch.now();
        let is_mine = held.as_ref().is_some_and(|held| held.holder == holder);
        if held.as_ref().is_some_and(|held| held.holder != holder && now < held.ends_at) {
            return Ok(None);
        }
        let fencing = fence
            .as_ref()
            .map_or(1, |fence| if is_mine { fence.fencing } else { fence.fencing + 1 });
        let ends_at = now + length;
        let lease = LeaseRecord {
            name: id.clone(),
            realm: realm.clone(),
            holder: holder.into(),
            fencing,
            ends_at,
        };
        match &held {
            Some(held) => batch.replace(held, &lease),
            None => batch.create(&lease),
        };
        let new = Fence { name: id, realm: realm.clone(), fencing };
        let version = batch.version();
        let fence = match fence {
            Some(fence) if is_mine => {
                batch.unchanged(&fence);
                fence
            }
            old => {
                match &old {
                    Some(old) => batch.replace(old, &new),
                    None => batch.create(&new),
                };
                Stored { record: new, version, unknown: None }
            }
        };
        let unknown = held.and_then(|held| held.unknown);
        match self.commit(batch).await {
            Ok(version) => {
                let record = Stored { record: lease, version, unknown };
                Ok(Some(Lease { record, fence, ends_at }))
            }
            Err(CommitError::Refused(_)) => Ok(None),
            Err(CommitError::NotApplied(error)) => Err(error),
            Err(CommitError::Unknown) => Err(StorageError::Unavailable {
                reason: "the outcome of taking a lease is not known".into(),
            }),
        }
    }
}
