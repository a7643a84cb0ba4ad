//! Access tokens that say nothing, kept by their hash with what a JWT would say in its claims (RFC 7662).

use protocol::{AccountId, Realm, Tenant, Timestamp, TokenHash, tokens::AccessTokenClaims};
use serde::{Deserialize, Serialize};

use crate::{
    engine::StorageError,
    record::{Erasure, Record, Stored},
    store::Store,
};

/// One access token. It is taken back by deleting it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpaqueToken {
    /// Recognises it.
    pub access_token: TokenHash,
    /// Whose it is.
    pub realm: Realm,
    /// The end-user; nobody where a client acts in its own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// What it stands for.
    pub claims: AccessTokenClaims,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Record for OpaqueToken {
    const TABLE: &'static str = "opaque_tokens";
    const ON_ERASURE: Erasure = Erasure::Delete;
    type Id = TokenHash;

    fn id(&self) -> TokenHash {
        self.access_token
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
    /// The access token with this hash.
    pub async fn opaque_token(
        &self,
        realm: &Realm,
        access_token: &TokenHash,
    ) -> Result<Option<Stored<OpaqueToken>>, StorageError> {
        self.get(realm, access_token).await
    }
}
