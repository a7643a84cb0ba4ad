//! Counts failed attempts and says who must wait (MISSION L1).
//!
//! Each shard owns the order of the attempts at the accounts that hash to it: one after the other, each counted as
//! failed, durably, before it is let through. What is counted is in the store, under expectations, so that it also
//! holds between shards and between nodes. When a shard dies its callers hear so and are not let through, the next
//! incarnation reads the counters again, and at most the clearing of a success is lost.

use std::{num::NonZeroUsize, sync::Arc};

use protocol::{
    KeyRing, Realm, Timestamp,
    event::{Event, LockSubject},
    mutant::Mutant,
};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use storage::{CommitError, Store};
use tracing::Instrument;

use crate::{
    Child, Origin, Shards,
    address::{Address, Queue, Reply, Unavailable},
    audit::Events,
    children_sharded,
};

mod counters;
mod devices;
mod meters;
mod release;
mod rules;
mod subjects;
mod uncounted;

use counters::{Counters, Turns, Verdict};
pub use devices::{DeviceTokens, KnownDevice};
pub use meters::METRICS;
use meters::Meters;
use release::Forgotten;
pub use release::Release;
pub use rules::Policy;
pub use subjects::{Counted, Subject};
use subjects::{Names, Naming};
use uncounted::Uncounted;

/// The door to the lockout actors. Cheap to clone.
#[derive(Clone)]
pub struct Lockout {
    shards: Shards<Message>,
    naming: Arc<Naming>,
    devices: Arc<DeviceTokens>,
    queue: Queue,
}

/// Somebody is about to prove who they are with something that can be guessed.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Where.
    pub realm: Realm,
    /// Who they claim to be.
    pub subject: Subject,
    /// Their browser, where it is known for this account.
    pub device: Option<KnownDevice>,
    /// From where: its address has a counter, too.
    pub origin: Origin,
}

impl Lockout {
    /// Counts the attempt as failed, durably, and lets it through if neither its subject nor its address is locked.
    ///
    /// A known browser has a counter of its own in place of both. An attempt that is locked is not counted.
    /// Not safe to repeat: each call counts.
    ///
    /// # Errors
    /// Only about reaching the actor. Whatever is not [`Admission::Admitted`] must not be verified.
    #[tracing::instrument(level = "debug", name = "lockout.admit", skip_all)]
    pub async fn admit(&self, attempt: Attempt) -> Result<Admission, Unavailable> {
        let Attempt { realm, subject, device, origin } = attempt;
        let names = self.naming.names(&realm, &subject, device.as_ref(), origin.address);
        let shard = self.shards.of(&(&names.realm, &names.subject));
        let asked = Box::new(Asked { names, origin, span: tracing::Span::current() });
        if Mutant::PermitBeforeVerify.is_out() {
            return uncounted::admit(shard, self.queue, asked).await;
        }
        let names = asked.names.clone();
        let verdict = shard.ask(|reply| Message::Admit(asked, reply)).await?;
        Ok(Admission::new(verdict, |counted_at| {
            // A place of its own: a flood of attempts does not keep a success from being told.
            let shard = shard.beside(Queue { length_max: 1, ..self.queue });
            Permit { shard, names, counted_at, uncounted: None }
        }))
    }

    /// Forgets the failures that the counter `subject` has, and its lock with them, and tells `event`. An attempt that is
    /// made after this returns is judged without them, on every node.
    ///
    /// May be repeated.
    ///
    /// # Errors
    /// Only about reaching the actor: whether it was done is not known.
    #[tracing::instrument(level = "debug", name = "lockout.release", skip_all)]
    pub async fn release(
        &self,
        realm: &Realm,
        subject: &str,
        event: Event,
    ) -> Result<Release, Unavailable> {
        let (realm, subject) = (realm.clone(), subject.to_owned());
        let shard = self.shards.of(&(&realm, &subject));
        let forgotten = Box::new(Forgotten { realm, subject, event });
        shard.ask(|reply| Message::Release(forgotten, reply)).await
    }

    /// What makes a browser known, and recognises it.
    pub fn devices(&self) -> &DeviceTokens {
        &self.devices
    }
}

