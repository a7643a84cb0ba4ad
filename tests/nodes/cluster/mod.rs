//! Three nodes, a database and a balancer: an installation of many nodes on loopback, whose every process and connection
//! a test can end.

mod database;
mod ground;
mod node;
mod program;
mod relay;
pub(crate) mod waits;

use std::sync::{
    Arc, LazyLock, Weak,
    atomic::{AtomicU64, Ordering},
};

use tokio::{runtime::Runtime, sync::Mutex, task::JoinSet};

pub(crate) use database::Database;
pub(crate) use ground::Ground;
pub(crate) use node::{Node, Shared};
pub(crate) use relay::{Relay, Weather};

use crate::world::{Answer, Browser, Person, RelyingParty, Sent, Wire, says_when_to_come_again};

/// Under which a promise is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Circumstance {
    /// Nodes are told of changes, as by default.
    Hinted,
    /// Nobody tells: nodes only look.
    Unhinted,
    /// The connection between one node and the database is cut, and neither side is told.
    OneCutOff,
}

/// What a test chooses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice {
    pub(crate) has_hints: bool,
    /// The section `[tokens]`.
    pub(crate) tokens: &'static str,
}

impl Default for Choice {
    fn default() -> Self {
        Self { has_hints: true, tokens: "refresh_grace = \"30s\"" }
    }
}

impl Choice {
    /// As the circumstance says.
    pub(crate) fn of(circumstance: Circumstance) -> Self {
        Self { has_hints: circumstance != Circumstance::Unhinted, ..Self::default() }
    }
}

/// Ended with this value.
pub(crate) struct Cluster {
    pub(crate) nodes: [Arc<Node>; 3],
    /// Hands each connection to the next node; the issuer is its address.
    pub(crate) balancer: Relay,
    pub(crate) database: Arc<Database>,
    pub(crate) ground: Ground,
    wire: Wire,
    is_last_cut_off: bool,
}

/// One for all tests: what relays and clients of the database do must outlive the test that began it.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// Keeps a promise.
pub(crate) fn run(promise: impl Future<Output = ()>) {
    RUNTIME.block_on(promise);
}

impl Cluster {
    /// One that tests share as long as any of them runs. Whoever uses it ends nothing in it.
    pub(crate) async fn shared(circumstance: Circumstance) -> Arc<Self> {
        static SHARED: [Mutex<Weak<Cluster>>; 3] = [const { Mutex::const_new(Weak::new()) }; 3];
        let mut shared = SHARED[circumstance as usize].lock().await;
        if let Some(cluster) = shared.upgrade() {
            return cluster;
        }
        let cluster = Arc::new(Self::own(circumstance).await);
        *shared = Arc::downgrade(&cluster);
        cluster
    }

    /// One of its own.
    pub(crate) async fn with(choice: Choice) -> Self {
        Self::over(shared_database().await, choice).await
    }

    /// One of its own over this database, in a namespace of its own.
    pub(crate) async fn over(database: Arc<Database>, choice: Choice) -> Self {
        static NAMESPACES: AtomicU64 = AtomicU64::new(0);
        let balancer = Relay::to(&[]).await;
        let issuer = format!("http://{}", balancer.address);
        let Choice { has_hints, tokens } = choice;
        let namespace = format!("installation_{}", NAMESPACES.fetch_add(1, Ordering::SeqCst));
        let shared = Shared { issuer, namespace, has_hints, tokens };
        let start = |name| Node::start(name, &shared, database.address);
        let (one, two, three) = tokio::join!(start("one"), start("two"), start("three"));
        let nodes = [one, two, three].map(Arc::new);
        let ground = Ground::open(&nodes[0], database.address).await;
        let wire = Wire::connected(&shared.issuer, balancer.address);
        let cluster = Self { nodes, balancer, database, ground, wire, is_last_cut_off: false };
        cluster.balance();
        cluster
    }

    /// One of its own under this circumstance, for who ends nodes.
    pub(crate) async fn own(circumstance: Circumstance) -> Self {
        Self::own_over(shared_database().await, circumstance).await
    }

    /// The same, for who ends the database too.
    pub(crate) async fn own_over(database: Arc<Database>, circumstance: Circumstance) -> Self {
        let mut cluster = Self::over(database, Choice::of(circumstance)).await;
        if circumstance == Circumstance::OneCutOff {
            cluster.cut_off_the_last().await;
        }
        cluster
    }

    /// Lets the node that is cut off, if one is, hear the database again; it is ready when this returns.
    pub(crate) async fn reach_all(&self) {
        if let Some(cut) = self.cut_off() {
            cut.cut(Weather::Fair);
            cut.becomes(true).await;
        }
    }

    async fn cut_off_the_last(&mut self) {
        self.nodes[2].cut(Weather::Black);
        self.nodes[2].becomes(false).await;
        self.is_last_cut_off = true;
        self.balance();
    }

    /// Hands requests to every node that is not cut off, at its present address.
    pub(crate) fn balance(&self) {
        let addresses: Vec<_> = self.serving().iter().map(|node| node.address()).collect();
        self.balancer.lead_to(&addresses);
    }

    /// The nodes that are not cut off.
    pub(crate) fn serving(&self) -> &[Arc<Node>] {
        if self.is_last_cut_off { &self.nodes[..2] } else { &self.nodes }
    }

    /// The node that is cut off, if one is.
    pub(crate) fn cut_off(&self) -> Option<&Arc<Node>> {
        self.nodes.last().filter(|_| self.is_last_cut_off)
    }

    /// The way to all nodes, in turn.
    pub(crate) fn wire(&self) -> &Wire {
        &self.wire
    }

    pub(crate) fn browser(&self) -> Browser {
        self.wire.browser()
    }

    /// Sends the same request so many times at once, spread over all nodes; what those answered that are not cut off. One
    /// that is says so, and nothing else.
    pub(crate) async fn all_at_once(&self, count: usize, sent: &Sent) -> Vec<Answer> {
        let mut asked = JoinSet::new();
        for number in 0..count {
            let node = &self.nodes[number % self.nodes.len()];
            let is_cut_off = self.cut_off().is_some_and(|cut| Arc::ptr_eq(cut, node));
            let (wire, sent) = (node.wire(), sent.clone());
            asked.spawn(async move { (is_cut_off, wire.send(sent).await) });
        }
        let answered = asked.join_all().await.into_iter();
        let (cut_off, serving): (Vec<_>, Vec<_>) =
            answered.partition(|(is_cut_off, _)| *is_cut_off);
        cut_off.iter().for_each(|(_, answer)| says_when_to_come_again(answer));
        serving.into_iter().map(|(_, answer)| answer).collect()
    }

    pub(crate) async fn person(&self) -> Person {
        self.ground.person().await
    }

    /// A confidential client that speaks to the nodes in turn.
    pub(crate) async fn relying_party(&self) -> RelyingParty {
        self.ground.client(&self.wire, |_| {}).await
    }
}

/// The same client, speaking to one node alone.
pub(crate) fn at(party: &RelyingParty, node: &Node) -> RelyingParty {
    let (id, secret, uri) = (party.client_id, &party.secret, &party.redirect_uri);
    RelyingParty::registered(node.wire(), id, secret, uri)
}

/// The database of every test that does not end it, as long as any of them runs.
async fn shared_database() -> Arc<Database> {
    static SHARED: Mutex<Weak<Database>> = Mutex::const_new(Weak::new());
    let mut shared = SHARED.lock().await;
    if let Some(database) = shared.upgrade() {
        return database;
    }
    let database = Arc::new(Database::start().await);
    *shared = Arc::downgrade(&database);
    database
}
