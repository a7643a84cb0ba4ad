//! Hears what other nodes have changed, and has it forgotten where it is kept (DESIGN 3, 6).
//!
//! Owns how far this node has read the change log, and the timer by which it reads on. When it dies the next incarnation
//! begins with nothing: everything that is kept is forgotten once. Until it reads, what is kept grows old, and is not
//! believed beyond its bound.

use std::time::Duration;

use metrics::{Counter, Gauge, counter, gauge};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use storage::{
    Store,
    feed::{Polled, Reader},
};
use tokio::{sync::oneshot, task::JoinSet};

use crate::{
    Child, ChildSpec,
    address::{Queue, Reply},
    metrics::{Kind, Metric},
    trouble::Trouble,
};

#[cfg(test)]
mod tests;

/// How often it looks: what another node has done is known here a fifth of a second later, hint or none.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Hints that come closer together are one: under load there is a commit in every millisecond.
const HINTS_APART: Duration = Duration::from_millis(20);

/// Nobody asks it anything.
const QUEUE: Queue = Queue { length_max: 1, deadline: Duration::from_secs(30) };

/// The child to supervise, `feed`, which tells whoever is registered at the feed of `store`.
pub fn child(store: &Store) -> Child {
    let store = store.clone();
    let meters = Meters::new();
    let spec = ChildSpec::new("feed", QUEUE).look_every(LOOK_EVERY, Message::Look);
    spec.child(move || (Hearing { store: store.clone(), meters: meters.clone() }, ())).0
}

enum Message {
    /// Timer: other nodes may have committed.
    Look(Reply<()>),
    /// The engine says that somebody has. It gives its next hint once this is dropped.
    Hint(oneshot::Sender<()>),
}

struct Hearing {
    store: Store,
    meters: Meters,
}

struct State {
    reader: Reader,
    trouble: Trouble,
    /// Waits for hints, as long as this incarnation lives.
    _hints: JoinSet<()>,
}

impl Actor for Hearing {
    type Msg = Message;
    type State = State;
    type Arguments = ();

    async fn pre_start(
        &self,
        myself: ActorRef<Message>,
        (): (),
    ) -> Result<State, ActorProcessingErr> {
        let mut hints = JoinSet::new();
        hints.spawn(pass_hints_on(self.store.clone(), myself));
        Ok(State {
            reader: Reader::new(&self.store),
            trouble: Trouble::new("reading the change log"),
            _hints: hints,
        })
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        State { reader, trouble, .. }: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Hint(_handled) => trouble.note(self.poll(reader).await),
            Message::Look(reply) => {
                trouble.note(self.poll(reader).await);
                reply.send(());
            }
        }
        Ok(())
    }
}

impl Hearing {
    async fn poll(&self, reader: &mut Reader) -> Result<(), storage::StorageError> {
        let polled = reader.poll().await;
        self.meters.polled(polled.as_ref().ok());
        let fresh_at = self.store.feed().fresh_at();
        let lag = fresh_at.map(|fresh_at| self.store.now().since(fresh_at));
        self.meters.lag.set(lag.map_or(f64::INFINITY, |lag| lag.as_secs_f64()));
        polled.map(drop)
    }
}

/// One hint at a time: the next is passed on when this one was followed.
async fn pass_hints_on(store: Store, actor: ActorRef<Message>) {
    store.engine().hint().await;
    loop {
        let followed = async {
            let (handled, until_handled) = oneshot::channel();
            let sent = actor.send_message(Message::Hint(handled));
            // It is dropped, not sent.
            let _ = until_handled.await;
            tokio::time::sleep(HINTS_APART).await;
            sent
        };
        // One that comes meanwhile may be of what was committed after the reading.
        let ((), sent) = tokio::join!(store.engine().hint(), followed);
        if sent.is_err() {
            return;
        }
    }
}

#[derive(Clone)]
struct Meters {
    read: Counter,
    failed: Counter,
    changes: Counter,
    lost: Counter,
    lag: Gauge,
}

const POLLS: &str = "doorward_feed_polls_total";
const CHANGES: &str = "doorward_feed_changes_total";
const LOST: &str = "doorward_feed_lost_total";
const LAG: &str = "doorward_feed_lag_seconds";

/// What is measured here.
pub const METRICS: &[Metric] = &[
    Metric {
        name: POLLS,
        kind: Kind::Counter,
        labels: &["outcome"],
        description: "Readings of the change log: read, failed",
    },
    Metric {
        name: CHANGES,
        kind: Kind::Counter,
        labels: &[],
        description: "Commits of any node of which this one has heard",
    },
    Metric {
        name: LOST,
        kind: Kind::Counter,
        labels: &[],
        description: "Times that everything kept in memory was forgotten: at the start, and when changes were gone unread",
    },
    Metric {
        name: LAG,
        kind: Kind::Gauge,
        labels: &[],
        description: "Seconds since when changes of other nodes may be unheard, as of the last reading",
    },
];

impl Meters {
    fn new() -> Self {
        let polls = |outcome: &'static str| counter!(POLLS, "outcome" => outcome);
        Self {
            read: polls("read"),
            failed: polls("failed"),
            changes: counter!(CHANGES),
            lost: counter!(LOST),
            lag: gauge!(LAG),
        }
    }

    fn polled(&self, polled: Option<&Polled>) {
        let Some(polled) = polled else { return self.failed.increment(1) };
        self.read.increment(1);
        self.changes.increment(polled.changes as u64);
        self.lost.increment(u64::from(polled.is_lost));
    }
}
