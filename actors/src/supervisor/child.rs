//! What a supervisor knows of a child: its name, how to start it, how to reach it.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use metrics::Counter;
use ractor::{Actor, ActorCell, Message, SpawnErr};
use tokio::time::timeout;

use super::{Arguments, KILL_MAX, RestartLimit, Supervisor};
use crate::{
    address::{Address, Publish, Queue, Reply, Unavailable},
    metrics::{Meters, restarts},
};

/// How long a child may take to start. It starts without IO, so more is a bug.
const START_MAX: Duration = Duration::from_secs(10);

/// How long who asks a child to look waits for it.
const LOOK_MAX: Duration = Duration::from_secs(30);

/// An actor's name in logs, status and (its kind only) metrics: `lockout/2` is instance `2` of kind `lockout`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    kind: &'static str,
    instance: Option<Arc<str>>,
}

impl Name {
    /// One of several actors of a kind: a shard's index, a connector's id.
    pub fn of(kind: &'static str, instance: impl Into<Arc<str>>) -> Self {
        Self { kind, instance: Some(instance.into()) }
    }

    pub(super) fn kind(&self) -> &'static str {
        self.kind
    }
}

impl From<&'static str> for Name {
    fn from(kind: &'static str) -> Self {
        Self { kind, instance: None }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.instance {
            Some(instance) => write!(out, "{}/{instance}", self.kind),
            None => out.write_str(self.kind),
        }
    }
}

pub(super) type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Each incarnation's cell, or why there is none.
type Start = dyn Fn(ActorCell) -> Pending<Result<ActorCell, String>> + Send + Sync;

/// Makes the message that says *look*.
type LookMessage<M> = fn(Reply<()>) -> M;

/// How to start one child, as often as needed. While one exists its address is open.
#[derive(Clone)]
pub struct Child {
    post: Post,
    start: Arc<Start>,
    look_every: Option<Duration>,
    drain: Option<Duration>,
    below: Vec<Post>,
}

/// How the tree sees a child from outside. Does not keep its address open.
#[derive(Clone)]
pub(super) struct Post {
    pub(super) name: Name,
    pub(super) reach: Arc<dyn Reach>,
    starts: Arc<AtomicU64>,
    restarts: Counter,
}

impl Post {
    /// Attempts to start it after the first.
    pub(super) fn restarts(&self) -> u64 {
        self.starts.load(Ordering::Relaxed).saturating_sub(1)
    }
}

/// An address without the type of its messages.
pub(super) trait Reach: Send + Sync {
    fn cell(&self) -> Option<ActorCell>;
    fn is_closed(&self) -> bool;
    fn waiting(&self) -> usize;
    /// Asks the actor to look, unless it has such a request waiting.
    fn hint(&self);
    /// Waits until the actor has looked; at once when it has nothing to look at.
    fn look(&self) -> Pending<Result<(), Unavailable>>;
}

struct Reached<M> {
    address: Address<M>,
    /// A queue of one, so that neither a full mailbox nor a slow look piles anything up.
    look: Option<(Address<M>, LookMessage<M>)>,
}

impl<M: Message> Reach for Reached<M> {
    fn cell(&self) -> Option<ActorCell> {
        self.address.cell()
    }

    fn is_closed(&self) -> bool {
        self.address.is_closed()
    }

    fn waiting(&self) -> usize {
        self.address.waiting()
    }

    fn hint(&self) {
        if let Some((address, message)) = &self.look {
            let _ = address.tell(message);
        }
    }

    fn look(&self) -> Pending<Result<(), Unavailable>> {
        match self.look.clone() {
            Some((address, message)) => {
                Box::pin(async move { address.ask_patiently(message).await })
            }
            None => Box::pin(std::future::ready(Ok(()))),
        }
    }
}

impl Child {
    pub(super) fn name(&self) -> &Name {
        &self.post.name
    }

    pub(super) fn look_every(&self) -> Option<Duration> {
        self.look_every
    }

    /// How long it may take to stop, where that is not for its supervisor's limit to say.
    pub(super) fn drain(&self) -> Option<Duration> {
        self.drain
    }

    /// Itself and all below it, in start order.
    pub(super) fn posts(&self) -> impl Iterator<Item = &Post> {
        std::iter::once(&self.post).chain(&self.below)
    }

    pub(super) fn hint(&self) {
        self.post.reach.hint();
    }

    pub(super) async fn start(&self, supervisor: ActorCell) -> Result<ActorCell, String> {
        if self.post.starts.fetch_add(1, Ordering::Relaxed) > 0 {
            self.post.restarts.increment(1);
        }
        (self.start)(supervisor).await
    }
}

