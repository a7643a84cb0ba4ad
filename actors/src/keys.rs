//! Signing keys: made, announced, retired and removed as the schedule says, and published to whoever signs (MISSION T5).
//!
//! Owns the rotation of this node; what it decides is in storage. When it dies the published snapshot keeps signing, also
//! with a key whose time comes meanwhile; the next incarnation reads the keys again.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use metrics::{counter, gauge};
use protocol::{
    KeyRing, Realm,
    jose::Algorithm,
    key_schedule::{PublishedKey, Schedule},
};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use storage::{Record, Store, feed::Forget, signing_keys::SigningKeySet};
use tokio::sync::watch;

use crate::{
    Child, ChildSpec,
    address::{Address, Queue, Reply, Unavailable},
    audit::Events,
    metrics::{Kind, Metric},
    trouble::Trouble,
};

mod aside;
mod change;
mod keeper;
mod snapshot;
#[cfg(test)]
mod tests;

pub use change::{Beside, ByHand, NotRotated};
pub use keeper::Fault;
use keeper::{Held, Keeper, Meters};
pub use snapshot::{KeyState, ListedKey, Snapshot};

/// How often it looks: well below the staleness for which a schedule allows.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Rotations are rare, and one may be asked for by many at once under one key of a request; one may have to draw an RSA key.
const QUEUE: Queue = Queue { length_max: 64, deadline: Duration::from_secs(30) };

/// The keys that sign. Cheap to clone.
#[derive(Clone)]
pub struct Keys {
    published: Arc<ArcSwap<Snapshot>>,
    is_ready: watch::Receiver<bool>,
    address: Address<Message>,
}

impl Keys {
    /// The keys as they were last read. Asks nobody.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.published.load_full()
    }

    /// Waits until there are keys: for ever while the store does not answer.
    ///
    /// # Errors
    /// [`Unavailable::Stopped`] when the tree has stopped.
    pub async fn ready(&self) -> Result<(), Unavailable> {
        let mut is_ready = self.is_ready.clone();
        is_ready.wait_for(|is_ready| *is_ready).await.map(drop).map_err(|_| Unavailable::Stopped)
    }

    /// Announces a successor of the key of this algorithm, or of every algorithm for which none is announced yet. It
    /// signs when everybody can know it, as any other.
    ///
    /// # Errors
    /// Only about reaching the actor; then whether it was announced is not known, and the list of keys tells.
    pub async fn rotate(
        &self,
        by_hand: impl Into<ByHand>,
    ) -> Result<Result<Vec<PublishedKey>, NotRotated>, Unavailable> {
        let by_hand = by_hand.into();
        self.address.ask(|reply| Message::Rotate(by_hand, reply)).await
    }
}

/// What the operator chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Of which a key is kept ready.
    pub algorithms: Vec<Algorithm>,
    /// When keys change.
    pub schedule: Schedule,
}

/// The child to supervise, `keys`, and the handle to the keys, which has none until it has looked.
pub fn child(
    settings: Settings,
    store: &Store,
    (realm, node): (&Realm, &str),
    (ring, events): (&Arc<KeyRing>, &Events),
) -> (Child, Keys) {
    let published = Arc::new(ArcSwap::from_pointee(Snapshot::default()));
    let (tell_ready, is_ready) = watch::channel(false);
    let keeper = Arc::new(Keeper {
        store: store.clone(),
        realm: realm.clone(),
        node: node.into(),
        ring: Arc::clone(ring),
        events: events.clone(),
        settings,
        published: Arc::clone(&published),
        is_ready: tell_ready,
        meters: Meters::new(),
    });
    let spec = ChildSpec::new("keys", QUEUE).look_every(LOOK_EVERY, Message::Look);
    let (child, address) = spec.child(move || (Rotation { keeper: Arc::clone(&keeper) }, ()));
    let looks = Arc::new(LooksAgain(address.beside(HINTS)));
    store.feed().register(SigningKeySet::TABLE, looks);
    (child, Keys { published, is_ready, address })
}

/// One hint in hand and one that came meanwhile.
const HINTS: Queue = Queue { length_max: 2, ..QUEUE };

/// Has the actor look when another node has changed the keys. What is lost here the timer makes good.
struct LooksAgain(Address<Message>);

impl Forget for LooksAgain {
    fn forget(&self, _: &Realm, _: &str) {
        _ = self.0.tell(Message::Look);
    }

    fn forget_all(&self) {
        _ = self.0.tell(Message::Look);
    }
}

enum Message {
    Rotate(ByHand, Reply<Result<Vec<PublishedKey>, NotRotated>>),
    /// Timer: a key may be due, or another node may have changed one.
    Look(Reply<()>),
}

struct Rotation {
    keeper: Arc<Keeper>,
}

struct State {
    held: Held,
    trouble: Trouble,
}

impl Actor for Rotation {
    type Msg = Message;
    type State = State;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<State, ActorProcessingErr> {
        Ok(State { held: Held::default(), trouble: Trouble::new("looking after the signing keys") })
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        State { held, trouble }: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Rotate(_, reply) if reply.is_abandoned() => {}
            Message::Rotate(by_hand, reply) => reply.send(self.keeper.rotate(held, by_hand).await),
            Message::Look(reply) => {
                trouble.note(self.keeper.look(held).await);
                reply.send(());
            }
        }
        Ok(())
    }
}

const KEYS: &str = "doorward_signing_keys";
const ROTATIONS: &str = "doorward_signing_keys_announced_total";

/// What is measured here.
pub const METRICS: &[Metric] = &[
    Metric {
        name: KEYS,
        kind: Kind::Gauge,
        labels: &["state"],
        description: "Signing keys by state: announced, signing, retired, former; unusable ones are counted there too",
    },
    Metric {
        name: ROTATIONS,
        kind: Kind::Counter,
        labels: &[],
        description: "Signing keys that this node has made and announced",
    },
];

impl Meters {
    fn new() -> Self {
        let of = |state: &'static str| gauge!(KEYS, "state" => state);
        Self {
            announced: of("announced"),
            signing: of("signing"),
            retired: of("retired"),
            former: of("former"),
            unusable: of("unusable"),
            rotations: counter!(ROTATIONS),
        }
    }
}
