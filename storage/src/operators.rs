//! Operators: who administers. Their credential is a token of which only the hash is kept.

use protocol::{OperatorId, Realm, Tenant, Timestamp, TokenHash};
use serde::{Deserialize, Serialize};

use crate::{
    engine::{IndexEntry, StorageError},
    record::{Erasure, Index, Record, Stored},
    store::Store,
};

/// Who administers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// Its id.
    pub operator_id: OperatorId,
    /// Its realm.
    pub realm: Realm,
    /// What people call it.
    pub name: String,
    /// Recognises its token.
    pub token: TokenHash,
    /// When it was made.
    pub created_at: Timestamp,
}

/// By the hash of the token.
pub const BY_TOKEN: Index<Operator> = Index::unique("token");

impl Record for Operator {
    const TABLE: &'static str = "operators";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = OperatorId;

    fn id(&self) -> OperatorId {
        self.operator_id
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![BY_TOKEN.entry(self.token)]
    }
}

impl Store {
    /// The operator whose token this is.
    pub async fn operator_with(
        &self,
        realm: &Realm,
        token: &TokenHash,
    ) -> Result<Option<Stored<Operator>>, StorageError> {
        self.find(&realm.into(), BY_TOKEN, token).await
    }
}