/// What becomes of an attempt.
#[must_use = "only an attempt with a permit may be verified"]
pub enum Admission {
    /// It may be verified.
    Admitted(Permit),
    /// It may not, until then.
    Locked {
        /// The lock ends then, by itself.
        until: Timestamp,
        /// What is locked. Not for the page, which must not tell whether an account exists.
        subject: LockSubject,
    },
    /// It could not be counted, so it may not be verified.
    NotCounted(CommitError),
}

impl Admission {
    fn new(verdict: Verdict, permit: impl FnOnce(Timestamp) -> Permit) -> Self {
        match verdict {
            Verdict::Counted { at } => Self::Admitted(permit(at)),
            Verdict::Locked { until, subject } => Self::Locked { until, subject },
            Verdict::NotCounted(error) => Self::NotCounted(error),
        }
    }
}

/// Leave to verify one attempt, which is counted as failed. Dropped, it stays counted.
#[must_use = "the attempt counts as failed until it succeeded"]
pub struct Permit {
    shard: Address<Message>,
    names: Names,
    counted_at: Timestamp,
    /// Only where a test has taken the safeguard out.
    uncounted: Option<Uncounted>,
}

impl Permit {
    /// The proof was right: the subject's failures are forgotten and its lock ends; the address gets this attempt back.
    ///
    /// An attempt that is made for the subject after this returns finds it cleared; its address follows in a moment.
    /// Where the actor is just dying, or the store takes no writes, it is lost and the attempt stays counted.
    #[tracing::instrument(level = "debug", name = "lockout.succeeded", skip_all)]
    pub fn succeeded(self) {
        let Self { shard, names, counted_at, uncounted } = self;
        drop(uncounted);
        let told = shard.tell(|reply| Message::Succeeded(Box::new(names), counted_at, reply));
        if let Err(error) = told {
            tracing::warn!(%error, "a success stays counted as a failed attempt");
        }
    }
}

/// How the lockout actors run.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How many actors share the accounts.
    pub shards: NonZeroUsize,
    /// Attempts that may wait at one of them.
    pub queue: Queue,
    /// What locks.
    pub policy: Policy,
}

/// The children to supervise, `lockout/<index>`, and the handle that reaches them.
pub fn children(
    settings: Settings,
    store: &Store,
    events: &Events,
    ring: &KeyRing,
) -> (Vec<Child>, Lockout) {
    let Settings { shards, queue, policy } = settings;
    let counters = Arc::new(Counters {
        store: store.clone(),
        events: events.clone(),
        policy,
        turns: Turns::new(),
        meters: Meters::new(),
    });
    let new = move || (Shard { counters: Arc::clone(&counters) }, ());
    let (children, shards) = children_sharded("lockout", shards, queue, new);
    let (naming, devices) = (Arc::new(Naming::new(ring)), Arc::new(DeviceTokens::new(ring)));
    (children, Lockout { shards, naming, devices, queue })
}

struct Asked {
    names: Names,
    origin: Origin,
    /// Of who asks, so that what is done here is part of it.
    span: tracing::Span,
}

enum Message {
    Admit(Box<Asked>, Reply<Verdict>),
    /// Its attempt was counted then.
    Succeeded(Box<Names>, Timestamp, Reply<()>),
    /// An operator says so.
    Release(Box<Forgotten>, Reply<Release>),
    /// Without counting. Only where a test has taken the safeguard out.
    Judge(Box<Names>, Reply<Verdict>),
}

struct Shard {
    counters: Arc<Counters>,
}

impl Actor for Shard {
    type Msg = Message;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        match message {
            // Nobody is there to verify it.
            Message::Admit(_, reply) if reply.is_abandoned() => {}
            Message::Admit(asked, reply) => {
                let counted = self.counters.count(&asked.names, &asked.origin);
                let verdict = counted.instrument(asked.span.clone()).await;
                self.counters.meters.admission(&verdict);
                reply.send(verdict);
            }
            Message::Succeeded(names, counted_at, _reply) => {
                self.counters.clear(&names, counted_at).await;
            }
            Message::Release(forgotten, reply) => {
                reply.send(self.counters.release(&forgotten).await);
            }
            Message::Judge(names, reply) => reply.send(self.counters.judge(&names).await),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
