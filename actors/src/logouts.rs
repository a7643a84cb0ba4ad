//! Tells clients that a session is over: the outbox on its way to their back channels (OpenID Connect Back-Channel Logout
//! 1.0 §2.5).
//!
//! Whoever ends a session puts a notice into the batch of it, and tells the clients right after, for as long as an answer
//! may be held up. What could not be told then is tried again by the actor, under a lease, less and less often, and given
//! up after a day. It owns a timer and, on one node at a time, the lease. When it dies nothing is lost: what is due is
//! found again at the next look, on this node or another. A client may be told twice, always with the same `jti`.

use std::{sync::Arc, time::Duration};

use protocol::{ClientId, KeyRing, LogoutId, Realm, SessionId};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use storage::{
    Batch, StorageError, Store,
    leases::Lease,
    logouts::{Ended, LogoutNotice},
};

use crate::{
    Child, ChildSpec,
    address::{Queue, Reply},
    audit::Events,
    keys::Keys,
    trouble::Trouble,
};

mod channel;
mod meters;
mod outbox;
mod rounds;
#[cfg(test)]
mod tests;

pub use channel::{BackChannel, NotPosted};
pub use meters::METRICS;
use meters::Meters;
use outbox::Outbox;
use rounds::Rounds;

/// How patient we are with clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// For how long the end of a session may wait for a client before it is answered.
    pub hold_max: Duration,
    /// How long a client may take when nobody waits.
    pub post_max: Duration,
    /// For how long after the end of a session it is tried.
    pub tried_for: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hold_max: Duration::from_secs(2),
            post_max: Duration::from_secs(5),
            tried_for: Duration::from_secs(24 * 3600),
        }
    }
}

/// What clients are told with, and how.
pub struct Telling {
    /// What signs.
    pub keys: Keys,
    /// What the names of sessions and end-users come from, and what opens the secrets that sign.
    pub ring: Arc<KeyRing>,
    /// The way into the audit log.
    pub events: Events,
    /// The way to clients.
    pub channel: Arc<dyn BackChannel>,
    /// How patient we are.
    pub settings: Settings,
}

/// Clients of one session that are looked at when it ends. Their part is kept for each, so a session has few.
pub const CLIENTS_MAX: usize = 64;

/// The way of logouts to clients. Cheap to clone.
#[derive(Clone)]
pub struct Logouts {
    store: Store,
    outbox: Arc<Outbox>,
}

/// A notice that is in a batch.
#[derive(Debug)]
pub struct Noted {
    notice: LogoutNotice,
    /// The clients that took part in the session, at most [`CLIENTS_MAX`]; of sessions of an account not all.
    pub clients: Vec<ClientId>,
}

impl Logouts {
    /// Puts into `batch`, which ends a session, that clients are to be told. Nothing where none took part in it that wants
    /// to be told: who takes part at this very moment was given a code that is good for nothing without the session.
    pub async fn note(
        &self,
        batch: &mut Batch,
        realm: &Realm,
        ended: Ended,
    ) -> Result<Option<Noted>, StorageError> {
        let page = match ended {
            Ended::Session(session_id) => {
                self.store.clients_of_session(realm, session_id, None, CLIENTS_MAX).await?
            }
            Ended::SessionsOf(account_id) => {
                self.store.clients_of_sessions_of(realm, account_id, None, 1).await?
            }
        };
        if page.items.is_empty() {
            return Ok(None);
        }
        let logout_id = LogoutId::new(self.store.randomness());
        let notice = LogoutNotice::new(logout_id, realm, ended, batch.now());
        batch.create(&notice);
        let clients = page.items.iter().map(|client| client.client_id).collect();
        Ok(Some(Noted { notice, clients }))
    }

    /// As [`Self::note`], of one session.
    pub async fn note_session(
        &self,
        batch: &mut Batch,
        realm: &Realm,
        session_id: SessionId,
    ) -> Result<Option<Noted>, StorageError> {
        self.note(batch, realm, Ended::Session(session_id)).await
    }

    /// Tells the clients, once the batch is committed. Returns when each has answered or has held this up for as long as it
    /// may, and never fails: the actor tries again.
    #[tracing::instrument(level = "debug", name = "logouts.tell", skip_all)]
    pub async fn tell(&self, noted: Option<Noted>) {
        let Some(Noted { notice, .. }) = noted else { return };
        if let Err(error) = Outbox::tell(&self.outbox, &notice).await {
            tracing::warn!(%error, "clients are told of a logout later");
        }
    }
}

/// How often it looks for what is due.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Nobody asks it anything.
const QUEUE: Queue = Queue { length_max: 1, deadline: Duration::from_secs(30) };

/// The child to supervise, `logouts`, and the handle.
pub fn child(store: &Store, (realm, node): (&Realm, &str), telling: Telling) -> (Child, Logouts) {
    let outbox = Arc::new(Outbox::new(store, telling, Meters::new()));
    let rounds = Arc::new(Rounds::new(&outbox, realm, node));
    let spec = ChildSpec::new("logouts", QUEUE).look_every(LOOK_EVERY, Message::Look);
    let (child, _) = spec.child(move || (Postman { rounds: Arc::clone(&rounds) }, ()));
    (child, Logouts { store: store.clone(), outbox })
}

enum Message {
    /// Timer: a logout may be due.
    Look(Reply<()>),
}

struct Postman {
    rounds: Arc<Rounds>,
}

struct State {
    lease: Option<Lease>,
    trouble: Trouble,
}

impl Actor for Postman {
    type Msg = Message;
    type State = State;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<State, ActorProcessingErr> {
        Ok(State { lease: None, trouble: Trouble::new("telling clients of logouts") })
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        Message::Look(reply): Message,
        State { lease, trouble }: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        trouble.note(self.rounds.look(lease).await);
        reply.send(());
        Ok(())
    }
}
