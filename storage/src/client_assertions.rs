//! Assertions by which clients authenticated, each used once over nodes and restarts (RFC 7523 §3, OpenID Connect Core 1.0 §9).

use protocol::{ClientId, Realm, Tenant, Timestamp, TokenHash};
use serde::{Deserialize, Serialize};

use crate::{
    engine::StorageError,
    record::{Erasure, Record, Stored},
    store::Store,
};

/// That an assertion was used. Whoever is the first to create it was the one who used it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedAssertion {
    /// Names the assertion: a hash of its client and its `jti`.
    pub assertion: TokenHash,
    /// Whose it is.
    pub realm: Realm,
    /// The client that signed it.
    pub client_id: ClientId,
    /// When it was used.
    pub used_at: Timestamp,
    /// From then on nobody believes it anyway.
    pub expires_at: Timestamp,
}

impl Record for UsedAssertion {
    const TABLE: &'static str = "client_assertions";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = TokenHash;

    fn id(&self) -> TokenHash {
        self.assertion
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl Store {
    /// That this assertion was used, if it was.
    pub async fn used_assertion(
        &self,
        realm: &Realm,
        assertion: &TokenHash,
    ) -> Result<Option<Stored<UsedAssertion>>, StorageError> {
        self.get(realm, assertion).await
    }
}
