//! That a session is over: kept until the last token that was given in it is, so that signing out is one write, and
//! whatever was given in the session is refused from that write on, however much it is.

use protocol::{AccountId, Realm, SessionId, Tenant, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    engine::StorageError,
    record::{Erasure, Record, Stored},
    store::Store,
};

/// A session that somebody ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedSession {
    /// The session.
    pub session_id: SessionId,
    /// Its realm.
    pub realm: Realm,
    /// Whose it was.
    pub account_id: AccountId,
    /// When it ended.
    pub ended_at: Timestamp,
    /// When nothing that was given in it can hold any more.
    pub expires_at: Timestamp,
}

impl Record for EndedSession {
    const TABLE: &'static str = "ended_sessions";
    const ON_ERASURE: Erasure = Erasure::Delete;
    type Id = SessionId;

    fn id(&self) -> SessionId {
        self.session_id
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }

    fn subject(&self) -> Option<AccountId> {
        Some(self.account_id)
    }
}

impl Store {
    /// Whether somebody ended this session.
    pub async fn ended_session(
        &self,
        realm: &Realm,
        id: SessionId,
    ) -> Result<Option<Stored<EndedSession>>, StorageError> {
        self.get(realm, &id).await
    }
}
