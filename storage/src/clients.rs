//! Clients, as `protocol` judges them.

use protocol::{ClientId, Realm, Tenant, client::Client};

use crate::{
    engine::StorageError,
    record::{Erasure, Record, Stored},
    store::Store,
};

impl Record for Client {
    const TABLE: &'static str = "clients";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = ClientId;

    fn id(&self) -> ClientId {
        self.client_id
    }

    fn tenant(&self) -> Tenant {
        Tenant { realm: self.realm.clone(), organisation_id: self.organisation_id }
    }
}

impl Store {
    /// The client with this id.
    pub async fn client(
        &self,
        realm: &Realm,
        id: ClientId,
    ) -> Result<Option<Stored<Client>>, StorageError> {
        self.get(realm, &id).await
    }
}
