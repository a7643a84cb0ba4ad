//! The accept loop of one listener.
//!
//! A connection over a cap is accepted and closed at once. Not accepting would hide the address, on which one of the
//! caps depends, would let an attacker's connections queue in front of everybody's, and would tell a load balancer
//! nothing; a closed one can be tried again, on another node too.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use poem::{
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    net::TcpStream,
    sync::watch,
    task::{JoinError, JoinSet},
    time::sleep,
};
use tokio_rustls::TlsAcceptor;
use tracing::{error, warn};

use super::{
    Border, Listener,
    activity::Activity,
    caps::{NoPlace, Place},
    connection::{self, Connection, told},
};

/// How long to wait when the system has no further socket to give.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// Accepts until `stopping` turns true. Returns the connections that are then still open.
pub(super) async fn run(
    listener: Listener,
    border: Arc<Border>,
    mut stopping: watch::Receiver<bool>,
) -> JoinSet<()> {
    let Listener { socket, tls } = listener;
    let acceptor = tls.as_ref().map(|files| TlsAcceptor::from(files.server_config()));
    let mut connections = JoinSet::new();
    let others = stopping.clone();
    let mut watching = std::pin::pin!(async {
        match tls {
            Some(files) => files.watch().await,
            None => std::future::pending().await,
        }
    });
    loop {
        tokio::select! {
            biased;
            () = told(&mut stopping) => break,
            Some(ended) = connections.join_next() => report(ended),
            accepted = socket.accept() => match accepted {
                Ok((tcp, remote)) => {
                    if let Some(place) = place(&border, remote) {
                        let open = Open { border: Arc::clone(&border), _place: place };
                        border.meters.connections_open.increment(1.0);
                        connections.spawn(open.serve(tcp, remote, acceptor.clone(), others.clone()));
                    }
                }
                Err(error) => pause_after(error).await,
            },
            () = watching.as_mut() => {}
        }
    }
    connections
}

/// A connection that counts.
struct Open {
    border: Arc<Border>,
    _place: Place,
}

impl Open {
    async fn serve(
        self,
        tcp: TcpStream,
        remote: SocketAddr,
        tls: Option<TlsAcceptor>,
        stopping: watch::Receiver<bool>,
    ) {
        // An answer leaves at once, not when the client has acknowledged the one before.
        let (Ok(()), Ok(local)) = (tcp.set_nodelay(true), tcp.local_addr()) else { return };
        let connection = Connection {
            border: Arc::clone(&self.border),
            local: LocalAddr(local.into()),
            remote: RemoteAddr(remote.into()),
            scheme: if tls.is_some() { Scheme::HTTPS } else { Scheme::HTTP },
            activity: Arc::new(Activity::new()),
        };
        connection::run(connection, tcp, tls, stopping).await;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.border.meters.connections_open.decrement(1.0);
    }
}

fn place(border: &Border, remote: SocketAddr) -> Option<Place> {
    let address = remote.ip().to_canonical();
    let is_proxy = border.live.proxies.load().contain(address);
    match border.live.caps.take(address, is_proxy) {
        Ok(place) => Some(place),
        Err(NoPlace::Full) => {
            border.meters.refused_full.increment(1);
            None
        }
        Err(NoPlace::AddressFull) => {
            border.meters.refused_address_full.increment(1);
            None
        }
    }
}

/// A connection that ended before it was accepted is nothing; anything else would come back at once.
async fn pause_after(error: io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    if !matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) {
        warn!(%error, "no connection can be accepted");
        sleep(EXHAUSTED_PAUSE).await;
    }
}

/// A connection's task does not fail: endpoints' panics are caught before it.
pub(super) fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        error!(%error, "a connection's task panicked");
    }
}
