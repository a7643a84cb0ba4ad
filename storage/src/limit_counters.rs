//! What each node has admitted lately of what is limited, for the other nodes to count (MISSION L2): a record a process,
//! over which it writes itself, and which tells of nothing that is older than the longest window.

use protocol::{Realm, Tenant, Timestamp, limits::Limit};
use serde::{Deserialize, Serialize};

use crate::{
    engine::StorageError,
    record::{Erasure, Record, Stored},
    store::Store,
};

/// What one process has admitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitCounters {
    /// Names the process: one that is started anew is another.
    pub process: String,
    /// Its realm.
    pub realm: Realm,
    /// When it was written.
    pub published_at: Timestamp,
    /// A count a key.
    pub counts: Vec<LimitCount>,
    /// When nothing of it counts any more.
    pub expires_at: Timestamp,
}

/// What was admitted for one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitCount {
    /// What is limited, as the limits actor names it. Names no person.
    pub key: String,
    /// Its limit, as the process has it.
    pub limit: Limit,
    /// Tells this counter of the process from one of the same key that it has forgotten.
    pub born: u64,
    /// All that this counter has admitted.
    pub total: u64,
    /// What of it was within the window when this was written.
    pub recent: u32,
}

impl Record for LimitCounters {
    const TABLE: &'static str = "limit_counters";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = String;

    fn id(&self) -> String {
        self.process.clone()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// Processes whose counts are read: more than an installation has, restarts within an hour included.
const PROCESSES_MAX: usize = 256;

impl Store {
    /// What every process has published.
    pub async fn limit_counters(
        &self,
        realm: &Realm,
    ) -> Result<Vec<Stored<LimitCounters>>, StorageError> {
        Ok(self.all(realm, None, PROCESSES_MAX).await?.items)
    }
}
