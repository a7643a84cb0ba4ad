//! Counts what is asked and refuses what is too much (MISSION L2), and bounds how much is answered at once (P4).
//!
//! Owns the exchange with the other nodes: what this one has admitted is published, and theirs is read and counted, where
//! a key is hot and never where there is one node. Whether a request is admitted is decided by whoever asks, in memory
//! that outlives the actor. When it dies, keys that are hot are held back until the next incarnation's exchange; nothing
//! is let through twice.

use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

use protocol::{
    AccountId, ClientId, KeyRing, Realm, Secret,
    limits::{Allowance, Decision, Limit, Policy, Route},
    randomness::random,
};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use storage::{Store, engine::Version};

use crate::{
    Child, ChildSpec,
    address::{Queue, Reply},
    lockout::{KnownDevice, Subject},
    trouble::Trouble,
};

mod exchange;
mod gate;
mod key;
mod live;
mod meters;
mod reading;
mod table;
#[cfg(test)]
mod tests;

use exchange::Exchange;
use gate::Gate;
pub use gate::{Entered, Shed};
use key::Key;
use live::Live;
pub use meters::METRICS;
use meters::Meters;
use reading::Readings;
use table::Table;

/// How often it looks: what is hot is told to the other nodes a fifth of a second later, and not more often.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Nobody asks it anything.
const QUEUE: Queue = Queue { length_max: 1, deadline: Duration::from_secs(30) };

/// How the limits of one process run. What is limited by how much is a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Whether other nodes serve the same store.
    pub is_shared: bool,
    /// Keys that are counted by themselves, about: some 300 bytes each. What comes beyond shares counters.
    pub keys_max: usize,
    /// Requests that are answered at once, and as many that wait.
    pub requests_in_flight_max: usize,
    /// How long one of those waits at most.
    pub request_wait_max: Duration,
}

/// The door to the limits. Cheap to clone.
#[derive(Clone)]
pub struct Limits(Arc<Inner>);

struct Inner {
    store: Store,
    table: Arc<Table>,
    live: Arc<Live>,
    gate: Arc<Gate>,
    readings: Readings,
    meters: Arc<Meters>,
    naming: Secret<[u8; 32]>,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a refused request must not be answered"]
pub enum Verdict {
    /// Nothing limits it.
    Unlimited,
    /// It is counted, and may be answered.
    Admitted(Standing),
    /// It may not, and is not counted.
    Refused {
        /// How it stands.
        standing: Standing,
        /// Until it pays to come again.
        wait: Duration,
    },
}

/// How somebody stands with a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What is limited.
    pub policy: Policy,
    /// By how much.
    pub limit: Limit,
    /// What is left of it.
    pub left: u32,
    /// Until something of it comes back.
    pub reset: Duration,
}

impl Limits {
    /// Counts a request from `address` under a limit by address.
    pub fn address(&self, policy: Policy, address: IpAddr) -> Verdict {
        self.count(policy, address, || Key::of_address(policy, address))
    }

    /// Counts one of all requests of a kind. Its address is asked for as those of excluded networks are not counted.
    pub fn all(&self, policy: Policy, address: IpAddr) -> Verdict {
        self.count(policy, address, || Key::All(policy))
    }

    /// Counts an attempt to sign in as `subject`, before it is looked at. A browser that is known to the account has a
    /// counter of its own: whoever knows no more than a name cannot use up its owner's attempts.
    pub fn account(
        &self,
        realm: &Realm,
        (subject, device): (&Subject, Option<&KnownDevice>),
        address: IpAddr,
    ) -> Verdict {
        let key = || Key::of_account(self.0.naming.expose(), realm, (subject, device));
        self.count(Policy::Account, address, key)
    }

    /// Counts a request of a client that has proved who it is. `set` is what holds for this client alone.
    pub fn client(
        &self,
        (client_id, route): (ClientId, Route),
        set: Option<Allowance>,
        address: IpAddr,
    ) -> Verdict {
        self.count_client(client_id, set, address, || Key::Client(route, client_id))
    }

    /// Counts a request that brings what a client was given for an end-user. Each end-user of a client is counted by
    /// themselves: whoever has a token of their own uses up nothing of the others.
    pub fn end_user(
        &self,
        (realm, client_id, account_id): (&Realm, ClientId, AccountId),
        set: Option<Allowance>,
        address: IpAddr,
    ) -> Verdict {
        let naming = self.0.naming.expose();
        let key = || Key::of_end_user(naming, realm, (client_id, account_id));
        self.count_client(client_id, set, address, key)
    }

    fn count_client(
        &self,
        client_id: ClientId,
        set: Option<Allowance>,
        address: IpAddr,
        key: impl FnOnce() -> Key,
    ) -> Verdict {
        let live = self.0.live.now();
        if live.clients.contains(&client_id) || live.settings.exclusions.contain(address) {
            return Verdict::Unlimited;
        }
        let allowance = set.unwrap_or_else(|| live.settings.allowance(Policy::Client));
        let Some(limit) = allowance.limit() else { return Verdict::Unlimited };
        self.judge(Policy::Client, key(), limit)
    }

