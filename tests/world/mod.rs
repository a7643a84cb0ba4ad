//! The provider in process: a clock to advance, chance that repeats, a store that counts and can fail, and around it
//! people with browsers, relying parties and strangers.
//!
//! A `World` is cheap to clone, so that tasks that run side by side can each have it.

mod ask;
mod assembly;
pub(crate) mod asserting;
mod browser;
mod chance;
pub(crate) mod clients;
mod clock;
mod cookies;
mod ear;
mod engine;
mod gates;
mod http;
mod keys;
mod listening;
pub(crate) mod outside;
mod page;
mod people;
mod process;
pub(crate) mod recipient;
mod rows;
mod setup;
mod taken_back;
mod wire;

use std::{sync::Arc, time::Duration};

use actors::Unavailable;
use doorward::start::{Policies, Running};
use flows::{Flows, admin::Administrator};
use openapi::{Provider, listener::SharedEndpoint};
use protocol::{Clock, Realm, Timestamp};
use storage::Store;

pub(crate) use ask::Ask;
pub(crate) use browser::{Browser, Callback, Landed};
pub(crate) use clients::{POST_LOGOUT_REDIRECT_URI, RelyingParty, Tokens, answered_anyhow, basic};
pub(crate) use ear::{Ear, Says};
pub(crate) use engine::{Watched, Work};
pub(crate) use http::{Answer, Sent, encode, says_when_to_come_again, statuses};
pub(crate) use listening::{Listening, Loopback};
pub(crate) use page::Page;
pub(crate) use people::{PASSWORD, Person};
pub(crate) use process::Installation;
pub(crate) use setup::Setup;
pub(crate) use taken_back::{algorithm, claims};
pub(crate) use wire::Wire;

use clock::TestClock;

/// One provider and its surroundings.
#[derive(Clone)]
pub(crate) struct World(Arc<Inner>);

struct Inner {
    wire: Wire,
    clock: Arc<TestClock>,
    engine: Arc<Watched>,
    running: Arc<Running>,
    provider: Provider,
    endpoint: SharedEndpoint,
    policies: Policies,
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
        assembly::start(setup).await
    }

    /// Another node over the same store, by the same clock, under the same master key. What it is told is what this one was,
    /// but for its name.
    pub(crate) async fn beside(&self, node: &str) -> Self {
        assembly::beside(self, node).await
    }

    /// The way to the provider, for those outside.
    pub(crate) fn wire(&self) -> &Wire {
        &self.0.wire
    }

    pub(crate) fn issuer(&self) -> &str {
        self.wire().issuer()
    }

    /// A browser at an address of its own, without cookies.
    pub(crate) fn browser(&self) -> Browser {
        self.wire().browser()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.running.store
    }

    /// What happens on requests, for what has no page yet.
    pub(crate) fn flows(&self) -> &Flows {
        &self.0.running.flows
    }

    /// Who administers here.
    pub(crate) fn operator(&self) -> Administrator {
        Administrator::of_node(&self.realm())
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

    /// The OpenAPI document of what is served.
    pub(crate) fn document(&self) -> String {
        openapi::document(&self.0.provider)
    }

    /// Lets time pass, and runs what was due before and what has become due.
    pub(crate) async fn advance(&self, by: Duration) {
        self.look().await.expect("every actor looks");
        self.0.clock.advance(by);
        self.look().await.expect("every actor looks");
    }

    /// Lets time pass while everybody sleeps: nothing that is due runs.
    pub(crate) fn pass(&self, by: Duration) {
        self.0.clock.advance(by);
    }

    /// Runs what is due.
    pub(crate) async fn look(&self) -> Result<(), Unavailable> {
        self.0.running.tree.look().await
    }

    /// The names of the actors, in start order.
    pub(crate) fn actors(&self) -> Vec<String> {
        self.0.running.tree.status().into_iter().map(|child| child.name).collect()
    }

    /// Kills an actor as a crash would. It is restarted by its supervisor.
    pub(crate) async fn kill(&self, actor: &str) {
        assert!(self.0.running.tree.kill(actor).await, "no actor is named {actor}");
    }

    /// How much work was done since this was last asked.
    pub(crate) fn work(&self) -> Work {
        self.0.engine.work(self.flows().identity.hashes_done())
    }
}
