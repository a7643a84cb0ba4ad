//! The outbox of logouts: what clients have yet to be told (OpenID Connect Back-Channel Logout 1.0 §2.5).
//!
//! A *notice* is put into the batch that ends a session, or all of an account, and says no more than that. Once that is
//! committed it becomes a *delivery* for each client that took part ([`Store::fan_out`]), in a batch that deletes their part
//! in the session: whoever else does the same then makes none. A delivery stays until the client has taken it, or until
//! nobody tries any more.

mod fan_out;

use std::{ops::Bound, time::Duration};

use protocol::{AccountId, ClientId, LogoutId, Realm, SessionId, Tenant, Timestamp, tokens::Jti};
use serde::{Deserialize, Serialize};

use crate::{
    engine::{IndexEntry, StorageError},
    record::{Erasure, Index, Record},
    store::{Page, Store},
};

/// For how long a logout is remembered that nobody could be told of: longer than anybody tries, so that the end of it is
/// noticed also by a process that was away.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// What ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// One session.
    Session(SessionId),
    /// Those sessions of an account that hold no more.
    SessionsOf(AccountId),
}

/// That something ended, and nobody has been told yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutNotice {
    /// Its id.
    pub logout_id: LogoutId,
    /// Its realm.
    pub realm: Realm,
    /// What ended.
    pub ended: Ended,
    /// When.
    pub ended_at: Timestamp,
    /// When it is of no use any more.
    pub expires_at: Timestamp,
}

impl LogoutNotice {
    /// That this ended at `ended_at`.
    pub fn new(logout_id: LogoutId, realm: &Realm, ended: Ended, ended_at: Timestamp) -> Self {
        let realm = realm.clone();
        Self { logout_id, realm, ended, ended_at, expires_at: ended_at + KEPT }
    }
}

impl Record for LogoutNotice {
    const TABLE: &'static str = "logout_notices";
    /// An id that a tombstone has too.
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = LogoutId;

    fn id(&self) -> LogoutId {
        self.logout_id
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// What one client has yet to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutDelivery {
    /// The `jti` of the logout token: the same each time that it is tried.
    pub jti: Jti,
    /// Its realm.
    pub realm: Realm,
    /// Whom to tell.
    pub client_id: ClientId,
    /// In whose name.
    pub issuer: String,
    /// Which session is over.
    pub session_id: SessionId,
    /// Whose it was.
    pub account_id: AccountId,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// When to try again.
    pub due_at: Timestamp,
    /// When it is of no use any more.
    pub expires_at: Timestamp,
}

/// By when to try.
const BY_DUE: Index<LogoutDelivery> = Index::many("due");

impl Record for LogoutDelivery {
    const TABLE: &'static str = "logout_deliveries";
    /// Whoever is erased is signed out too, and the client is told by an id that a tombstone has.
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = Jti;

    fn id(&self) -> Jti {
        self.jti.clone()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![BY_DUE.entry(in_order(self.due_at))]
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// An instant whose text is in the order of time.
fn in_order(at: Timestamp) -> String {
    format!("{:015}", at.as_millis())
}

impl Store {
    /// At most `limit` notices that nobody has made deliveries of.
    pub async fn logout_notices(
        &self,
        realm: &Realm,
        limit: usize,
    ) -> Result<Page<LogoutNotice>, StorageError> {
        self.all(realm, None, limit).await
    }

    /// At most `limit` deliveries that are due at `now`, the longest due first.
    pub async fn due_logouts(
        &self,
        realm: &Realm,
        now: Timestamp,
        limit: usize,
    ) -> Result<Page<LogoutDelivery>, StorageError> {
        let until_now = (Bound::Unbounded, Bound::Included(in_order(now)));
        self.ordered(&realm.into(), BY_DUE, until_now, None, limit).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_str, to_value};

    use super::*;
    use crate::session_clients::SessionClient;

    /// What `fixture` is as it was written, and as a record of this release writes it again.
    fn read_and_written<R: Record>(fixture: &str) -> (Value, Value) {
        let record: R = from_str(fixture).unwrap();
        (from_str(fixture).unwrap(), to_value(record).unwrap())
    }

    #[test]
    fn rows_of_the_first_encoding_are_read() {
        let part = include_str!("../fixtures/encoding_1/session_client.json");
        let notice = include_str!("../fixtures/encoding_1/logout_notice.json");
        let delivery = include_str!("../fixtures/encoding_1/logout_delivery.json");
        for (written, again) in [
            read_and_written::<SessionClient>(part),
            read_and_written::<LogoutNotice>(notice),
            read_and_written::<LogoutDelivery>(delivery),
        ] {
            assert_eq!(written, again);
        }
    }

    #[test]
    fn the_index_is_in_the_order_of_time() {
        let at = |seconds| in_order(Timestamp::from_seconds(seconds));
        assert!(at(9) < at(10) && at(999_999_999) < at(1_000_000_000));
    }
}
