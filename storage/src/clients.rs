//! Clients, as `protocol` judges them.

use std::collections::BTreeSet;

use protocol::{
    ClientId, Realm, Tenant,
    client::{Client, REDIRECT_URIS_MAX},
    redirect_uri::RedirectUri,
};

use crate::{
    engine::{IndexEntry, StorageError, bounds::INDEXES_MAX},
    record::{Erasure, Index, Record, Stored},
    store::{Page, Store},
};

/// By each origin from which it may be called: those of its redirect URIs.
pub const BY_ORIGIN: Index<Client> = Index::many("origin");

/// Each redirect URI may have an origin of its own.
const _: () = assert!(REDIRECT_URIS_MAX <= INDEXES_MAX);

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

    fn indexes(&self) -> Vec<IndexEntry> {
        let origins: BTreeSet<_> =
            self.redirect_uris.iter().filter_map(RedirectUri::origin).collect();
        origins.into_iter().map(|origin| BY_ORIGIN.entry(origin)).collect()
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

    /// At most `limit` clients of no organisation that may be called from a page of `origin`.
    pub async fn clients_at(
        &self,
        realm: &Realm,
        origin: &str,
        limit: usize,
    ) -> Result<Page<Client>, StorageError> {
        self.having(&realm.into(), BY_ORIGIN, origin, None, limit).await
    }
}
