//! The key of each account, under which what is personal in its events is sealed.

use protocol::{
    AccountId, KeyRing, Randomness, Realm, Sealed, Secret, Tenant,
    master_key::{Place, SealError},
    randomness::random,
};
use serde::{Deserialize, Serialize};

use crate::record::{Erasure, Record};

/// The key under which what is personal in an account's events is sealed. Deleting it erases them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountKey {
    /// Whose it is.
    pub account_id: AccountId,
    /// Its realm.
    pub realm: Realm,
    /// The key, under the master key.
    pub key: Sealed<[u8; 32]>,
}

impl AccountKey {
    /// A new key for an account.
    pub fn new(
        realm: &Realm,
        account_id: AccountId,
        ring: &KeyRing,
        randomness: &dyn Randomness,
    ) -> Result<Self, SealError> {
        let id = account_id.to_string();
        let key = ring.seal(&random::<32>(randomness), Self::place(&id), randomness)?;
        Ok(Self { account_id, realm: realm.clone(), key })
    }

    /// The key itself.
    pub fn open(&self, ring: &KeyRing) -> Result<Secret<[u8; 32]>, SealError> {
        ring.open(&self.key, Self::place(&self.account_id.to_string())).map(Secret::new)
    }

    fn place(id: &str) -> Place<'_> {
        Place { table: Self::TABLE, record: id, field: "key" }
    }
}

impl Record for AccountKey {
    const TABLE: &'static str = "account_keys";
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
