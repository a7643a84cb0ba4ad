//! One connection: its TLS handshake, its HTTP dialect and bounds, and its end.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use hyper::rt::Executor;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use poem::{
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tracing::debug;

use super::{
    Border,
    activity::{Activity, Phase},
    answer::answer,
    limits::Limits,
    socket::Socket,
};

/// How long a connection that is asked to close may take: longer than its socket lingers.
const CLOSING_MAX: Duration = Duration::from_secs(5);
/// How often an open HTTP/2 connection is asked whether its peer is still there, and how long the peer may take.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// Streams that the peer opened and reset while they still waited for us (CVE-2023-44487), before it is told to go.
const RESET_STREAMS_MAX: usize = 20;
/// Streams that we reset because of what the peer sent, before it is told to go (CVE-2025-8671).
const OWN_RESETS_MAX: usize = 64;
/// Bytes of bodies that a peer may send ahead of what endpoints read, on one stream and on all of a connection.
const STREAM_WINDOW: u32 = 64 * 1_024;
const CONNECTION_WINDOW: u32 = 256 * 1_024;
/// Bytes of an answer that wait for the peer's window, a stream.
const SEND_BUFFER_MAX: usize = 64 * 1_024;

/// What the requests of a connection have in common.
pub(super) struct Connection {
    pub(super) border: Arc<Border>,
    pub(super) local: LocalAddr,
    pub(super) remote: RemoteAddr,
    pub(super) scheme: Scheme,
    pub(super) activity: Arc<Activity>,
}

/// Serves the connection until its end. `stopping` turns true when no further request may begin.
pub(super) async fn run(
    connection: Connection,
    tcp: TcpStream,
    tls: Option<TlsAcceptor>,
    stopping: watch::Receiver<bool>,
) {
    let socket = Socket::new(tcp, Arc::clone(&connection.activity));
    let Some(tls) = tls else {
        return drive(connection, socket, stopping).await;
    };
    let border = &connection.border;
    match timeout(border.limits.handshake_timeout, tls.accept(socket)).await {
        Ok(Ok(stream)) => {
            connection.activity.opened();
            drive(connection, stream, stopping).await;
        }
        Ok(Err(error)) => {
            border.meters.handshakes_failed.increment(1);
            debug!(%error, "TLS handshake failed");
        }
        Err(_) => border.meters.handshakes_late.increment(1),
    }
}

async fn drive<I>(connection: Connection, io: I, mut stopping: watch::Receiver<bool>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = Arc::new(connection);
    let border = Arc::clone(&connection.border);
    let activity = Arc::clone(&connection.activity);
    let requests =
        hyper::service::service_fn(move |request| answer(Arc::clone(&connection), request));
    let mut http = pin!(border.http.serve_connection(TokioIo::new(io), requests));
    let mut overdue = pin!(activity.overdue(&border.limits));
    let mut is_stopping = false;
    loop {
        tokio::select! {
            biased;
            ended = http.as_mut() => {
                if let Err(error) = ended {
                    debug!(%error, "connection ended by a fault");
                }
                return;
            }
            phase = overdue.as_mut() => {
                match phase {
                    Phase::Idle => {
                        http.as_mut().graceful_shutdown();
                        let _ = timeout(CLOSING_MAX, http).await;
                    }
                    Phase::Opening | Phase::Receiving => border.meters.heads_late.increment(1),
                    Phase::Busy(_) => border.meters.answers_late.increment(1),
                }
                return;
            }
            () = told(&mut stopping), if !is_stopping => {
                is_stopping = true;
                http.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Waits until no further request may begin.
pub(super) async fn told(stopping: &mut watch::Receiver<bool>) {
    // An error means that nobody is left to tell: that is an end too.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// How the connections of a listener speak HTTP.
pub(super) fn http(limits: &Limits) -> Builder<StreamTasks> {
    let longest = limits.request_timeout + limits.answer_timeout;
    let mut http = Builder::new(StreamTasks { longest });
    // hyper's own header timeout is left out: `Activity` watches the head, and costs no timer a request.
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_buf_size((limits.headers_size_max as usize).max(8_192));
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_max)
        .max_header_list_size(limits.headers_size_max)
        .max_pending_accept_reset_streams(RESET_STREAMS_MAX)
        .max_local_error_reset_streams(OWN_RESETS_MAX)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER_MAX)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    http
}

/// Runs the streams of HTTP/2 connections, a task each, so that one connection can use more than one core.
///
/// A stream ends with its connection (its reset wakes it) and in any case after `longest`.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreamTasks {
    longest: Duration,
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for StreamTasks {
    #[expect(
        clippy::disallowed_methods,
        reason = "the HTTP border owns its streams through their connection"
    )]
    fn execute(&self, stream: F) {
        let longest = self.longest;
        tokio::spawn(async move {
            let _ = timeout(longest, stream).await;
        });
    }
}
