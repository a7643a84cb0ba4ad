//! Signing keys, as operators see and rotate them.

use actors::keys::{Beside, ByHand, NotRotated};
use protocol::{
    KeyId, Timestamp,
    jose::Algorithm,
    key_schedule::{PublishedKey, RotationRefused},
};
use serde::{Deserialize, Serialize};
use storage::{StorageError, engine::Position};

use super::{Administrator, Creation, Cursor, ITEMS_MAX, KeyReused, List, Made, NotACursor};
use crate::{Error, Failure, Flows};

pub use actors::keys::{KeyState, ListedKey};

/// The list of them.
const KEYS: &str = "keys";

/// Why keys were not rotated. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RotateRefused {
    /// The schedule does not allow it.
    #[error(transparent)]
    Schedule(#[from] RotationRefused),
    /// Another node is at it.
    #[error("another node is changing the keys; look at them again in some seconds")]
    Elsewhere,
    /// The key of the request was used for another.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
}

/// A key that was announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnouncedKey {
    /// Its `kid`.
    pub key_id: KeyId,
    /// Its `alg`.
    pub algorithm: Algorithm,
    /// When it was put into the JWKS.
    pub announced_at: Timestamp,
    /// From when on it signs.
    pub signs_from: Timestamp,
}

impl From<&PublishedKey> for AnnouncedKey {
    fn from(key: &PublishedKey) -> Self {
        Self {
            key_id: key.key_id(),
            algorithm: key.algorithm(),
            announced_at: key.announced_at,
            signs_from: key.signs_from,
        }
    }
}

impl Flows {
    /// All keys, in the order in which they sign.
    pub fn list_keys(&self) -> Vec<ListedKey> {
        self.keys.snapshot().list(self.store.now())
    }

    /// A page of the keys, those that sign last first.
    pub fn listed_keys(
        &self,
        after: Option<&Cursor>,
    ) -> Result<List<ListedKey>, Error<NotACursor>> {
        let after = self.after(KEYS, after).map_err(Error::Refused)?;
        let place = |key: &ListedKey| Position {
            value: format!("{:015}", key.signs_from.as_millis()),
            id: key.key_id.to_string(),
        };
        let mut items = self.list_keys();
        items.reverse();
        if let Some(after) = after {
            items.retain(|key| place(key) < after);
        }
        let is_last = items.len() <= ITEMS_MAX;
        items.truncate(ITEMS_MAX);
        let last = items.last().filter(|_| !is_last).map(place);
        let sealing = (&*self.ring, self.store.randomness());
        let next = last.map(|last| Cursor::new(&last, KEYS, sealing)).transpose()?;
        Ok(List { items, next })
    }

    /// Announces a successor of the key of this algorithm, or of every algorithm for which none is announced yet. Asked
    /// again under the same key of a request, it announces nothing more and tells the same.
    pub async fn rotate_keys(
        &self,
        by: &Administrator,
        creation: &Creation,
        algorithm: Option<Algorithm>,
    ) -> Result<Made<Vec<AnnouncedKey>>, Error<RotateRefused>> {
        if let Some(before) = self.made_before(by, creation).await? {
            return Ok(Made::Before(before));
        }
        let asked = (by.actor.clone(), by.request_id.clone());
        let by_hand = ByHand::new(algorithm, asked, self.remembering(by, creation));
        let why = match self.keys.rotate(by_hand).await? {
            Ok(announced) => return Ok(Made::Now(announced.iter().map(Into::into).collect())),
            Err(NotRotated::Refused(why)) => RotateRefused::Schedule(why),
            Err(NotRotated::Elsewhere) => RotateRefused::Elsewhere,
            Err(NotRotated::Fault(fault)) => return Err(Error::Failed(Failure::fault(fault))),
        };
        // Somebody with the same key may have been quicker.
        match self.made_before(by, creation).await? {
            Some(before) => Ok(Made::Before(before)),
            None => Err(Error::Refused(why)),
        }
    }

    /// Remembers what is announced under the key of the request, where it has one.
    fn remembering(&self, by: &Administrator, creation: &Creation) -> Option<Beside> {
        let key = creation.key.clone()?;
        let (flows, by, creation) = (self.clone(), by.clone(), creation.clone());
        Some(Box::new(move |batch, announced| {
            let made: Vec<AnnouncedKey> = announced.iter().map(Into::into).collect();
            let remembered = flows.remembered_answer(&by, (&creation, &key), &made);
            let reason = "an answer cannot be remembered";
            batch.create(&remembered.map_err(|_| StorageError::Malformed { reason })?);
            Ok(())
        }))
    }
}
