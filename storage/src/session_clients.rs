//! Which clients took part in a session: those that were given something in it and want to be told when it is over. Written
//! in the batch of what is given, once for each; for other clients nothing is kept.

use std::fmt;

use protocol::{AccountId, ClientId, Realm, SessionId, Tenant, Timestamp, id::NotAnId};
use serde::{Deserialize, Serialize};

use crate::{
    engine::{IndexEntry, Position, StorageError},
    record::{Erasure, Index, Record, Stored},
    store::{Page, Store},
};

/// A client that took part in a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionClient {
    /// The session.
    pub session_id: SessionId,
    /// The client.
    pub client_id: ClientId,
    /// Their realm.
    pub realm: Realm,
    /// Whose session it is.
    pub account_id: AccountId,
    /// Under which issuer: that of the tokens which the client was given, and so of those that it is told with.
    pub issuer: String,
    /// Since when.
    pub joined_at: Timestamp,
    /// When nothing that was given in the session and does not outlive it can hold any more.
    pub expires_at: Timestamp,
}

/// One session and one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionClientId(pub SessionId, pub ClientId);

impl fmt::Display for SessionClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0, self.1)
    }
}

impl std::str::FromStr for SessionClientId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (session, client) = text.split_once(':').unwrap_or((text, ""));
        Ok(Self(session.parse()?, client.parse()?))
    }
}

/// By the session.
const BY_SESSION: Index<SessionClient> = Index::many("session");

impl Record for SessionClient {
    const TABLE: &'static str = "session_clients";
    const ON_ERASURE: Erasure = Erasure::Delete;
    type Id = SessionClientId;

    fn id(&self) -> SessionClientId {
        SessionClientId(self.session_id, self.client_id)
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![BY_SESSION.entry(self.session_id)]
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }

    fn subject(&self) -> Option<AccountId> {
        Some(self.account_id)
    }
}

impl Store {
    /// Whether a client took part in a session.
    pub async fn session_client(
        &self,
        realm: &Realm,
        id: SessionClientId,
    ) -> Result<Option<Stored<SessionClient>>, StorageError> {
        self.get(realm, &id).await
    }

    /// At most `limit` clients that took part in a session.
    pub async fn clients_of_session(
        &self,
        realm: &Realm,
        session_id: SessionId,
        after: Option<&Position>,
        limit: usize,
    ) -> Result<Page<SessionClient>, StorageError> {
        self.having(&realm.into(), BY_SESSION, session_id, after, limit).await
    }

    /// At most `limit` clients that took part in some session of an account.
    pub async fn clients_of_sessions_of(
        &self,
        realm: &Realm,
        account_id: AccountId,
        after: Option<&Position>,
        limit: usize,
    ) -> Result<Page<SessionClient>, StorageError> {
        self.having(&realm.into(), Index::of_subject(), account_id, after, limit).await
    }
}
