//! The HTTP border: our own accept loop over hyper, which bounds connections, heads, bodies and time, ends TLS, tells
//! who the peer is, and gives each request to one poem endpoint.
//!
//! `accept` gives a connection its place (`caps`), `connection` speaks HTTP on it while `activity` watches the time, and
//! `answer` carries one request to the endpoint and back. Extractors read bodies with [`bounded_body`] only.

mod accept;
mod activity;
mod answer;
mod arrival;
mod body;
mod caps;
mod connection;
pub mod forwarded;
mod host;
mod limits;
mod live;
pub mod metrics;
mod socket;
mod stopping;
#[cfg(test)]
mod tests;
mod tls;

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use hyper_util::server::conn::auto::Builder;
use poem::{Response, endpoint::DynEndpoint};
use protocol::Randomness;
use tokio::{net::TcpListener, sync::watch, task::JoinSet, time::timeout};
use tracing::{error, info};

pub(crate) use self::body::buffer_body;
use self::{arrival::RequestIds, connection::StreamTasks, forwarded::Proxies, metrics::Meters};
pub use self::{
    arrival::{Arrival, RequestId},
    body::{BodyRefused, bounded_body, bounded_payload},
    limits::Limits,
    live::Live,
    stopping::Stopping,
    tls::{Reload, TlsFault, TlsFiles, TlsPaths},
};

/// What answers every request of a listener.
pub type SharedEndpoint = Arc<dyn DynEndpoint<Output = Response>>;

/// A bound socket, and its certificate if it speaks TLS.
pub struct Listener {
    /// The bound socket.
    pub socket: TcpListener,
    /// Where its certificate comes from; None for plain HTTP.
    pub tls: Option<Arc<TlsFiles>>,
}

/// The two borders that there are, as metrics call them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BorderName {
    /// For end-users, clients and operators.
    Public,
    /// For `/metrics` and `/health`.
    Management,
}

/// What became of the work under way when the listeners stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Requests that ended within the drain.
    pub requests_finished: u64,
    /// Requests that were still under way at its end.
    pub requests_cut: usize,
    /// Connections that were still open at its end, idle ones included.
    pub connections_cut: usize,
}

/// What a border is built from.
pub struct BorderConfig {
    /// What metrics call it.
    pub name: BorderName,
    /// The bounds of its connections and requests.
    pub limits: Limits,
    /// Whose forwarded headers are believed.
    pub proxies: Proxies,
}

/// What all connections of a `serve` share.
struct Border {
    limits: Limits,
    live: Arc<Live>,
    endpoint: SharedEndpoint,
    http: Builder<StreamTasks>,
    meters: Meters,
    request_ids: RequestIds,
    stopping: Stopping,
    requests_under_way: AtomicUsize,
    requests_ended: AtomicU64,
}

/// Serves `endpoint` on `listeners` until `shutdown` completes, then stops accepting, lets requests under way finish
/// within the drain, cuts the rest, and says how many there were.
///
/// Metrics go to the recorder that is current at this call, not at the first poll. Each `serve` has caps of its own, so
/// that a flood at the public border leaves the management border its places.
pub fn serve(
    listeners: Vec<Listener>,
    endpoint: SharedEndpoint,
    config: BorderConfig,
    randomness: &dyn Randomness,
    shutdown: impl Future<Output = ()>,
) -> impl Future<Output = Drained> {
    let live = Live::new(&config);
    serve_live(listeners, endpoint, (config, live), randomness, shutdown)
}

/// As [`serve`], where what `live` holds may change meanwhile.
pub fn serve_live(
    listeners: Vec<Listener>,
    endpoint: SharedEndpoint,
    (config, live): (BorderConfig, Arc<Live>),
    randomness: &dyn Randomness,
    shutdown: impl Future<Output = ()>,
) -> impl Future<Output = Drained> {
    let BorderConfig { name, limits, .. } = config;
    let (stop, stopping) = watch::channel(false);
    let border = Arc::new(Border {
        stopping: Stopping::new(stopping.clone()),
        http: connection::http(&limits),
        meters: Meters::new(name),
        request_ids: RequestIds::new(randomness),
        requests_under_way: AtomicUsize::new(0),
        requests_ended: AtomicU64::new(0),
        limits,
        live,
        endpoint,
    });
    run(listeners, border, (stop, stopping), shutdown)
}

async fn run(
    listeners: Vec<Listener>,
    border: Arc<Border>,
    (stop, stopping): (watch::Sender<bool>, watch::Receiver<bool>),
    shutdown: impl Future<Output = ()>,
) -> Drained {
    let mut loops = JoinSet::new();
    for listener in listeners {
        loops.spawn(accept::run(listener, Arc::clone(&border), stopping.clone()));
    }
    shutdown.await;
    let ended_before = border.requests_ended.load(Ordering::Relaxed);
    stop.send_replace(true);
    let mut connections = Vec::new();
    while let Some(left) = loops.join_next().await {
        connections.extend(left.inspect_err(|error| error!(%error, "an accept loop failed")));
    }
    let drained = drain(connections, &border, ended_before).await;
    info!(?drained, "the listeners have stopped");
    drained
}

async fn drain(mut connections: Vec<JoinSet<()>>, border: &Border, ended_before: u64) -> Drained {
    let all_ended = async {
        for connections in &mut connections {
            while let Some(ended) = connections.join_next().await {
                accept::report(ended);
            }
        }
    };
    // Late or not, what is left is counted below.
    let _ = timeout(border.limits.drain, all_ended).await;
    let drained = Drained {
        requests_finished: border.requests_ended.load(Ordering::Relaxed) - ended_before,
        requests_cut: border.requests_under_way.load(Ordering::Relaxed),
        connections_cut: connections.iter().map(JoinSet::len).sum(),
    };
    for mut connections in connections {
        connections.shutdown().await;
    }
    drained
}