    /// Whether `address` has used up a limit by address. Nothing is counted.
    pub fn is_used_up(&self, policy: Policy, address: IpAddr) -> bool {
        let live = self.0.live.now();
        let Some(limit) = live.settings.allowance(policy).limit() else { return false };
        let Inner { store, table, .. } = &*self.0;
        !live.settings.exclusions.contain(address)
            && table.is_used_up(Key::of_address(policy, address), limit, store.now())
    }

    fn count(&self, policy: Policy, address: IpAddr, key: impl FnOnce() -> Key) -> Verdict {
        let live = self.0.live.now();
        let Some(limit) = live.settings.allowance(policy).limit() else {
            return Verdict::Unlimited;
        };
        if live.settings.exclusions.contain(address) {
            return Verdict::Unlimited;
        }
        self.judge(policy, key(), limit)
    }

    fn judge(&self, policy: Policy, key: Key, limit: Limit) -> Verdict {
        let Inner { store, table, meters, .. } = &*self.0;
        let (decision, (left, reset)) = table.admit(key, limit, store.now());
        meters.decided(policy, decision);
        let standing = Standing { policy, limit, left, reset };
        match decision {
            Decision::Admitted => Verdict::Admitted(standing),
            Decision::Used { wait } => Verdict::Refused { standing, wait },
            Decision::Unheard => {
                let standing = Standing { left: 0, reset: EXCHANGED_WITHIN, ..standing };
                Verdict::Refused { standing, wait: EXCHANGED_WITHIN }
            }
        }
    }

    /// A place among the requests that are answered at once; waits a moment for one.
    ///
    /// # Errors
    /// There is none, and this request would not be answered in time either.
    pub async fn enter(&self) -> Result<Entered, Shed> {
        self.0.gate.enter().await
    }

    /// Waits for `reading` to read the body of a request, which has no place yet.
    ///
    /// # Errors
    /// It is waited for no longer, as too many others have begun since.
    pub async fn read<T>(&self, reading: impl Future<Output = T>) -> Result<T, Shed> {
        self.0.readings.wait(reading).await
    }

    /// Reads the settings, for whoever has just changed them.
    ///
    /// # Errors
    /// The store does not answer: what was read before holds until it does.
    pub async fn refresh(&self) -> Result<(), storage::StorageError> {
        self.0.live.read().await
    }

    /// The version of the server's settings that this node follows; zero where nobody has set any.
    pub fn settings_version(&self) -> u64 {
        self.0.live.now().version
    }
}

/// When a node that is held back until its exchange should be asked again.
const EXCHANGED_WITHIN: Duration = Duration::from_secs(1);

/// The child to supervise, `limits`, and the handle by which requests are counted.
pub fn child(settings: Settings, store: &Store, realm: &Realm, ring: &KeyRing) -> (Child, Limits) {
    let meters = Arc::new(Meters::new());
    let table = Arc::new(Table::new(settings.keys_max, settings.is_shared));
    let live = Live::new(store, realm);
    let gate =
        Gate::new(settings.requests_in_flight_max, settings.request_wait_max, Arc::clone(&meters));
    let exchange = settings.is_shared.then(|| {
        let process = format!("{:032x}", u128::from_be_bytes(random(store.randomness())));
        Exchange::new(store, realm, process, Arc::clone(&table))
    });
    let limits = Limits(Arc::new(Inner {
        store: store.clone(),
        table: Arc::clone(&table),
        live: Arc::clone(&live),
        gate: Arc::new(gate),
        readings: Readings::new(settings.requests_in_flight_max, Arc::clone(&meters)),
        meters: Arc::clone(&meters),
        naming: ring.derive("doorward limits account"),
    }));
    let keeper = Keeper { live, exchange, table, meters };
    let spec = ChildSpec::new("limits", QUEUE).look_every(LOOK_EVERY, Message::Look);
    (spec.child(move || (keeper.clone(), ())).0, limits)
}

enum Message {
    /// Timer: settings may have changed, and keys may be hot.
    Look(Reply<()>),
}

#[derive(Clone)]
struct Keeper {
    live: Arc<Live>,
    exchange: Option<Arc<Exchange>>,
    table: Arc<Table>,
    meters: Arc<Meters>,
}

struct State {
    reading: Trouble,
    exchanging: Trouble,
    /// What was read of other processes last.
    heard: HashMap<String, Version>,
}

impl Actor for Keeper {
    type Msg = Message;
    type State = State;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<State, ActorProcessingErr> {
        Ok(State {
            reading: Trouble::new("reading settings"),
            exchanging: Trouble::new("telling other nodes what is limited"),
            heard: HashMap::new(),
        })
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        Message::Look(reply): Message,
        State { reading, exchanging, heard }: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        reading.note(self.live.look().await);
        if let Some(exchange) = &self.exchange {
            let outcome = exchange.look(heard).await;
            self.meters.exchanged(&outcome);
            exchanging.note(outcome.map(drop));
        }
        self.meters.keys.set(self.table.len() as f64);
        reply.send(());
        Ok(())
    }
}
