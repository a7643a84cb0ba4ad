//! What an end-user has allowed a client, so that they are not asked twice.

use std::fmt;

use protocol::{
    AccountId, ClientId, Realm, Tenant, Timestamp, claims::ClaimNames, scope::ScopeSet,
};
use serde::{Deserialize, Serialize};

use crate::{
    engine::StorageError,
    record::{Erasure, Record, Stored},
    store::Store,
};

/// What one end-user has allowed one client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The end-user.
    pub account_id: AccountId,
    /// The client.
    pub client_id: ClientId,
    /// Their realm.
    pub realm: Realm,
    /// The scopes that were allowed, all together.
    pub scope: ScopeSet,
    /// The claims that were allowed one by one, beyond those of the scopes.
    #[serde(default, skip_serializing_if = "ClaimNames::is_empty")]
    pub claims: ClaimNames,
    /// When this was last widened.
    pub given_at: Timestamp,
}

/// One end-user and one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentId(pub AccountId, pub ClientId);

impl fmt::Display for ConsentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0, self.1)
    }
}

impl std::str::FromStr for ConsentId {
    type Err = protocol::id::NotAnId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (account, client) = text.split_once(':').unwrap_or((text, ""));
        Ok(Self(account.parse()?, client.parse()?))
    }
}

impl Record for Consent {
    const TABLE: &'static str = "consents";
    const ON_ERASURE: Erasure = Erasure::Delete;
    type Id = ConsentId;

    fn id(&self) -> ConsentId {
        ConsentId(self.account_id, self.client_id)
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn subject(&self) -> Option<AccountId> {
        Some(self.account_id)
    }
}

impl Store {
    /// What an end-user has allowed a client.
    pub async fn consent(
        &self,
        realm: &Realm,
        account_id: AccountId,
        client_id: ClientId,
    ) -> Result<Option<Stored<Consent>>, StorageError> {
        self.get(realm, &ConsentId(account_id, client_id)).await
    }
}
