//! What is said once of an installation: which master key it is sealed under.

use protocol::{MasterKey, Realm, Tenant, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    copy::{self, UnfinishedCopy},
    engine::{CommitError, StorageError},
    record::{Erasure, Record},
    store::Store,
};

/// The one record of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Installation {
    realm: Realm,
    /// What only the right master key gives.
    master_key_check: String,
    created_at: Timestamp,
}

pub(crate) const ID: &str = "installation";

impl Record for Installation {
    const TABLE: &'static str = "installations";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = String;

    fn id(&self) -> String {
        ID.into()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }
}

/// Why a node may not serve this store.
#[derive(Debug, thiserror::Error)]
pub enum NotOurs {
    /// The store is sealed under another master key.
    #[error(
        "the store is sealed under another master key than {key_id}; give this node the key that it began with"
    )]
    OtherMasterKey {
        /// Names the key of this process.
        key_id: String,
    },
    /// The store holds a part of an installation.
    #[error(
        "the store holds a copy that was not finished: finish it with `doorward storage copy --resume`, or empty it"
    )]
    Unfinished,
    /// The store did not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Store {
    /// Marks a new store with `key`, or makes sure that an old one bears its mark.
    pub async fn claim(&self, realm: &Realm, key: &MasterKey) -> Result<(), NotOurs> {
        let mut batch = self.batch();
        let new = Installation {
            realm: realm.clone(),
            master_key_check: key.check_value(),
            created_at: batch.now(),
        };
        batch.create(&new);
        UnfinishedCopy::refuse(&mut batch, realm);
        match self.commit(batch).await {
            // Refused: it was marked before, perhaps by another node at this moment.
            Ok(_) | Err(CommitError::Refused(_)) => {}
            Err(CommitError::NotApplied(error)) => return Err(error.into()),
            Err(CommitError::Unknown) => {
                let reason = "the outcome of marking the store is not known".into();
                return Err(StorageError::Unavailable { reason }.into());
            }
        }
        if self.get::<UnfinishedCopy>(realm, &copy::MARK_ID.to_owned()).await?.is_some() {
            return Err(NotOurs::Unfinished);
        }
        let found = self.get::<Installation>(realm, &ID.to_owned()).await?;
        let is_ours = found.is_some_and(|found| {
            protocol::crypto::same(
                found.master_key_check.as_bytes(),
                new.master_key_check.as_bytes(),
            )
        });
        if is_ours { Ok(()) } else { Err(NotOurs::OtherMasterKey { key_id: key.id().into() }) }
    }
}
