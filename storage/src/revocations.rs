//! What operators see of revocations: the grants that were taken back, and how much was taken back in each hour.

mod tallies;

use std::ops::Bound;

use protocol::Realm;

use crate::{
    engine::{Position, StorageError},
    grants::{BY_REVOCATION, Grant},
    store::{Page, Store},
};

pub use tallies::{Counts, RevocationTally, TALLIES_MAX, Tallied};

impl Store {
    /// At most `limit` grants that were taken back, the latest first: all, or those of the client or the account with
    /// this id.
    pub async fn revoked_grants(
        &self,
        realm: &Realm,
        of: Option<&str>,
        after: Option<&Position>,
        limit: usize,
    ) -> Result<Page<Grant>, StorageError> {
        let of = of.unwrap_or_default();
        // ';' follows ':'.
        let list = (Bound::Included(format!("{of}:")), Bound::Excluded(format!("{of};")));
        self.ordered(&realm.into(), BY_REVOCATION, list, after, limit).await
    }
}
