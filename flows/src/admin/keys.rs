//! Signing keys, as operators see and rotate them.

use actors::keys::{ListedKey, NotRotated};
use protocol::{KeyId, jose::Algorithm, key_schedule::RotationRefused};

use crate::{Error, Failure, Flows};

/// Why keys were not rotated. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RotateRefused {
    /// The schedule does not allow it.
    #[error(transparent)]
    Schedule(#[from] RotationRefused),
    /// Another node is at it.
    #[error("another node is changing the keys; look at them again in some seconds")]
    Elsewhere,
}

impl Flows {
    /// All keys, in the order in which they sign.
    pub fn list_keys(&self) -> Vec<ListedKey> {
        self.keys.snapshot().list(self.store.now())
    }

    /// Announces a successor of the key of this algorithm, or of every algorithm for which none is announced yet.
    pub async fn rotate_keys(
        &self,
        algorithm: Option<Algorithm>,
    ) -> Result<Vec<KeyId>, Error<RotateRefused>> {
        match self.keys.rotate(algorithm).await? {
            Ok(announced) => Ok(announced),
            Err(NotRotated::Refused(why)) => Err(Error::refused(why)),
            Err(NotRotated::Elsewhere) => Err(Error::Refused(RotateRefused::Elsewhere)),
            Err(NotRotated::Fault(fault)) => Err(Error::Failed(Failure::fault(fault))),
        }
    }
}
