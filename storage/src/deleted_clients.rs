//! That a client was deleted: its id is never given again, so that nothing it was given ever holds for another.

use protocol::{ClientId, Realm, Tenant, Timestamp};
use serde::{Deserialize, Serialize};

use crate::record::{Erasure, Record};

/// A client that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedClient {
    /// The client that was.
    pub client_id: ClientId,
    /// Its realm.
    pub realm: Realm,
    /// When it was deleted.
    pub deleted_at: Timestamp,
}

impl Record for DeletedClient {
    const TABLE: &'static str = "deleted_clients";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = ClientId;

    fn id(&self) -> ClientId {
        self.client_id
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }
}
