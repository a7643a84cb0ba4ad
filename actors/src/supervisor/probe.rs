//! An actor for the tests of this crate: it does what it is told, dying included.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::oneshot;

use super::{Child, ChildSpec, Name, RestartLimit, Shards, child, children_sharded};
use crate::address::{Address, Queue, Reply};

/// A queue of four, and a second to answer.
pub(crate) const QUEUE: Queue = Queue { length_max: 4, deadline: Duration::from_secs(1) };

/// Three restarts a minute, the second after 100 ms.
pub(crate) const LIMIT: RestartLimit = RestartLimit {
    restarts_max: 3,
    window: Duration::from_secs(60),
    backoff: Duration::from_millis(100),
    drain: Duration::from_secs(5),
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    Error,
    Panic,
    ByItself,
}

pub(crate) enum Message {
    /// Answers how often this incarnation was asked so.
    Count(Reply<u32>),
    /// Is busy until the sender is used or dropped.
    Hold(oneshot::Receiver<()>, Reply<()>),
    /// Says that it has it in hand and holds its thread, too, until the sender is used or dropped.
    Block(oneshot::Sender<()>, mpsc::Receiver<()>, Reply<()>),
    /// Keeps the reply for as long as the incarnation lives.
    Keep(Reply<()>),
    /// Drops the reply.
    Ignore(Reply<()>),
    /// Whether who asks is still there.
    IsAbandoned(Reply<()>, oneshot::Sender<bool>),
    Die(Death, Reply<()>),
    Look(Reply<()>),
}

/// What a test sees of a probe, and how it prepares it.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    log: Arc<Mutex<Vec<String>>>,
    refusals: Arc<AtomicUsize>,
    hangs: Arc<AtomicBool>,
    alive: Arc<AtomicUsize>,
    alive_max: Arc<AtomicUsize>,
}

impl Watch {
    fn note(&self, what: String) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// What happened since this was last read.
    pub(crate) fn log(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The next so many starts fail.
    pub(crate) fn refuse_starts(&self, count: usize) {
        self.refusals.store(count, Ordering::SeqCst);
    }

    /// From now on no start comes to an end.
    pub(crate) fn hang_starts(&self) {
        self.hangs.store(true, Ordering::SeqCst);
    }

    /// How many incarnations ever lived at one moment.
    pub(crate) fn alive_max(&self) -> usize {
        self.alive_max.load(Ordering::SeqCst)
    }

    fn refuses(&self) -> bool {
        let less_one = |count: usize| count.checked_sub(1);
        self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less_one).is_ok()
    }
}

pub(crate) struct Probe {
    name: &'static str,
    watch: Watch,
}

/// Dropped with the incarnation, however it dies.
pub(crate) struct Life {
    count: u32,
    kept: Vec<Reply<()>>,
    watch: Watch,
}

impl Life {
    fn new(watch: Watch) -> Self {
        let alive = watch.alive.fetch_add(1, Ordering::SeqCst) + 1;
        watch.alive_max.fetch_max(alive, Ordering::SeqCst);
        Self { count: 0, kept: Vec::new(), watch }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.watch.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Actor for Probe {
    type Msg = Message;
    type State = Life;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<Life, ActorProcessingErr> {
        if self.watch.refuses() {
            self.watch.note(format!("refuse {}", self.name));
            return Err("told to refuse".into());
        }
        if self.watch.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.watch.note(format!("start {}", self.name));
        Ok(Life::new(self.watch.clone()))
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        life: &mut Life,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Count(reply) => {
                life.count += 1;
                reply.send(life.count);
            }
            Message::Hold(until, reply) => {
                let _ = until.await;
                reply.send(());
            }
            Message::Block(in_hand, until, reply) => {
                let _ = in_hand.send(());
                let _ = tokio::task::block_in_place(|| until.recv());
                reply.send(());
            }
            Message::Keep(reply) => life.kept.push(reply),
            Message::Ignore(reply) => drop(reply),
            Message::IsAbandoned(reply, answer) => {
                let _ = answer.send(reply.is_abandoned());
            }
            Message::Die(Death::Error, _reply) => return Err("told to fail".into()),
            Message::Die(Death::Panic, _reply) => panic!("told to panic"),
            Message::Die(Death::ByItself, _reply) => myself.stop(None),
            Message::Look(reply) => {
                self.watch.note(format!("look {}", self.name));
                reply.send(());
            }
        }
        Ok(())
    }

    async fn post_stop(
        &self,
        _: ActorRef<Message>,
        _: &mut Life,
    ) -> Result<(), ActorProcessingErr> {
        self.watch.note(format!("stop {}", self.name));
        Ok(())
    }
}

/// A probe without a timer.
pub(crate) fn probe(name: &'static str, watch: &Watch) -> (Child, Address<Message>) {
    let watch = watch.clone();
    child(name, QUEUE, move || (Probe { name, watch: watch.clone() }, ()))
}

/// A probe that looks every ten seconds.
pub(crate) fn looking_probe(name: &'static str, watch: &Watch) -> (Child, Address<Message>) {
    let watch = watch.clone();
    ChildSpec::new(Name::from(name), QUEUE)
        .look_every(Duration::from_secs(10), Message::Look)
        .child(move || (Probe { name, watch: watch.clone() }, ()))
}

/// Probes named `probe/<index>`.
pub(crate) fn sharded_probe(count: NonZeroUsize, watch: &Watch) -> (Vec<Child>, Shards<Message>) {
    let watch = watch.clone();
    let new = move || (Probe { name: "probe", watch: watch.clone() }, ());
    children_sharded("probe", count, QUEUE, new)
}

impl Address<Message> {
    /// Keeps the probe busy until what is returned is dropped.
    pub(crate) fn hold(&self) -> oneshot::Sender<()> {
        let (release, until) = oneshot::channel();
        self.tell(|reply| Message::Hold(until, reply)).expect("there is a place");
        release
    }

    /// Has the probe die, and waits until it is dead.
    pub(crate) async fn die(&self, death: Death) {
        let cell = self.cell().expect("it has started");
        let _ = self.ask(|reply| Message::Die(death, reply)).await;
        let _ = cell.wait(None).await;
    }
}
