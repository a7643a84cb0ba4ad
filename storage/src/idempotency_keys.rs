//! What operators created under a key of their own choice, so that asking again creates nothing.

use protocol::{Realm, Sealed, Tenant, Timestamp};
use serde::{Deserialize, Serialize};

use crate::record::{Erasure, Record};

/// One creation, and how it was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    /// A digest of the caller, the operation and the key.
    pub key: String,
    /// Its realm.
    pub realm: Realm,
    /// A digest of what was asked.
    pub request_digest: String,
    /// The answer, which may hold a secret that is shown once.
    pub answer: Sealed<String>,
    /// Until when it is remembered.
    pub expires_at: Timestamp,
}

impl Record for IdempotencyRecord {
    const TABLE: &'static str = "idempotency_keys";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = String;

    fn id(&self) -> String {
        self.key.clone()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}
