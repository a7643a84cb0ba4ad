//! The audit log: the door through which events enter it, and the actor that owns this node's chain (DESIGN 5).
//!
//! Events wait in storage from the batch of their act on; the actor moves them to the end of the chain, in the order of
//! their instants. When it dies nothing is lost: the next incarnation reads the last link and goes on.

use std::{sync::Arc, time::Duration};

use metrics::{Counter, counter};
use protocol::{KeyRing, Realm, event::Event};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use storage::{Batch, StorageError, Store};

use crate::{
    Child, ChildSpec,
    address::{Address, Queue, Reply, Unavailable},
    metrics::{Kind, Metric},
    trouble::Trouble,
};

mod acts;
mod sealer;
#[cfg(test)]
mod tests;
mod verify;

pub use acts::METRICS as ACTS;
pub use sealer::Fault;
use sealer::{Held, Sealer};
pub use verify::{ChainReport, Discrepancy, DiscrepancyKind, NotVerified, Report, Where, verify};

/// Puts events into the batches of their acts. Cheap to clone.
#[derive(Clone)]
pub struct Events {
    store: Store,
    ring: Arc<KeyRing>,
    node: Arc<str>,
}

impl Events {
    /// For events that happen on `node`.
    pub fn new(store: Store, ring: Arc<KeyRing>, node: &str) -> Self {
        Self { store, ring, node: node.into() }
    }

    /// Puts `event` into `batch`, with what is personal in it sealed under the key of its account.
    pub async fn record(
        &self,
        realm: &Realm,
        batch: &mut Batch,
        event: Event,
    ) -> Result<(), StorageError> {
        self.store.record_event(batch, (realm, &self.node), event, &self.ring).await
    }
}

/// The chain of this node. Cheap to clone.
#[derive(Clone)]
pub struct Audit {
    address: Address<Message>,
}

impl Audit {
    /// Seals the events that wait now, so that who verifies or exports the log finds all that was acknowledged before.
    /// Some tens of thousands of them; where more wait, ask again.
    ///
    /// # Errors
    /// Only about reaching the actor. Nothing is lost, whatever the answer.
    pub async fn seal(&self) -> Result<Result<(), Fault>, Unavailable> {
        self.address.ask(Message::Seal).await
    }
}

/// How often it looks for events.
const LOOK_EVERY: Duration = Duration::from_secs(1);

const QUEUE: Queue = Queue { length_max: 8, deadline: Duration::from_secs(30) };

/// The child to supervise, `audit`, and the handle to the chain of `node`.
pub fn child(store: &Store, (realm, node): (&Realm, &str), ring: &Arc<KeyRing>) -> (Child, Audit) {
    let sealer = Arc::new(Sealer {
        store: store.clone(),
        realm: realm.clone(),
        node: node.into(),
        ring: Arc::clone(ring),
        meters: Meters { entries: counter!(ENTRIES), checkpoints: counter!(CHECKPOINTS) },
    });
    acts::register();
    let spec = ChildSpec::new("audit", QUEUE).look_every(LOOK_EVERY, Message::Look);
    let (child, address) = spec.child(move || (Sealing { sealer: Arc::clone(&sealer) }, ()));
    (child, Audit { address })
}

enum Message {
    Seal(Reply<Result<(), Fault>>),
    /// Timer: events may wait, and a checkpoint may be due.
    Look(Reply<()>),
}

struct Sealing {
    sealer: Arc<Sealer>,
}

struct State {
    held: Held,
    sealing: Trouble,
    checkpoints: Trouble,
}

impl Actor for Sealing {
    type Msg = Message;
    type State = State;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<State, ActorProcessingErr> {
        Ok(State {
            held: Held::default(),
            sealing: Trouble::new("sealing events into the audit log"),
            checkpoints: Trouble::new("making a checkpoint of the audit log"),
        })
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        let State { held, sealing, checkpoints } = state;
        match message {
            Message::Seal(reply) => reply.send(self.sealer.seal(held).await),
            Message::Look(reply) => {
                sealing.note(self.sealer.seal(held).await);
                checkpoints.note(self.sealer.checkpoint(held).await);
                reply.send(());
            }
        }
        Ok(())
    }
}

struct Meters {
    entries: Counter,
    checkpoints: Counter,
}

const ENTRIES: &str = "doorward_audit_entries_total";
const CHECKPOINTS: &str = "doorward_audit_checkpoints_total";

/// What is measured here.
pub const METRICS: &[Metric] = &[
    Metric {
        name: ENTRIES,
        kind: Kind::Counter,
        labels: &[],
        description: "Events that this node has sealed into its chain",
    },
    Metric {
        name: CHECKPOINTS,
        kind: Kind::Counter,
        labels: &[],
        description: "Checkpoints over the chains that this node has signed",
    },
];
