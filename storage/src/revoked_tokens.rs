//! Access tokens that were taken back one by one, by their names: those that no grant stands behind (RFC 7009), and those of
//! which an operator knew nothing but the name.
//!
//! There are no more of them than such tokens were issued within the longest lifetime, and each goes when its time is over.

use protocol::{ClientId, Realm, Tenant, Timestamp, tokens::Jti};
use serde::{Deserialize, Serialize};

use crate::{
    engine::StorageError,
    record::{Erasure, Record, Stored},
    store::Store,
};

/// That one token was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedToken {
    /// The token.
    pub jti: Jti,
    /// Its realm.
    pub realm: Realm,
    /// The client that it was given to, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// When it was taken back.
    pub revoked_at: Timestamp,
    /// When no node believes it any more.
    pub expires_at: Timestamp,
}

impl Record for RevokedToken {
    const TABLE: &'static str = "revoked_tokens";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = Jti;

    fn id(&self) -> Jti {
        self.jti.clone()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl Store {
    /// Whether this token was taken back.
    pub async fn revoked_token(
        &self,
        realm: &Realm,
        jti: &Jti,
    ) -> Result<Option<Stored<RevokedToken>>, StorageError> {
        self.get(realm, jti).await
    }
}
