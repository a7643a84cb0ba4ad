//! Stopping: what is under way ends, the rest is cut.

use http_body_util::Full;
use hyper::Request;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{
    http2,
    world::{SOON, World, patiently, read_all, read_answer},
};
use crate::listener::{Drained, Limits};

#[tokio::test]
async fn a_request_under_way_is_finished() {
    let mut world = World::with(Limits::default()).await;
    let address = world.address;
    let mut tcp = world.connect().await;
    tcp.write_all(b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    world.hears("begun").await;

    let mut stopping = world.begin_stop();
    while TcpStream::connect(address).await.is_ok() {}
    // What `/wait` waits for.
    stopping.told.close();
    let answer = read_all(&mut tcp).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("waited"), "{answer}");
    let expected = Drained { requests_finished: 1, requests_cut: 0, connections_cut: 0 };
    assert_eq!(stopping.drained().await, expected);
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_the_drain_up() {
    let world = World::with(Limits::default()).await;
    let mut tcp = world.connect().await;
    tcp.write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    read_answer(&mut tcp).await;
    let expected = Drained { requests_finished: 0, requests_cut: 0, connections_cut: 0 };
    assert_eq!(world.begin_stop().drained().await, expected);
}

#[tokio::test]
async fn a_request_that_does_not_end_within_the_drain_is_cut() {
    let mut world = World::with(Limits { drain: SOON, ..Limits::default() }).await;
    let mut tcp = world.connect().await;
    tcp.write_all(b"GET /stall HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    world.hears("begun").await;
    let mut stopping = world.begin_stop();
    let expected = Drained { requests_finished: 0, requests_cut: 1, connections_cut: 1 };
    assert_eq!(stopping.drained().await, expected);
    assert_eq!(patiently(stopping.told.recv()).await, Some("given up"));
    assert_eq!(read_all(&mut tcp).await, "");
}

#[tokio::test]
async fn a_stream_that_does_not_end_within_the_drain_is_cut() {
    let mut world = World::with(Limits { drain: SOON, ..Limits::default() }).await;
    let (mut client, _driving) = http2::client(world.connect().await).await;
    let request = Request::builder().uri("http://a/stall").body(Full::default()).unwrap();
    let _answer = client.send_request(request);
    world.hears("begun").await;
    let mut stopping = world.begin_stop();
    let expected = Drained { requests_finished: 0, requests_cut: 1, connections_cut: 1 };
    assert_eq!(stopping.drained().await, expected);
    assert_eq!(patiently(stopping.told.recv()).await, Some("given up"));
}
