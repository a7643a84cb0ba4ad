//! One request on a connection of its own, and its answer, bounded while it arrives.

use std::{net::SocketAddr, pin::pin, time::Duration};

use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Bytes, Incoming},
    client::conn::http1,
    header,
};
use hyper_util::rt::TokioIo;
use protocol::outgoing::{Destination, NotADestination, NotAnswered};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    select,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{Answered, Outbound, Trust, trust::not_trusted};

/// How long one address is tried while there are others: of two families one may lead nowhere.
const CONNECT_MAX: Duration = Duration::from_secs(2);

/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 4;

/// Bytes of the head of an answer.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Headers of an answer.
const HEADERS_MAX: usize = 64;

const FORM: &str = "application/x-www-form-urlencoded";
const USER_AGENT: &str = concat!("doorward/", env!("CARGO_PKG_VERSION"));

/// Sends `request` to one of the addresses, which were judged.
pub(super) async fn exchange(
    (destination, addresses): (&Destination, &[SocketAddr]),
    trust: &Trust,
    request: &Outbound<'_>,
) -> Result<Answered, NotAnswered> {
    let written = write(destination, request)?;
    let tcp = connect(addresses).await?;
    if !destination.is_https() {
        return converse(tcp, written, request.body_bytes_max).await;
    }
    let name = ServerName::try_from(destination.host()).map_err(|_| NotAnswered::OtherName)?;
    let connector = TlsConnector::from(trust.config());
    let tls = connector.connect(name, tcp).await.map_err(|error| not_trusted(&error))?;
    converse(tls, written, request.body_bytes_max).await
}

fn write(
    destination: &Destination,
    request: &Outbound<'_>,
) -> Result<Request<Full<Bytes>>, NotAnswered> {
    let method = if request.form.is_some() { Method::POST } else { Method::GET };
    let mut written = Request::builder()
        .method(method)
        .uri(destination.target())
        .header(header::HOST, destination.authority())
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::ACCEPT, request.accept)
        .header(header::CONNECTION, "close");
    if request.form.is_some() {
        written = written.header(header::CONTENT_TYPE, FORM);
    }
    let body = Full::from(request.form.unwrap_or_default().to_owned());
    written.body(body).map_err(|_| NotADestination.into())
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, NotAnswered> {
    for address in addresses.iter().take(ADDRESSES_MAX) {
        if let Ok(Ok(tcp)) = timeout(CONNECT_MAX, TcpStream::connect(address)).await {
            return Ok(tcp);
        }
    }
    Err(NotAnswered::Unreachable)
}

/// Drives the connection for as long as its one request takes, so that nothing of it is left behind.
async fn converse<S>(
    stream: S,
    written: Request<Full<Bytes>>,
    body_bytes_max: usize,
) -> Result<Answered, NotAnswered>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD_BYTES_MAX).max_headers(HEADERS_MAX);
    let handshake = builder.handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| broken(&error))?;
    let mut answering = pin!(async move {
        let answer = sender.send_request(written).await.map_err(|error| broken(&error))?;
        read(answer, body_bytes_max).await
    });
    select! {
        biased;
        answered = &mut answering => answered,
        // What has arrived before is there to be read, and why it ended is told there, too.
        _ = connection => answering.await,
    }
}

async fn read(answer: Response<Incoming>, body_bytes_max: usize) -> Result<Answered, NotAnswered> {
    let (head, mut body) = answer.into_parts();
    judge(head.status)?;
    let is_encoded =
        |value: &header::HeaderValue| !value.as_bytes().eq_ignore_ascii_case(b"identity");
    if head.headers.get_all(header::CONTENT_ENCODING).iter().any(is_encoded) {
        return Err(NotAnswered::Encoded);
    }
    let content_type = head.headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let max = u64::try_from(body_bytes_max).unwrap_or(u64::MAX);
    if body.size_hint().lower() > max {
        return Err(NotAnswered::TooLarge);
    }
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(&error))?;
        let Ok(bytes) = frame.into_data() else { continue };
        if bytes.len() > body_bytes_max - read.len() {
            return Err(NotAnswered::TooLarge);
        }
        read.extend_from_slice(&bytes);
    }
    Ok(Answered { status: head.status.as_u16(), content_type, body: read })
}

fn judge(status: StatusCode) -> Result<(), NotAnswered> {
    if status.is_success() {
        Ok(())
    } else if status.is_redirection() {
        Err(NotAnswered::Redirected)
    } else {
        Err(NotAnswered::Status(status.as_u16()))
    }
}

fn broken(error: &hyper::Error) -> NotAnswered {
    if error.is_parse_too_large() { NotAnswered::TooLarge } else { NotAnswered::Malformed }
}
