//! How requests reach a provider: called in process as the border calls it, or over a socket of another process.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use doorward::start::Running;
use openapi::listener::SharedEndpoint;
use protocol::{Clock, Randomness, Timestamp};
use tokio::task::JoinSet;

use super::{Answer, Browser, Sent, chance::Seeded, clock::TestClock};

/// The way to one provider. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Wire(Arc<Inner>);

struct Inner {
    issuer: String,
    way: Way,
    clock: Arc<TestClock>,
    chance: Seeded,
    requests: AtomicU64,
    browsers: AtomicU64,
}

static WIRES: AtomicU64 = AtomicU64::new(1);

enum Way {
    /// The actors live as long as somebody may call.
    Called {
        endpoint: SharedEndpoint,
        _running: Arc<Running>,
    },
    Connected(SocketAddr),
}

impl Wire {
    pub(super) fn called(
        issuer: &str,
        (endpoint, running): (SharedEndpoint, Arc<Running>),
        clock: Arc<TestClock>,
    ) -> Self {
        Self::new(issuer, Way::Called { endpoint, _running: running }, clock)
    }

    /// To another process, whose time is the machine's: what lasts by the clock lasts for ever here.
    pub(crate) fn connected(issuer: &str, address: SocketAddr) -> Self {
        Self::new(issuer, Way::Connected(address), Arc::default())
    }

    fn new(issuer: &str, way: Way, clock: Arc<TestClock>) -> Self {
        // No two nodes name a request alike.
        let first = WIRES.fetch_add(1, Ordering::SeqCst) << 32;
        let (requests, browsers) = (AtomicU64::new(first), AtomicU64::default());
        let (issuer, chance) = (issuer.to_owned(), Seeded::new(0x7769_7265));
        Self(Arc::new(Inner { issuer, way, clock, chance, requests, browsers }))
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.0.issuer
    }

    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The chance of those outside.
    pub(super) fn chance(&self) -> &dyn Randomness {
        &self.0.chance
    }

    /// A browser at an address of its own, without cookies.
    pub(crate) fn browser(&self) -> Browser {
        let number = self.0.browsers.fetch_add(1, Ordering::SeqCst);
        let [.., high, low] = number.to_be_bytes();
        Browser::new(self.clone(), IpAddr::V4(Ipv4Addr::new(198, 51, high, low)))
    }

    /// Sends a request and waits for what comes back.
    pub(crate) async fn send(&self, sent: Sent) -> Answer {
        match &self.0.way {
            Way::Called { endpoint, .. } => {
                let number = self.0.requests.fetch_add(1, Ordering::SeqCst);
                let answered = endpoint.call(sent.into_request(number)).await;
                let response = answered.unwrap_or_else(poem::Error::into_response);
                let (parts, body) = response.into_parts();
                let body = body.into_string().await.expect("a body of UTF-8");
                Answer { status: parts.status.as_u16(), headers: parts.headers, body }
            }
            Way::Connected(address) => sent.over(*address).await.expect("it answers"),
        }
    }

    /// Sends a request and gives the body of its answer, not yet read.
    pub(crate) async fn open(&self, sent: Sent) -> poem::Body {
        let Way::Called { endpoint, .. } = &self.0.way else { panic!("not called in process") };
        let number = self.0.requests.fetch_add(1, Ordering::SeqCst);
        let response = endpoint.call(sent.into_request(number)).await.expect("an answer");
        assert_eq!(response.status(), 200);
        response.into_body()
    }

    pub(crate) async fn get(&self, uri: impl Into<String>) -> Answer {
        self.send(Sent::get(uri)).await
    }

    /// As [`Wire::send`], where the other process may die meanwhile: nothing then.
    pub(crate) async fn try_send(&self, sent: Sent) -> Option<Answer> {
        match &self.0.way {
            Way::Called { .. } => Some(self.send(sent).await),
            Way::Connected(address) => sent.over(*address).await,
        }
    }

    /// Sends the same request `count` times at once.
    pub(crate) async fn all_at_once(&self, count: usize, sent: &Sent) -> Vec<Answer> {
        let mut tasks = JoinSet::new();
        for _ in 0..count {
            let (wire, sent) = (self.clone(), sent.clone());
            tasks.spawn(async move { wire.send(sent).await });
        }
        tasks.join_all().await
    }
}
