//! Browser sessions (MISSION N1): who signed in on which browser, when and how.

use std::net::IpAddr;

use protocol::{AccountId, Realm, SessionId, Tenant, Timestamp, TokenHash};
use serde::{Deserialize, Serialize};

use crate::{
    accounts::Account,
    engine::{Position, StorageError},
    record::{Erasure, Index, Record, Stored},
    store::{Page, Store},
};

/// A browser on which an end-user is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id, the `sid` of ID tokens. Not a secret.
    pub session_id: SessionId,
    /// Whose it is.
    pub realm: Realm,
    /// Who signed in.
    pub account_id: AccountId,
    /// When all sessions of the account had last been ended before this one started. Once they are ended again, the
    /// account says otherwise and the session is over ([`protocol::epochs`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Timestamp>,
    /// Recognises the cookie. Another one after each change of what was proven.
    pub cookie: TokenHash,
    /// When the end-user last proved who they are (`auth_time`).
    pub authenticated_at: Timestamp,
    /// How (RFC 8176).
    pub amr: Vec<String>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it was last used; written at most a tenth of the idle timeout late.
    pub last_seen_at: Timestamp,
    /// Unused for this long, it ends. In milliseconds.
    pub idle_timeout_ms: u64,
    /// It ends then, however much it is used.
    pub ends_at: Timestamp,
    /// Whether the end-user asked to be remembered on this browser.
    pub remembered: bool,
    /// The address from which it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// The browser's own name for itself, at most 256 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

impl Session {
    /// Whether it holds at `now`: nobody ended all sessions of `account`, which is its own and may sign in, and it has
    /// not timed out.
    pub fn is_live(&self, account: &Account, now: Timestamp) -> bool {
        account.is_active() && account.sessions_ended_at == self.epoch && now < self.is_over_at()
    }

    /// From this instant on it is over, unless it is used before.
    pub fn is_over_at(&self) -> Timestamp {
        self.ends_at.min(self.last_seen_at + std::time::Duration::from_millis(self.idle_timeout_ms))
    }
}

impl Record for Session {
    const TABLE: &'static str = "sessions";
    const ON_ERASURE: Erasure = Erasure::Delete;
    type Id = SessionId;

    fn id(&self) -> SessionId {
        self.session_id
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    /// Later than [`Session::is_over_at`] by as much as the last use may be written late.
    fn expires_at(&self) -> Option<Timestamp> {
        let late = std::time::Duration::from_millis(self.idle_timeout_ms / 10);
        Some(self.ends_at.min(self.is_over_at() + late))
    }

    fn subject(&self) -> Option<AccountId> {
        Some(self.account_id)
    }
}

impl Store {
    /// The session with this id, unless it is gone. Whether it is over is for the caller to judge.
    pub async fn session(
        &self,
        realm: &Realm,
        id: SessionId,
    ) -> Result<Option<Stored<Session>>, StorageError> {
        self.get(realm, &id).await
    }

    /// At most `limit` sessions of an account.
    pub async fn sessions_of(
        &self,
        realm: &Realm,
        account_id: AccountId,
        after: Option<&Position>,
        limit: usize,
    ) -> Result<Page<Session>, StorageError> {
        self.having(&realm.into(), Index::of_subject(), account_id, after, limit).await
    }
}
