//! Applications that go on refreshing whatever happens to the nodes, and remember what they were acknowledged.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, task::JoinSet, time::timeout};

use crate::{
    cluster::{Cluster, Node, at, waits},
    world::{Answer, Ask, Browser, Person, RelyingParty, Tokens, Wire, says_when_to_come_again},
};

/// Longer, and an application asks another node.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Between two requests of one application.
const PAUSE: Duration = Duration::from_millis(50);

/// Told to stop by [`Load::stop`], or dropped.
pub(crate) struct Load {
    applications: JoinSet<Application>,
    counts: Arc<Counts>,
    stop: watch::Sender<bool>,
}

/// How often what came back.
#[derive(Debug, Default)]
struct Counts {
    acknowledged: AtomicUsize,
    unavailable: AtomicUsize,
}

/// One application, and what it was acknowledged last.
#[derive(Clone)]
pub(crate) struct Application {
    pub(crate) party: RelyingParty,
    /// Its end-user.
    pub(crate) person: Person,
    /// Where they signed in.
    pub(crate) browser: Browser,
    /// What it asked for then, and the code that it was given.
    pub(crate) ask: Ask,
    pub(crate) code: String,
    pub(crate) tokens: Tokens,
    /// What it was told that nobody may be told whose tokens are good.
    pub(crate) refused: Option<Answer>,
}

impl Application {
    /// Whose end-user has just signed in.
    pub(crate) async fn new(cluster: &Cluster) -> Self {
        Self::with(cluster, (cluster.relying_party().await, cluster.browser())).await
    }

    /// Whose end-user has just signed in at one node, and stays with it.
    pub(crate) async fn new_at(cluster: &Cluster, node: &Node) -> Self {
        let (wire, party) = (node.wire(), cluster.relying_party().await);
        Self::with(cluster, (at(&party, node), wire.browser())).await
    }

    async fn with(cluster: &Cluster, (party, mut browser): (RelyingParty, Browser)) -> Self {
        let person = cluster.person().await;
        let ask = party.ask();
        let code = browser.authorize(&ask, &person).await.code().to_owned();
        let tokens = Tokens::read(party.redeem(&ask, &code).await);
        Self { party, person, browser, ask, code, tokens, refused: None }
    }

    /// All that it was acknowledged is there, as `node` knows it.
    pub(crate) async fn lost_nothing(&self, node: &Node) {
        let (name, party) = (&node.name, at(&self.party, node));
        assert!(self.refused.is_none(), "{:?}", self.refused);
        let userinfo = party.userinfo(&self.tokens.access_token).await;
        assert_eq!(userinfo.status, 200, "{name} {userinfo:?}");
        let refreshed = party.refresh(self.tokens.refresh_token()).await;
        assert_eq!(refreshed.status, 200, "{name} {refreshed:?}");
        let silent = party.ask().set("prompt", "none");
        let silent = self.browser.clone().at(&node.wire()).open(&silent.url()).await.callback();
        assert!(silent.get("code").is_some(), "{name} {silent:?}");
    }

    /// Refreshes once; whoever is not answered asks again with what they have.
    async fn refresh(&mut self, wire: &Wire, counts: &Counts) {
        let asked = wire.try_send(self.party.refreshing(self.tokens.refresh_token()));
        match timeout(ANSWER_WITHIN, asked).await {
            Ok(Some(answer)) if answer.status == 200 => {
                self.tokens = Tokens::read(answer);
                counts.acknowledged.fetch_add(1, Ordering::SeqCst);
            }
            Ok(Some(answer)) if answer.status == 503 => {
                says_when_to_come_again(&answer);
                counts.unavailable.fetch_add(1, Ordering::SeqCst);
            }
            Ok(Some(answer)) => self.refused = Some(answer),
            Ok(None) | Err(_) => {}
        }
    }
}

impl Load {
    /// By so many applications, over all nodes in turn.
    pub(crate) async fn of(cluster: &Cluster, count: usize) -> Self {
        let (stop, counts) = (watch::Sender::new(false), Arc::new(Counts::default()));
        let mut applications = JoinSet::new();
        for _ in 0..count {
            let mut application = Application::new(cluster).await;
            let (wire, counts) = (cluster.wire().clone(), Arc::clone(&counts));
            let stopped = stop.subscribe();
            applications.spawn(async move {
                while !*stopped.borrow() && application.refused.is_none() {
                    application.refresh(&wire, &counts).await;
                    waits::pass(PAUSE).await;
                }
                application
            });
        }
        Self { applications, counts, stop }
    }

    /// Waits until so much more was acknowledged.
    pub(crate) async fn goes_on(&self, more: usize) {
        let before = self.counts.acknowledged.load(Ordering::SeqCst);
        waits::until("what is asked is acknowledged", async || {
            (self.counts.acknowledged.load(Ordering::SeqCst) >= before + more).then_some(())
        })
        .await;
    }

    /// Waits until somebody is told to come again.
    pub(crate) async fn is_sent_away(&self) {
        let before = self.counts.unavailable.load(Ordering::SeqCst);
        waits::until("somebody is told to come again", async || {
            (self.counts.unavailable.load(Ordering::SeqCst) > before).then_some(())
        })
        .await;
    }

    /// What each was acknowledged.
    pub(crate) async fn stop(self) -> Vec<Application> {
        self.stop.send_replace(true);
        self.applications.join_all().await
    }
}
