//! HTTP/2 through real sockets.

use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http2::{Connection, SendRequest, handshake},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinSet,
};

use super::world::{SOON, World, patiently};
use crate::listener::Limits;

pub(super) type Client = SendRequest<Full<Bytes>>;
type Driver<I> = Connection<TokioIo<I>, Full<Bytes>, TokioExecutor>;

/// An HTTP/2 client over `io`, and the task that drives it and ends with its connection.
pub(super) async fn client<I>(io: I) -> (Client, JoinSet<()>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (client, driver): (_, Driver<I>) =
        handshake(TokioExecutor::new(), TokioIo::new(io)).await.unwrap();
    let driving = JoinSet::from_iter([async { driver.await.unwrap_or(()) }]);
    (client, driving)
}

pub(super) async fn send(client: &mut Client, path: &str, body: &str) -> (StatusCode, String) {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://evil.example{path}"))
        .body(Full::new(Bytes::from(body.to_owned())))
        .unwrap();
    let answer: hyper::Response<Incoming> = patiently(client.send_request(request)).await.unwrap();
    let status = answer.status();
    let body = patiently(answer.into_body().collect()).await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn plain(world: &World) -> (Client, JoinSet<()>) {
    client::<TcpStream>(world.connect().await).await
}

#[tokio::test]
async fn many_requests_share_one_connection() {
    let world = World::with(Limits { connections_max: 1, ..Limits::default() }).await;
    let (client, _driving) = plain(&world).await;
    let mut requests = JoinSet::new();
    for length in 0..50 {
        let mut client = client.clone();
        requests.spawn(async move {
            assert_eq!(
                send(&mut client, "/length", &"x".repeat(length)).await,
                (StatusCode::OK, length.to_string())
            );
        });
    }
    while let Some(done) = requests.join_next().await {
        done.unwrap();
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_the_connection_goes_on() {
    let world = World::with(Limits { body_size_max: 1_000, ..Limits::default() }).await;
    let (mut client, _driving) = plain(&world).await;
    let (status, _) = send(&mut client, "/length", &"x".repeat(1_001)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(send(&mut client, "/length", "x").await, (StatusCode::OK, "1".into()));
}

#[tokio::test]
async fn a_panic_ends_its_own_stream_only() {
    let world = World::with(Limits::default()).await;
    let (mut client, _driving) = plain(&world).await;
    let (status, body) = send(&mut client, "/panic", "").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(body.starts_with("{\"request_id\":") && !body.contains("secret"), "{body}");
    assert_eq!(send(&mut client, "/hello", "").await.0, StatusCode::OK);
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let world = World::with(Limits { idle_timeout: SOON, ..Limits::default() }).await;
    let (mut client, mut driving) = plain(&world).await;
    assert_eq!(send(&mut client, "/hello", "").await.0, StatusCode::OK);
    patiently(driving.join_next()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_connection_without_a_request_is_cut() {
    let world = World::with(Limits { header_timeout: SOON, ..Limits::default() }).await;
    let (_client, mut driving) = plain(&world).await;
    patiently(driving.join_next()).await.unwrap().unwrap();
    assert_eq!(world.counted.value("request_timeouts_total{phase=head}"), 1);
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_cut_and_the_connection_goes_on() {
    let limits = Limits { request_timeout: SOON * 10, answer_timeout: SOON, ..Limits::default() };
    let mut world = World::with(limits).await;
    let (mut client, _driving) = plain(&world).await;
    let request = Request::builder().uri("http://a/endless").body(Full::default()).unwrap();
    let _unread = patiently(client.send_request(request)).await.unwrap();
    let going_on = async {
        while world.told.try_recv().is_err() {
            assert_eq!(send(&mut client, "/hello", "").await.0, StatusCode::OK);
        }
    };
    patiently(going_on).await;
}

#[tokio::test]
async fn a_stream_whose_client_is_gone_is_given_up() {
    let mut world = World::with(Limits::default()).await;
    let (mut client, driving) = plain(&world).await;
    let request = Request::builder().uri("http://a/stall").body(Full::default()).unwrap();
    let answer = client.send_request(request);
    world.hears("begun").await;
    drop((client, answer, driving));
    world.hears("given up").await;
}
