//! How keys change: what is due by the schedule or by hand, in one batch.
//!
//! The batch expects the whole set as it was read, so that of two nodes which start at once only one makes the first
//! keys. The lease spares the others the drawing, and its fence stops who was late.

use std::time::Duration;

use protocol::{
    KeyId, Timestamp,
    event::{Act, Actor, Event, Personal},
    jose::{Algorithm, PrivateKey},
    key_schedule::{Due, KeySet, PublishedKey, RotationRefused},
};
use storage::{
    Batch, CommitError, StorageError, Stored,
    signing_keys::{SigningKey, change_set},
};

use super::{
    Settings,
    aside::aside,
    keeper::{Fault, Held, Keeper},
};

/// Who holds it changes the keys.
const LEASE: &str = "keys";

/// Longer than drawing one key of each algorithm takes on a busy machine.
const LEASE_LENGTH: Duration = Duration::from_secs(20);

/// Why keys were not rotated. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum NotRotated {
    /// The schedule does not allow it.
    #[error(transparent)]
    Refused(#[from] RotationRefused),
    /// Another node is at it.
    #[error("another node is changing the keys; look at them again in some seconds")]
    Elsewhere,
    /// It could not be done.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<StorageError> for NotRotated {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// What else is written in the batch that announces keys.
pub type Beside =
    Box<dyn FnOnce(&mut Batch, &[PublishedKey]) -> Result<(), StorageError> + Send + Sync>;

/// A rotation by hand.
pub struct ByHand {
    /// Of which algorithm; of all where none is named.
    pub(super) algorithm: Option<Algorithm>,
    pub(super) asked: Asked,
}

/// Who asks for a change.
pub(super) struct Asked {
    actor: Actor,
    request_id: Option<String>,
    beside: Option<Beside>,
}

impl ByHand {
    /// In the name of `actor`, who asked by the request `request_id`; `beside` is written with it.
    pub fn new(
        algorithm: Option<Algorithm>,
        (actor, request_id): (Actor, Option<String>),
        beside: Option<Beside>,
    ) -> Self {
        Self { algorithm, asked: Asked { actor, request_id, beside } }
    }
}

/// By whoever has the node.
impl From<Option<Algorithm>> for ByHand {
    fn from(algorithm: Option<Algorithm>) -> Self {
        Self { algorithm, asked: Asked::by_nobody() }
    }
}

impl Asked {
    /// The node does what is due.
    pub(super) const fn by_nobody() -> Self {
        Self { actor: Actor::Node, request_id: None, beside: None }
    }
}

/// Why keys are changed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Occasion {
    /// Time has passed.
    Schedule,
    /// An operator asks: for one algorithm, or for all.
    Hand(Option<Algorithm>),
}

impl Keeper {
    /// Does what is due, if anything is: the keys that it announced.
    pub(super) async fn change(
        &self,
        held: &Held,
        occasion: Occasion,
        mut asked: Asked,
    ) -> Result<Option<Vec<PublishedKey>>, NotRotated> {
        let due = occasion.due(&held.keys, &self.settings, self.store.now())?;
        if due.is_empty() {
            return Ok(None);
        }
        let lease = self.store.lease(&self.realm, LEASE, &self.node, LEASE_LENGTH).await?;
        let lease = lease.ok_or(NotRotated::Elsewhere)?;
        let drawn = self.draw(&due).await?;
        let mut batch = self.store.batch();
        lease.give_back(&mut batch);
        change_set(&mut batch, &self.realm, held.set.as_ref());
        // Drawing took its time, and a key is announced from the moment at which others can see it.
        let due = occasion.due(&held.keys, &self.settings, batch.now())?;
        let announced = self.write((&mut batch, &asked), held, &due, drawn).await?;
        if let Some(beside) = asked.beside.take() {
            beside(&mut batch, &announced)?;
        }
        match self.store.commit(batch).await {
            Ok(_) => {
                self.meters.rotations.increment(announced.len() as u64);
                Ok(Some(announced))
            }
            Err(CommitError::Refused(_)) => Err(NotRotated::Elsewhere),
            Err(CommitError::NotApplied(error)) => Err(error.into()),
            Err(CommitError::Unknown) => {
                let reason = "the outcome of changing the keys is not known".into();
                Err(StorageError::Unavailable { reason }.into())
            }
        }
    }

    /// A key for each announcement.
    async fn draw(&self, due: &[Due]) -> Result<Vec<PrivateKey>, Fault> {
        let wanted = due.iter().filter_map(|due| match due {
            Due::Announce { algorithm, .. } => {
                Some((*algorithm, KeyId::new(self.store.randomness())))
            }
            _ => None,
        });
        let wanted: Vec<_> = wanted.collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let draw = |(algorithm, key_id)| PrivateKey::generate(algorithm, key_id);
        Ok(aside(move || wanted.into_iter().map(draw).collect::<Result<_, _>>()).await??)
    }

