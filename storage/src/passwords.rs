//! The password of an account, as a PHC string (MISSION P1).

use protocol::{AccountId, Realm, Tenant, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    engine::StorageError,
    record::{Erasure, Record, Stored},
    store::Store,
};

/// The hash of one account's password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password {
    /// Whose it is.
    pub account_id: AccountId,
    /// Its realm.
    pub realm: Realm,
    /// The hash with its algorithm, parameters and salt.
    pub phc: String,
    /// When the end-user last chose it.
    pub chosen_at: Timestamp,
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Password(of {})", self.account_id)
    }
}

impl Record for Password {
    const TABLE: &'static str = "passwords";
    const ON_ERASURE: Erasure = Erasure::Delete;
    type Id = AccountId;

    fn id(&self) -> AccountId {
        self.account_id
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn subject(&self) -> Option<AccountId> {
        Some(self.account_id)
    }
}

impl Store {
    /// The password of an account, if it has one.
    pub async fn password(
        &self,
        realm: &Realm,
        account_id: AccountId,
    ) -> Result<Option<Stored<Password>>, StorageError> {
        self.get(realm, &account_id).await
    }
}
