//! A provider put together from its parts, with no socket: by the program over a file, by tests over memory.

use std::sync::Arc;

use actors::{
    Child, StartError, Tree, TreeFailed, Unavailable,
    audit::{self, Audit, Events},
    feed, identity, janitor, keys, limits, lockout,
    logouts::{self, BackChannel, Telling},
    outgoing::Outgoing,
    refusals, sessions,
};
use flows::{Flows, Remembered};
use openapi::{Provider, pages::view::Mode};
use protocol::{Clock, KeyRing, Randomness, Realm};
use storage::{Engine, Store, installation::NotOurs};
use url::Url;

use super::{Policies, back_channel::Guarded};

/// What a provider is put together from.
pub struct Parts {
    /// What remembers.
    pub engine: Arc<dyn Engine>,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
    /// What gives chance.
    pub randomness: Arc<dyn Randomness>,
    /// What seals.
    pub ring: Arc<KeyRing>,
    /// What reaches clients that are told of logouts, where it is not the way that the program has.
    pub channel: Option<Arc<dyn BackChannel>>,
    /// What the parts are told.
    pub policies: Policies,
}

/// A provider whose actors do not run yet. What needs none of them works: storage, and flows that only read or write it.
pub struct Assembly {
    /// What outlives the process.
    pub store: Store,
    /// What seals.
    pub ring: Arc<KeyRing>,
    /// The realm that is served.
    pub realm: Realm,
    /// What happens on requests.
    pub flows: Flows,
    /// The chain of this node.
    pub audit: Audit,
    children: Vec<Child>,
    policies: Policies,
}

/// A provider that runs.
pub struct Running {
    /// What outlives the process.
    pub store: Store,
    /// What seals.
    pub ring: Arc<KeyRing>,
    /// The realm that is served.
    pub realm: Realm,
    /// What happens on requests.
    pub flows: Flows,
    /// The chain of this node.
    pub audit: Audit,
    /// Its actors.
    pub tree: Arc<Tree>,
}

/// Why a provider does not run.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// The store belongs to another installation, or does not answer.
    #[error(transparent)]
    NotOurs(#[from] NotOurs),
    /// An actor refused to start.
    #[error(transparent)]
    Tree(#[from] StartError),
    /// The actors died again and again.
    #[error(transparent)]
    Failed(#[from] TreeFailed),
    /// The tree was stopped.
    #[error("the signing keys are not there: {0}")]
    NoKeys(#[from] Unavailable),
}

/// Puts the parts together, in DESIGN 6's order. Nothing is read, written or started, and whatever measures binds to the
/// recorder that is current in this call.
pub fn assemble(parts: Parts) -> Assembly {
    let Parts { engine, clock, randomness, ring, channel, policies } = parts;
    let realm = Realm::main();
    let node = policies.node.as_str();
    let store = Store::new(engine, clock, randomness);
    let events = Events::new(store.clone(), Arc::clone(&ring), node);

    let (audit_child, audit) = audit::child(&store, (&realm, node), &ring);
    let (keys_child, keys) =
        keys::child(policies.keys.clone(), &store, (&realm, node), (&ring, &events));
    let feed_child = feed::child(&store);
    let (limits_child, limits) = limits::child(policies.limits, &store, &realm, &ring);
    let (lockout_children, lockout) = lockout::children(policies.lockout, &store, &events, &ring);
    let (sessions_children, sessions) =
        sessions::children(policies.sessions_shards, policies.timeouts, &store, &events);
    let outgoing = Outgoing::new(policies.outgoing.clone());
    let telling = Telling {
        keys: keys.clone(),
        ring: Arc::clone(&ring),
        events: events.clone(),
        channel: channel.unwrap_or_else(|| Arc::new(Guarded(outgoing.clone()))),
        settings: policies.logouts,
    };
    let (logouts_child, logouts) = logouts::child(&store, (&realm, node), telling);
    let (identity_child, identity) = identity::children(&policies.identity, &store);
    let (refusals_child, refusals) = refusals::child(&store, node, &events);
    let janitor_child = janitor::child(&store, (&realm, node));

    let mut children = vec![audit_child, keys_child, feed_child, limits_child];
    children.extend(lockout_children);
    children.extend(sessions_children);
    children.extend([logouts_child, identity_child, refusals_child, janitor_child]);
    let flows = Flows::new(flows::Parts {
        remembered: Remembered::new(&store, policies.revocation_staleness_max),
        store: store.clone(),
        events,
        audit: audit.clone(),
        keys,
        limits,
        refusals,
        lockout,
        sessions,
        logouts,
        identity,
        outgoing,
        ring: Arc::clone(&ring),
        lifetimes: policies.lifetimes,
    });
    Assembly { store, ring, realm, flows, audit, children, policies }
}

impl Assembly {
    /// Makes sure that the store is sealed under this master key; marks a new store with it.
    ///
    /// # Errors
    /// The store bears the mark of another one, or does not answer.
    pub async fn claim(&self) -> Result<(), NotOurs> {
        self.store.claim(&self.realm, self.ring.current()).await
    }

    /// Claims the store, starts the actors, and waits until something can be signed.
    ///
    /// # Errors
    /// [`NotStarted`]; nothing runs then.
    pub async fn start(self) -> Result<Running, NotStarted> {
        self.claim().await?;
        let Self { store, ring, realm, flows, audit, children, policies } = self;
        let tree = Tree::start(children, policies.limit).await?;
        let failed = tokio::select! {
            ready = flows.keys.ready() => ready.map_err(NotStarted::from),
            failed = tree.failed() => Err(failed.into()),
        };
        match failed {
            Ok(()) => Ok(Running { store, ring, realm, flows, audit, tree: Arc::new(tree) }),
            Err(why) => {
                tree.stop().await;
                Err(why)
            }
        }
    }

    /// Who answers under `issuer`.
    pub fn provider(&self, issuer: Url, mode: Mode) -> Provider {
        provider(&self.flows, &self.realm, issuer, mode)
    }
}

impl Running {
    /// Who answers under `issuer`.
    pub fn provider(&self, issuer: Url, mode: Mode) -> Provider {
        provider(&self.flows, &self.realm, issuer, mode)
    }
}

fn provider(flows: &Flows, realm: &Realm, issuer: Url, mode: Mode) -> Provider {
    Provider::new(openapi::Parts { flows: flows.clone(), realm: realm.clone(), issuer, mode })
}
