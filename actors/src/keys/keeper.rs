//! What the keys actor does when it looks: reads the keys when they have changed, has done what is due, and publishes.

use std::{io, sync::Arc};

use arc_swap::ArcSwap;
use metrics::{Counter, Gauge};
use protocol::{
    KeyRing, Realm,
    jose::KeyError,
    key_schedule::{KeySet, PublishedKey},
    master_key::SealError,
};
use storage::{
    StorageError, Store, Stored,
    signing_keys::{SigningKey, SigningKeySet},
};
use tokio::sync::watch;

use super::{
    Settings,
    aside::aside,
    change::{Asked, ByHand, NotRotated, Occasion},
    snapshot::{KeyState, Snapshot},
};
use crate::audit::Events;

/// What every incarnation works with.
pub(super) struct Keeper {
    pub(super) store: Store,
    pub(super) realm: Realm,
    pub(super) node: String,
    pub(super) ring: Arc<KeyRing>,
    pub(super) events: Events,
    pub(super) settings: Settings,
    pub(super) published: Arc<ArcSwap<Snapshot>>,
    pub(super) is_ready: watch::Sender<bool>,
    pub(super) meters: Meters,
}

/// How many keys are in which state, and how many were made.
pub(super) struct Meters {
    pub(super) announced: Gauge,
    pub(super) signing: Gauge,
    pub(super) retired: Gauge,
    pub(super) former: Gauge,
    pub(super) unusable: Gauge,
    pub(super) rotations: Counter,
}

/// The records behind the snapshot; what a change must find as it was.
#[derive(Default)]
pub(super) struct Held {
    is_read: bool,
    pub(super) set: Option<Stored<SigningKeySet>>,
    pub(super) records: Arc<Vec<Stored<SigningKey>>>,
    pub(super) keys: KeySet,
}

/// Why keys could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store did not answer, or not to the end.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A key could not be drawn or read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// There was no thread to work on.
    #[error("no thread for the keys: {0}")]
    Thread(#[from] io::Error),
}

impl Keeper {
    /// Reads what others have changed, and changes what is due.
    pub(super) async fn look(&self, held: &mut Held) -> Result<(), Fault> {
        self.read(held).await?;
        let looked = match self.change(held, Occasion::Schedule, Asked::by_nobody()).await {
            Ok(None) | Err(NotRotated::Elsewhere | NotRotated::Refused(_)) => Ok(()),
            Ok(Some(_)) => self.read(held).await,
            Err(NotRotated::Fault(fault)) => Err(fault),
        };
        self.measure();
        looked
    }

    /// Announces a successor of the key of one algorithm, or of each for which that is allowed.
    pub(super) async fn rotate(
        &self,
        held: &mut Held,
        ByHand { algorithm, asked }: ByHand,
    ) -> Result<Vec<PublishedKey>, NotRotated> {
        self.read(held).await?;
        let announced = self.change(held, Occasion::Hand(algorithm), asked).await?;
        // What is done is done: who cannot read it now will when it looks again.
        if let Err(error) = self.read(held).await {
            tracing::warn!(%error, "rotated keys are not published yet");
        }
        self.measure();
        Ok(announced.unwrap_or_default())
    }

    /// Reads the keys if any has changed since `held` was read, or is no longer published, and publishes them.
    pub(super) async fn read(&self, held: &mut Held) -> Result<(), Fault> {
        let set = self.store.signing_key_set(&self.realm).await?;
        let is_same =
            held.set.as_ref().map(|set| set.version) == set.as_ref().map(|set| set.version);
        if held.is_read && is_same && self.published.load().is_current(self.store.now()) {
            return Ok(());
        }
        let records = Arc::new(self.store.signing_keys(&self.realm).await?);
        let (rows, before) = (Arc::clone(&records), self.published.load_full());
        let (ring, now) = (Arc::clone(&self.ring), self.store.now());
        let (snapshot, faults) =
            aside(move || Snapshot::load(&rows, &before, &ring, now)).await??;
        for (key_id, error) in faults {
            tracing::error!(%key_id, %error, "a signing key cannot be used");
        }
        *held = Held { is_read: true, set, keys: snapshot.keys().clone(), records };
        self.published.store(Arc::new(snapshot));
        if !held.records.is_empty() {
            self.is_ready.send_replace(true);
        }
        Ok(())
    }

    fn measure(&self) {
        let snapshot = self.published.load();
        let listed = snapshot.list(self.store.now());
        let gauges = [
            (&self.meters.announced, KeyState::Announced),
            (&self.meters.signing, KeyState::Signing),
            (&self.meters.retired, KeyState::Retired),
            (&self.meters.former, KeyState::Former),
        ];
        for (gauge, state) in gauges {
            gauge.set(listed.iter().filter(|key| key.state == state).count() as f64);
        }
        self.meters.unusable.set(snapshot.unusable().len() as f64);
    }
}
