//! Says whether a password is right: the bridge to the sources of identities (MISSION B4, P1, P4).
//!
//! Each source is a `Connector` with an actor in the subtree `identity`, whose restart limit is its own. So far there
//! is one, `identity/local`: the passwords that this provider keeps.

use std::sync::Arc;

use async_trait::async_trait;
use protocol::{AccountId, Realm, Secret};
use storage::{Batch, StorageError, Store, Stored, engine::Version, passwords::Password};

use crate::{Child, Queue, RestartLimit, Unavailable, subtree};

mod hasher;
mod local;
mod meters;
mod policy;
mod pool;
mod shelf;
mod stored;

use local::Local;
pub use local::PASSWORD_BYTES_MAX;
pub use meters::METRICS;
pub use policy::{HashPolicy, PolicyError};

/// The door to the sources of identities. Cheap to clone.
#[derive(Clone)]
pub struct Identity {
    local: Arc<Local>,
}

/// What became of a password that was presented.
#[derive(Debug)]
pub enum Verdict {
    /// It is the account's.
    Right {
        /// Belongs into the batch of what the password opens.
        proof: Proof,
    },
    /// It is not, or nobody has this account, or the account has no password. Each cost the same work.
    Wrong,
}

/// The password that was found right, as it was kept at that moment.
pub struct Proof {
    kept: Stored<Password>,
    /// What to keep from now on, where the policy has moved on.
    rehashed: Option<String>,
}

impl Proof {
    /// Ties `batch` to the password: it is refused if that was changed meanwhile, so that nobody signs in with the old
    /// one after the change. Where the policy has moved on, the new hash is part of the batch.
    pub fn put(&self, batch: &mut Batch) {
        match &self.rehashed {
            None => batch.unchanged(&self.kept),
            Some(phc) => batch
                .replace(&self.kept, &Password { phc: phc.clone(), ..self.kept.record.clone() }),
        };
    }

    /// The version of the password once the `batch` of [`Self::put`] is committed.
    #[must_use]
    pub fn version(&self, batch: &Batch) -> Version {
        if self.is_rehashed() { batch.version() } else { self.kept.version }
    }

    /// Whether [`Self::put`] writes a new hash.
    #[must_use]
    pub fn is_rehashed(&self) -> bool {
        self.rehashed.is_some()
    }

    /// The batch of [`Self::put`] was committed.
    pub fn committed(&self) {
        if self.is_rehashed() {
            meters::rehashed();
        }
    }
}

/// Without the hash.
impl std::fmt::Debug for Proof {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("Proof").field(&self.kept).finish()
    }
}

/// Why there is no verdict. Nothing was decided: the request may be sent again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The source did not answer; [`Unavailable::Busy`] when too many wait for their hash.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// What is kept could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a new password was not hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// It has no characters.
    #[error("the password is empty")]
    Empty,
    /// It is longer than [`PASSWORD_BYTES_MAX`], so nobody could sign in with it.
    #[error("the password is longer than {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
    /// As with [`IdentityError::Unavailable`].
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// A source that can say whether a password is right.
#[async_trait]
trait Connector: Send + Sync {
    /// Whether `password` is that of the account; whoever asks for nobody's must not be able to tell.
    async fn verify(
        &self,
        realm: &Realm,
        account_id: Option<AccountId>,
        password: Secret<String>,
    ) -> Result<Verdict, IdentityError>;
}

impl Identity {
    /// Whether `password` is that of the account. Nobody's (`None`) is always wrong and costs the same work: one read
    /// and one hash. Ask only with a permit of the lockout.
    ///
    /// # Errors
    /// [`IdentityError`]. Not about the password: an empty one, or one of more than [`PASSWORD_BYTES_MAX`], is wrong.
    #[tracing::instrument(level = "debug", name = "identity.verify", skip_all)]
    pub async fn verify(
        &self,
        realm: &Realm,
        account_id: Option<AccountId>,
        password: Secret<String>,
    ) -> Result<Verdict, IdentityError> {
        self.local.verify(realm, account_id, password).await
    }

    /// The hash of a new password, as a PHC string under the present policy.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn hash(&self, password: Secret<String>) -> Result<String, HashError> {
        self.local.hash(password).await
    }

    /// Hashes computed since the program started.
    #[must_use]
    pub fn hashes_done(&self) -> u64 {
        self.local.hashes_done()
    }
}

/// How passwords are hashed, and how much of this machine that may take.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How new passwords are hashed.
    pub policy: HashPolicy,
    /// The lowest cost at which a bcrypt hash is believed; a cheaper one lets nobody in.
    pub bcrypt_cost_min: u32,
    /// Hashes computed at once; 0 is one for each core. Fewer where their memory would not do.
    pub hashes_at_once: usize,
    /// Memory of all hashes computed at once, in bytes, and of one that was imported.
    pub hash_memory_max_bytes: u64,
    /// Requests that may wait for their hash, and how long one may take, its hash included.
    pub queue: Queue,
    /// When the subtree gives up.
    pub limit: RestartLimit,
}

/// The child to supervise, `identity` with `identity/local` in it, and the handle.
pub fn children(settings: &Settings, store: &Store) -> (Child, Identity) {
    let (child, local) = local::child(settings, store);
    (subtree("identity", vec![child], settings.limit), Identity { local: Arc::new(local) })
}

#[cfg(test)]
mod tests;
