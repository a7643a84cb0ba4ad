//! Removes what has expired, page by page (MISSION N3). Nothing waits for it: what has expired does not exist for anybody
//! who reads.
//!
//! Owns a timer, and on one node at a time the lease to use it. When it dies nothing is lost: what it did not remove is
//! found at the next look, on this node or another.

use std::{sync::Arc, time::Duration};

use metrics::{Counter, Histogram, counter, histogram};
use protocol::{Realm, Timestamp};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use storage::{StorageError, Store, leases::Lease};
use tokio::time::Instant;

use crate::{
    Child, ChildSpec,
    address::{Queue, Reply},
    metrics::{Kind, Metric},
    trouble::Trouble,
};

mod census;
#[cfg(test)]
mod tests;

pub use census::METRICS as CENSUS;
use census::{Census, Progress};

/// How often it looks: five thousand rows a second, at [`PAGES_MAX`].
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Rows of one page: one transaction, which others wait for.
const PAGE: usize = 500;

/// Pages of one look.
const PAGES_MAX: usize = 20;

/// Who holds it sweeps.
const LEASE: &str = "janitor";

/// Renewed when half of it is over, so that an idle store is seldom written to.
const LEASE_LENGTH: Duration = Duration::from_secs(60);

/// Nobody asks it anything.
const QUEUE: Queue = Queue { length_max: 1, deadline: Duration::from_secs(30) };

/// The child to supervise, `janitor`.
pub fn child(store: &Store, (realm, node): (&Realm, &str)) -> Child {
    let broom = Arc::new(Broom {
        store: store.clone(),
        realm: realm.clone(),
        node: node.into(),
        meters: Meters { rows: counter!(ROWS), seconds: histogram!(SECONDS) },
        census: Census::new(),
    });
    let spec = ChildSpec::new("janitor", QUEUE).look_every(LOOK_EVERY, Message::Look);
    spec.child(move || (Janitor { broom: Arc::clone(&broom) }, ())).0
}

enum Message {
    /// Timer: something may have expired.
    Look(Reply<()>),
}

struct Janitor {
    broom: Arc<Broom>,
}

struct State {
    lease: Option<Lease>,
    counted: Progress,
    trouble: Trouble,
}

impl Actor for Janitor {
    type Msg = Message;
    type State = State;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<State, ActorProcessingErr> {
        Ok(State {
            lease: None,
            counted: Progress::default(),
            trouble: Trouble::new("removing what has expired"),
        })
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        Message::Look(reply): Message,
        State { lease, counted, trouble }: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        trouble.note(self.broom.look(lease, counted).await);
        reply.send(());
        Ok(())
    }
}

struct Broom {
    store: Store,
    realm: Realm,
    node: String,
    meters: Meters,
    census: Census,
}

struct Meters {
    rows: Counter,
    seconds: Histogram,
}

impl Broom {
    async fn look(
        &self,
        lease: &mut Option<Lease>,
        counted: &mut Progress,
    ) -> Result<(), StorageError> {
        if !lease.as_ref().is_some_and(|lease| is_fresh(lease.ends_at, self.store.now())) {
            *lease = self.store.lease(&self.realm, LEASE, &self.node, LEASE_LENGTH).await?;
        }
        if lease.is_some() {
            let began_at = Instant::now();
            self.sweep().await?;
            self.meters.seconds.record(began_at.elapsed());
            self.census.look(counted, &self.store, &self.realm).await?;
        } else {
            self.census.forget(counted);
        }
        Ok(())
    }

    async fn sweep(&self) -> Result<(), StorageError> {
        for _ in 0..PAGES_MAX {
            let swept = self.store.engine().sweep(self.store.now(), PAGE).await?;
            self.meters.rows.increment(swept.rows as u64);
            if !swept.is_full {
                break;
            }
        }
        Ok(())
    }
}

/// Whether so much of a lease is left that it need not be renewed. One that ends further ahead than it is long was taken
/// while the clock was wrong.
fn is_fresh(ends_at: Timestamp, now: Timestamp) -> bool {
    (LEASE_LENGTH / 2..=LEASE_LENGTH).contains(&ends_at.since(now))
}

const ROWS: &str = "doorward_janitor_rows_total";
const SECONDS: &str = "doorward_janitor_sweep_seconds";

/// What is measured here.
pub const METRICS: &[Metric] = &[
    Metric {
        name: ROWS,
        kind: Kind::Counter,
        labels: &[],
        description: "Expired rows that this node has removed",
    },
    Metric {
        name: SECONDS,
        kind: Kind::Histogram,
        labels: &[],
        description: "Seconds that one sweep of at most twenty pages took",
    },
];
