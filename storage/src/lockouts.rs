//! Counters of failed attempts (MISSION L1): by account, by address, by identifier that nobody has.

use protocol::{AccountId, Realm, Tenant, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    engine::StorageError,
    record::{Erasure, Record, Stored},
    store::Store,
};

/// The failures of one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lockout {
    /// What is counted: the kind and its value, as the lockout actor names them.
    pub subject: String,
    /// Its realm.
    pub realm: Realm,
    /// The account, where one is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// Failures since the last success, lock or window.
    pub failures: u32,
    /// When the first of them was: the window begins there.
    pub first_failed_at: Timestamp,
    /// When the last of them was.
    pub last_failed_at: Timestamp,
    /// How often it was locked in a row: each lock lasts longer than the one before.
    pub locks: u32,
    /// Until when the latest lock lasts, or lasted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_until: Option<Timestamp>,
    /// When nothing of it counts any more.
    pub expires_at: Timestamp,
}

impl Record for Lockout {
    const TABLE: &'static str = "lockouts";
    const ON_ERASURE: Erasure = Erasure::Delete;
    type Id = String;

    fn id(&self) -> String {
        self.subject.clone()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }

    fn subject(&self) -> Option<AccountId> {
        self.account_id
    }
}

impl Store {
    /// The failures of one subject.
    pub async fn lockout(
        &self,
        realm: &Realm,
        subject: &str,
    ) -> Result<Option<Stored<Lockout>>, StorageError> {
        self.get(realm, &subject.to_owned()).await
    }
}
