//! Refusals on their way to the store: a bounded queue, and the actor that writes it (MISSION A2, "errors that help").
//!
//! Whoever refuses hands over what is known and waits for nothing. The explanation is put together afterwards, from the
//! client as it is registered and from what the code or token that was presented is to the store, so that it can neither
//! change an answer nor slow it. The queue outlives the actor: its death loses nothing, the death of the process what was
//! not yet written, some milliseconds' worth.
//!
//! **A flood fills neither the store nor the audit log, and hides nobody else's refusals.** What is kept is counted against
//! an allowance, a day's worth and a second's worth: one for those who have proved something, one for strangers, and a small
//! one for what applications are told every day that ask with `prompt=none`. Of each a client, an operator or a network has a
//! share. What is beyond is counted and forgotten.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use protocol::{
    AccountId, Realm, Timestamp,
    event::{self, Personal},
    oauth_error::ErrorCode,
    randomness::random,
    refusal::{Fact, Reason, Received, RefusalId, RefusedAt},
};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use storage::Store;

use crate::{
    Child, ChildSpec,
    address::{Address, Queue, Reply, Unavailable},
    audit::Events,
    trouble::Trouble,
};

mod allowance;
mod found;
mod meters;
mod queue;
#[cfg(test)]
mod tests;
mod writer;

use allowance::{Allowances, Kind};
pub use meters::METRICS;
use meters::Meters;
use queue::{Offered, Waiting};
use writer::Writer;

/// A request that was refused, as its flow tells of it.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Its realm.
    pub realm: Realm,
    /// Who answered.
    pub issuer: String,
    /// Names the request.
    pub request_id: String,
    /// Where it was refused.
    pub endpoint: RefusedAt,
    /// What the client was told.
    pub error: ErrorCode,
    /// Why.
    pub reason: Reason,
    /// What the error itself knows.
    pub facts: Vec<Fact>,
    /// What it brought.
    pub received: Received,
    /// The operator or the client that was believed to ask, if one was.
    pub by: Option<event::Actor>,
    /// The end-user whom it concerns, where the flow knows.
    pub account_id: Option<AccountId>,
    /// The address of the peer, behind proxies that are trusted.
    pub address: IpAddr,
    /// For its event, sealed.
    pub personal: Personal,
}

impl Refused {
    /// Whether a client or an operator had proved who it is, or a bearer that the token is ours.
    pub(crate) fn is_proved(&self) -> bool {
        if self.by.is_some() {
            return true;
        }
        // Elsewhere nobody looks whether what was sent proves anything.
        let is_for_clients =
            matches!(self.endpoint, RefusedAt::Token | RefusedAt::Introspect | RefusedAt::Revoke);
        let by_client = is_for_clients
            && self.reason.follows_proof()
            && self.received.is_authenticated_by_proof();
        // Of a token that says nothing by itself nobody knows whether it was ever given.
        by_client || (self.reason.follows_signature() && self.received.bearer.is_some())
    }

    /// Against which allowance it counts.
    fn kind(&self) -> Kind {
        if self.reason.is_expected() {
            Kind::Expected
        } else if self.is_proved() {
            Kind::Proved
        } else {
            Kind::Strangers
        }
    }

    /// Against whose share of it: the operator's or the client's that was believed; of those who have a token of a client
    /// that holds no more, one that is theirs and not the client's; and of everybody else the network, an IPv4 /24 or an
    /// IPv6 /48, as whoever has one address there easily has others.
    fn share(&self) -> String {
        let bearer = || self.received.bearer.as_ref()?.client_id();
        let client_id = || self.received.client_id().or_else(bearer);
        match (&self.by, self.kind()) {
            (Some(by), _) => format!("{by:?}"),
            (None, Kind::Proved) => format!("{:?}", client_id()),
            (None, Kind::Strangers | Kind::Expected) => match self.address.to_canonical() {
                IpAddr::V4(address) => {
                    Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << 8)).to_string()
                }
                IpAddr::V6(address) => {
                    Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 80)).to_string()
                }
            },
        }
    }
}

/// A refusal that waits to be written.
#[derive(Debug)]
struct Noted {
    id: RefusalId,
    at: Timestamp,
    refused: Refused,
}

/// The way of refusals into the store. Cheap to clone.
#[derive(Clone)]
pub struct Refusals {
    store: Store,
    waiting: Arc<Waiting>,
    allowances: Arc<Allowances>,
    address: Address<Message>,
    meters: Arc<Meters>,
}

impl Refusals {
    /// Takes a refusal, if there is room for it. Never waits. What did not come through the border has no id and is not kept.
    pub fn note(&self, refused: Refused) {
        let Ok(id) = refused.request_id.parse() else { return };
        let at = self.store.now();
        if !self.allowances.takes(refused.kind(), &refused.share(), at) {
            return self.meters.beyond_allowance.increment(1);
        }
        match self.waiting.offer(Noted { id, at, refused }) {
            Offered::Full => self.meters.queue_full.increment(1),
            // Only a hint: the timer writes them anyway.
            Offered::First => _ = self.address.tell(Message::Look),
            Offered::Queued => {}
        }
    }

    /// Writes what waits now, so that who looks a refusal up finds what was answered before.
    ///
    /// # Errors
    /// Only about reaching the actor. Where the store does not answer, what waits goes on waiting.
    pub async fn written(&self) -> Result<(), Unavailable> {
        if self.waiting.is_empty() { Ok(()) } else { self.address.ask(Message::Look).await }
    }
}

/// How often it looks for what could not be written before.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Callers hint, and operators wait.
const QUEUE: Queue = Queue { length_max: 16, deadline: Duration::from_secs(5) };

/// The child to supervise, `refusals`, and the handle, on `node`.
pub fn child(store: &Store, node: &str, events: &Events) -> (Child, Refusals) {
    let (waiting, meters) = (Arc::new(Waiting::default()), Arc::new(Meters::new()));
    let writer = Arc::new(Writer {
        store: store.clone(),
        node: node.into(),
        events: events.clone(),
        waiting: Arc::clone(&waiting),
        meters: Arc::clone(&meters),
    });
    let spec = ChildSpec::new("refusals", QUEUE).look_every(LOOK_EVERY, Message::Look);
    let (child, address) = spec.child(move || (Writing { writer: Arc::clone(&writer) }, ()));
    let allowances = Arc::new(Allowances::new(random(store.randomness())));
    (child, Refusals { store: store.clone(), waiting, allowances, address, meters })
}

enum Message {
    /// Timer, hint or question: refusals may wait to be written.
    Look(Reply<()>),
}

struct Writing {
    writer: Arc<Writer>,
}

impl Actor for Writing {
    type Msg = Message;
    type State = Trouble;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<Trouble, ActorProcessingErr> {
        Ok(Trouble::new("writing refusals"))
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        Message::Look(reply): Message,
        trouble: &mut Trouble,
    ) -> Result<(), ActorProcessingErr> {
        trouble.note(self.writer.write().await);
        reply.send(());
        Ok(())
    }

    /// A process that is stopped in order leaves none unwritten.
    async fn post_stop(
        &self,
        _: ActorRef<Message>,
        trouble: &mut Trouble,
    ) -> Result<(), ActorProcessingErr> {
        trouble.note(self.writer.write().await);
        Ok(())
    }
}
