//! The names that accounts sign in with. The canonical form is the id, so one name has one account (ATTACKS 13).

use protocol::{AccountId, Realm, Tenant, identifier::Identifier};
use serde::{Deserialize, Serialize};

use crate::{
    engine::StorageError,
    record::{Erasure, Index, Record},
    store::{Page, Store},
};

/// One name of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentifierRecord {
    /// The name, in canonical form.
    pub identifier: Identifier,
    /// Whose it is.
    pub realm: Realm,
    /// The account that it names.
    pub account_id: AccountId,
}

impl Record for IdentifierRecord {
    const TABLE: &'static str = "identifiers";
    const ON_ERASURE: Erasure = Erasure::Delete;
    type Id = Identifier;

    fn id(&self) -> Identifier {
        self.identifier.clone()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn subject(&self) -> Option<AccountId> {
        Some(self.account_id)
    }
}

impl Store {
    /// The account that `identifier` names.
    pub async fn account_named(
        &self,
        realm: &Realm,
        identifier: &Identifier,
    ) -> Result<Option<AccountId>, StorageError> {
        let found = self.get::<IdentifierRecord>(realm, identifier).await?;
        Ok(found.map(|found| found.account_id))
    }

    /// At most `limit` names of an account, in order.
    pub async fn identifiers_of(
        &self,
        realm: &Realm,
        account_id: AccountId,
        limit: usize,
    ) -> Result<Page<IdentifierRecord>, StorageError> {
        self.having(&realm.into(), Index::of_subject(), account_id, None, limit).await
    }
}