/// A child before it has an actor: its name, its queue, and what it looks at by timer.
pub struct ChildSpec<M> {
    name: Name,
    queue: Queue,
    look: Option<(Duration, LookMessage<M>)>,
}

impl<M: Message> ChildSpec<M> {
    /// A child without a timer.
    pub fn new(name: impl Into<Name>, queue: Queue) -> Self {
        Self { name: name.into(), queue, look: None }
    }

    /// The actor is sent `message` as soon as it has started, in this interval, and by [`super::Tree::look`].
    ///
    /// The message only says *look*: what is due is decided by `now`, read when it is handled, and the reply is sent
    /// when all of that is done. A look is left out while the one before it waits or runs.
    #[must_use]
    pub fn look_every(mut self, interval: Duration, message: LookMessage<M>) -> Self {
        self.look = Some((interval, message));
        self
    }

    pub(super) fn name(&self) -> &Name {
        &self.name
    }

    pub(super) fn named(&self, name: Name) -> Self {
        Self { name, queue: self.queue, look: self.look }
    }

    /// The child, and the address at which each incarnation of it will be found.
    /// `new` makes an incarnation: the actor, and the arguments of its `pre_start`.
    pub fn child<A: Actor<Msg = M>>(
        self,
        new: impl Fn() -> (A, A::Arguments) + Send + Sync + 'static,
    ) -> (Child, Address<M>) {
        let Self { name, queue, look } = self;
        let (publish, address) = Address::new(queue, Meters::new(name.kind()));
        let start: Arc<Start> = Arc::new(move |supervisor| {
            let publish = publish.clone();
            let (actor, arguments) = new();
            Box::pin(start::<A>(publish, actor, arguments, supervisor))
        });
        let look_queue = Queue { length_max: 1, deadline: LOOK_MAX };
        let reach = Arc::new(Reached {
            address: address.clone(),
            look: look.map(|(_, message)| (address.beside(look_queue), message)),
        });
        let restarts = restarts(name.kind());
        let post = Post { name, reach, starts: Arc::default(), restarts };
        let look_every = look.map(|(interval, _)| interval);
        (Child { post, start, look_every, drain: None, below: Vec::new() }, address)
    }
}

/// Starts an incarnation once its predecessor is over, so that there are never two.
async fn start<A: Actor>(
    publish: Publish<A::Msg>,
    actor: A,
    arguments: A::Arguments,
    supervisor: ActorCell,
) -> Result<ActorCell, String> {
    let predecessor = publish.borrow().clone();
    if let Some(predecessor) = predecessor {
        let over = predecessor.kill_and_wait(Some(KILL_MAX)).await;
        over.map_err(|_| "its predecessor does not end".to_owned())?;
    }
    // Unnamed: ractor's names are one registry per process.
    let started = timeout(START_MAX, A::spawn_linked(None, actor, arguments, supervisor)).await;
    let started = started.map_err(|_| format!("not within {START_MAX:?}"))?;
    let (actor, _) = started.map_err(why)?;
    publish.send_replace(Some(actor.clone()));
    Ok(actor.get_cell())
}

/// ractor says of every failed start that the actor panicked.
pub(super) fn why(not_started: SpawnErr) -> String {
    match not_started {
        SpawnErr::StartupFailed(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// A child without a timer, and its address. See [`ChildSpec`].
pub fn child<A: Actor>(
    name: impl Into<Name>,
    queue: Queue,
    new: impl Fn() -> (A, A::Arguments) + Send + Sync + 'static,
) -> (Child, Address<A::Msg>) {
    ChildSpec::new(name, queue).child(new)
}

/// A supervisor as a child of another: a subtree with a limit of its own.
pub fn subtree(name: impl Into<Name>, children: Vec<Child>, limit: RestartLimit) -> Child {
    let below = children.iter().flat_map(Child::posts).cloned().collect();
    let drains = children.iter().map(|child| child.drain.unwrap_or(limit.drain));
    let drain =
        drains.fold(KILL_MAX, |sum, drain| sum.saturating_add(drain).saturating_add(KILL_MAX));
    let nothing_waits = Queue { length_max: 0, deadline: Duration::ZERO };
    let supervisor = move || {
        let children = children.clone();
        (Supervisor { ended: None }, Arguments { children, limit })
    };
    let (child, _) = child(name, nothing_waits, supervisor);
    Child { below, drain: Some(drain), ..child }
}
