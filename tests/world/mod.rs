//! The provider in process: a clock to advance, chance that repeats, a store in memory that counts and can fail, and
//! around it people with browsers, relying parties and strangers.
//!
//! A `World` is cheap to clone, so that tasks that run side by side can each have it.

mod ask;
mod assembly;
mod browser;
mod chance;
mod clients;
mod clock;
mod cookies;
mod engine;
mod http;
mod keys;
mod listening;
mod page;
mod people;
mod setup;

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use actors::{Tree, Unavailable, identity::Identity};
use openapi::listener::SharedEndpoint;
use protocol::{Clock, Realm, Timestamp};
use storage::Store;

pub(crate) use ask::Ask;
pub(crate) use browser::{Browser, Callback, Landed};
pub(crate) use clients::{RelyingParty, Tokens};
pub(crate) use engine::{Watched, Work};
pub(crate) use http::{Answer, Sent};
pub(crate) use listening::{Listening, Loopback};
pub(crate) use page::Page;
pub(crate) use people::{PASSWORD, Person};
pub(crate) use setup::Setup;

use clock::TestClock;

/// One provider and its surroundings.
#[derive(Clone)]
pub(crate) struct World(Arc<Inner>);

struct Inner {
    issuer: String,
    clock: Arc<TestClock>,
    engine: Arc<Watched>,
    store: Store,
    tree: Tree,
    identity: Identity,
    endpoint: SharedEndpoint,
    requests: AtomicU64,
    browsers: AtomicU64,
}

impl World {
    /// As `serve` runs by default, under `https://id.example`.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// As [`World::new`], but for what `change` changes.
    pub(crate) async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup::default();
        change(&mut setup);
        assembly::assemble(setup).await
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.0.issuer
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn engine(&self) -> &Watched {
        &self.0.engine
    }

    pub(crate) fn realm(&self) -> Realm {
        Realm::main()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Lets time pass, and runs what has become due.
    pub(crate) async fn advance(&self, by: Duration) {
        self.0.clock.advance(by);
        self.look().await.expect("every actor looks");
    }

    /// Lets time pass while everybody sleeps: nothing that is due runs.
    pub(crate) fn pass(&self, by: Duration) {
        self.0.clock.advance(by);
    }

    /// Runs what is due.
    pub(crate) async fn look(&self) -> Result<(), Unavailable> {
        self.0.tree.look().await
    }

    /// The names of the actors, in start order.
    pub(crate) fn actors(&self) -> Vec<String> {
        self.0.tree.status().into_iter().map(|child| child.name).collect()
    }

    /// Kills an actor as a crash would. It is restarted by its supervisor.
    pub(crate) async fn kill(&self, actor: &str) {
        assert!(self.0.tree.kill(actor).await, "no actor is named {actor}");
    }

    /// How much work was done since this was last asked.
    pub(crate) fn work(&self) -> Work {
        self.0.engine.work(self.0.identity.hashes_done())
    }
}