    async fn write(
        &self,
        (batch, asked): (&mut Batch, &Asked),
        held: &Held,
        due: &[Due],
        mut drawn: Vec<PrivateKey>,
    ) -> Result<Vec<PublishedKey>, Fault> {
        let mut announced = Vec::new();
        for due in due {
            match *due {
                Due::Announce { algorithm, signs_from } => {
                    let is_for = |key: &PrivateKey| key.algorithm() == algorithm;
                    // What has become due since the drawing waits for the next look.
                    let Some(at) = drawn.iter().position(is_for) else { continue };
                    let key = drawn.swap_remove(at);
                    announced.push(self.announce((batch, asked), &key, signs_from).await?);
                }
                Due::Lengthen { key_id, token_lifetime_max_seconds } => {
                    held.put(batch, key_id, |key| {
                        key.token_lifetime_max_seconds = token_lifetime_max_seconds
                    });
                }
                Due::Retire { key_id, retired_at, published_until, hints_until } => {
                    held.put(batch, key_id, |key| {
                        key.retired_at = Some(retired_at);
                        key.published_until = Some(published_until);
                        key.hints_until = Some(hints_until);
                    });
                    let by_nobody = Asked::by_nobody();
                    self.record((batch, &by_nobody), Act::KeyRetired { key_id }).await?;
                }
                Due::Disarm { key_id } => {
                    if let Some(record) = held.record(key_id) {
                        let disarmed = record.record.clone().disarmed(batch.now());
                        batch.replace(record, &disarmed);
                    }
                }
                Due::Drop { key_id } => {
                    held.record(key_id).map(|record| batch.delete(record));
                }
            }
        }
        Ok(announced)
    }

    async fn announce(
        &self,
        (batch, asked): (&mut Batch, &Asked),
        key: &PrivateKey,
        signs_from: Timestamp,
    ) -> Result<PublishedKey, Fault> {
        let (key_id, alg, now) = (key.key_id(), key.algorithm().to_string(), batch.now());
        let published = PublishedKey::announced(
            key.public_jwk().clone(),
            signs_from,
            &self.settings.schedule,
            now,
        );
        let sealing = (&*self.ring, self.store.randomness());
        batch.create(&SigningKey::new(&self.realm, published.clone(), key, sealing)?);
        self.record((batch, asked), Act::KeyAnnounced { key_id, alg }).await?;
        Ok(published)
    }

    async fn record(
        &self,
        (batch, asked): (&mut Batch, &Asked),
        act: Act,
    ) -> Result<(), StorageError> {
        let event = Event {
            actor: asked.actor.clone(),
            act,
            account_id: None,
            client_id: None,
            request_id: asked.request_id.clone(),
            personal: Personal::default(),
        };
        self.events.record(&self.realm, batch, event).await
    }
}

impl Occasion {
    fn due(
        self,
        keys: &KeySet,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Vec<Due>, RotationRefused> {
        let Settings { schedule, algorithms } = settings;
        let rotate = |algorithm| keys.rotate(algorithm, schedule, now);
        match self {
            Self::Schedule => Ok(keys.due(schedule, algorithms, now)),
            Self::Hand(Some(algorithm)) => Ok(vec![rotate(algorithm)?]),
            Self::Hand(None) => {
                let is_kept = |algorithm: &Algorithm| {
                    algorithms.contains(algorithm)
                        || keys.keys().iter().any(|key| key.algorithm() == *algorithm)
                };
                let kept = Algorithm::ALL.iter().copied().filter(is_kept);
                let (due, refused): (Vec<_>, Vec<_>) = kept.map(rotate).partition(Result::is_ok);
                match refused.into_iter().find_map(Result::err) {
                    Some(refused) if due.is_empty() => Err(refused),
                    _ => Ok(due.into_iter().flatten().collect()),
                }
            }
        }
    }
}

impl Held {
    fn record(&self, key_id: KeyId) -> Option<&Stored<SigningKey>> {
        self.records.iter().find(|record| record.published.key_id() == key_id)
    }

    /// Puts the key with this id back, changed.
    fn put(&self, batch: &mut Batch, key_id: KeyId, change: impl FnOnce(&mut PublishedKey)) {
        if let Some(record) = self.record(key_id) {
            let mut new = record.record.clone();
            change(&mut new.published);
            batch.replace(record, &new);
        }
    }
}
