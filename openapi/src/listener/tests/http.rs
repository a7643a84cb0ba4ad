//! HTTP/1 through real sockets: bodies, heads, times.

use tokio::{io::AsyncWriteExt, net::TcpSocket};

use super::world::{SOON, World, patiently, read_all, read_answer};
use crate::listener::{
    Limits,
    forwarded::Proxies,
    metrics::{METRICS, Metric},
};

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n")
}

fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

fn chunked(path: &str, chunks: &[&str]) -> String {
    let chunks: String =
        chunks.iter().map(|chunk| format!("{:x}\r\n{chunk}\r\n", chunk.len())).collect();
    format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"
    )
}

fn small() -> Limits {
    Limits { body_size_max: 1_000, ..Limits::default() }
}

#[track_caller]
fn assert_answer(answer: &str, status: &str, body: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert!(answer.ends_with(&format!("\r\n\r\n{body}")), "{answer}");
}

/// The status, and a body that tells the request's id and nothing else.
#[track_caller]
fn assert_refused(answer: &str, status: &str) {
    let id = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap();
    assert_answer(answer, status, &format!("{{\"request_id\":\"{id}\"}}"));
}

#[tokio::test]
async fn a_get_without_content_length_is_answered() {
    let world = World::with(Limits::default()).await;
    assert_answer(&world.exchange(get("/hello")).await, "200", "hello");
    assert_answer(&world.exchange(get("/length")).await, "200", "0");
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let world = World::with(Limits::default()).await;
    let mut tcp = world.connect().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        tcp.write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let answer = read_answer(&mut tcp).await;
        assert_answer(&answer, "200", "hello");
        ids.push(
            answer.lines().find(|line| line.starts_with("x-request-id: ")).unwrap().to_owned(),
        );
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut() {
    let world = World::with(Limits { header_timeout: SOON, ..Limits::default() }).await;
    assert_eq!(world.exchange("").await, "", "nothing at all");
    assert_eq!(world.exchange("GET /hello HTTP/1.1\r\nhost:").await, "", "half a head");
    assert_eq!(world.exchange("PRI * HTTP/2.0\r\n\r\nSM\r\n").await, "", "half a preface");
    assert_eq!(world.counted.value("request_timeouts_total{phase=head}"), 3);
}

#[tokio::test]
async fn a_second_head_that_never_ends_is_cut() {
    let world = World::with(Limits { header_timeout: SOON * 10, ..Limits::default() }).await;
    let mut tcp = world.connect().await;
    tcp.write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert_answer(&read_answer(&mut tcp).await, "200", "hello");
    tcp.write_all(b"GET /hel").await.unwrap();
    assert_eq!(read_all(&mut tcp).await, "");
    assert_eq!(world.counted.value("request_timeouts_total{phase=head}"), 1);
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_no_timeout_counted() {
    let world = World::with(Limits { idle_timeout: SOON, ..Limits::default() }).await;
    let mut tcp = world.connect().await;
    tcp.write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert_answer(&read_all(&mut tcp).await, "200", "hello");
    assert_eq!(world.counted.value("request_timeouts_total{phase=head}"), 0);
}

#[tokio::test]
async fn a_body_that_never_ends_is_refused() {
    let world = World::with(Limits { request_timeout: SOON, ..Limits::default() }).await;
    let half = "HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n12345";
    let answer = world.exchange(format!("POST /careless {half}")).await;
    assert_refused(&answer, "408");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    let answer = world.exchange(format!("POST /length {half}")).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_eq!(world.counted.value("request_timeouts_total{phase=body}"), 2);
}

#[tokio::test]
async fn an_endpoint_that_never_answers_is_given_up() {
    let mut world = World::with(Limits { request_timeout: SOON, ..Limits::default() }).await;
    assert_refused(&world.exchange(get("/stall")).await, "503");
    world.hears("begun").await;
    world.hears("given up").await;
    assert_eq!(world.counted.value("request_timeouts_total{phase=endpoint}"), 1);
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_cut() {
    let limits = Limits { request_timeout: SOON * 10, answer_timeout: SOON, ..Limits::default() };
    let mut world = World::with(limits).await;
    let mut tcp = world.connect().await;
    tcp.write_all(get("/endless").as_bytes()).await.unwrap();
    world.hears("given up").await;
    assert_eq!(world.counted.value("request_timeouts_total{phase=answer}"), 1);
}

#[tokio::test]
async fn a_body_within_the_limit_is_read_whole() {
    let world = World::with(small()).await;
    let body = "x".repeat(1_000);
    assert_answer(&world.exchange(post("/length", &body)).await, "200", "1000");
    assert_answer(
        &world.exchange(chunked("/length", &[&body[..1], &body[1..]])).await,
        "200",
        "1000",
    );
}

#[tokio::test]
async fn an_announced_body_over_the_limit_is_refused_before_it_is_sent() {
    let world = World::with(small()).await;
    let head = "POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 1001\r\n";
    assert_refused(&world.exchange(format!("{head}\r\n")).await, "413");
    assert_refused(&world.exchange(format!("{head}expect: 100-continue\r\n\r\n")).await, "413");
    assert_eq!(world.counted.value("bodies_too_large_total"), 2);
}

#[tokio::test]
async fn a_streamed_body_over_the_limit_is_refused_whoever_reads_it() {
    let world = World::with(small()).await;
    let body = "x".repeat(501);
    for path in ["/length", "/careless"] {
        assert_refused(&world.exchange(chunked(path, &[&body, &body])).await, "413");
    }
    assert_eq!(world.counted.value("bodies_too_large_total"), 2);
}

#[tokio::test]
async fn an_endpoint_may_say_in_its_own_words_that_a_body_is_over_the_limit() {
    let world = World::with(small()).await;
    let body = "x".repeat(501);
    for request in [post("/polite", &body.repeat(2)), chunked("/polite", &[&body, &body])] {
        let answer = world.exchange(request).await;
        assert_answer(&answer, "413", "the request body is too large");
    }
    assert_answer(&world.exchange(post("/polite", "0123456789")).await, "200", "10");
}

#[tokio::test]
async fn the_words_of_an_endpoint_over_the_limit_end_the_connection() {
    let world = World::with(small()).await;
    let mut tcp = world.connect().await;
    let head = "POST /polite HTTP/1.1\r\nhost: a\r\ncontent-length: 1001\r\n\r\n";
    tcp.write_all(head.as_bytes()).await.unwrap();
    let answer = read_all(&mut tcp).await;
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    assert_eq!(world.counted.value("bodies_too_large_total"), 1);
}

#[tokio::test]
async fn a_request_that_does_not_say_once_whom_it_is_for_is_refused() {
    let world = World::with(Limits::default()).await;
    for hosts in ["", "host: a\r\nhost: a\r\n", "host: a\r\nHost: b\r\n", "host: a@b\r\n"] {
        let answer = world.exchange(format!("GET /hello HTTP/1.1\r\n{hosts}\r\n")).await;
        assert_refused(&answer, "400");
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    }
    let answer = world.exchange("GET /hello HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 200 "), "{answer}");
}

#[tokio::test]
async fn nothing_is_stored_that_does_not_say_for_how_long() {
    let world = World::with(Limits { request_timeout: SOON, ..small() }).await;
    let large = post("/length", &"x".repeat(1_001));
    for request in [get("/hello"), get("/missing"), get("/panic"), get("/stall"), large] {
        let answer = world.exchange(request).await;
        assert_eq!(answer.matches("\r\ncache-control: no-store\r\n").count(), 1, "{answer}");
    }
    let answer = world.exchange(get("/kept")).await;
    assert!(answer.contains("\r\ncache-control: max-age=1\r\n"), "{answer}");
    assert!(!answer.contains("no-store"), "{answer}");
}

#[tokio::test]
async fn an_endpoint_may_allow_less_than_the_listener() {
    let world = World::with(small()).await;
    assert_answer(&world.exchange(post("/ten", "0123456789")).await, "200", "10");
    assert!(world.exchange(post("/ten", "0123456789a")).await.starts_with("HTTP/1.1 413 "));
    assert!(
        world.exchange(chunked("/ten", &["0123456789", "a"])).await.starts_with("HTTP/1.1 413 ")
    );
}

#[tokio::test]
async fn a_client_that_sends_its_whole_body_first_still_reads_the_refusal() {
    let world = World::with(small()).await;
    let socket = TcpSocket::new_v4().unwrap();
    // So small that the body leaves only as the border takes it.
    socket.set_send_buffer_size(4_096).unwrap();
    let mut tcp = socket.connect(world.address).await.unwrap();
    let request = post("/length", &"x".repeat(900_000));
    patiently(tcp.write_all(request.as_bytes())).await.unwrap();
    assert_refused(&read_all(&mut tcp).await, "413");
}

#[tokio::test]
async fn a_head_of_too_many_or_too_large_headers_is_refused() {
    let world = World::with(Limits { headers_size_max: 8_192, ..Limits::default() }).await;
    for headers in ["a: b\r\n".repeat(101), format!("a: {}\r\n", "b".repeat(9_000))] {
        let answer = world.exchange(format!("GET /hello HTTP/1.1\r\n{headers}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
}

#[tokio::test]
async fn a_connection_over_an_address_s_share_is_closed_at_once() {
    let world = World::with(Limits { connections_per_address_max: 1, ..Limits::default() }).await;
    let mut first = world.connect().await;
    first.write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert_answer(&read_answer(&mut first).await, "200", "hello");
    assert_eq!(world.exchange("").await, "");
    assert_eq!(world.counted.value("connections_refused_total{reason=address_full}"), 1);

    first.write_all(get("/hello").as_bytes()).await.unwrap();
    assert_answer(&read_all(&mut first).await, "200", "hello");
    while world.connect_and_get().await.is_none() {}
}

#[tokio::test]
async fn a_connection_over_the_total_is_closed_at_once() {
    let limits = Limits { connections_max: 1, ..Limits::default() };
    let proxies = Proxies { networks: vec!["127.0.0.0/8".parse().unwrap()], ..Proxies::default() };
    let world = World::start(limits, proxies, None).await;
    let mut first = world.connect().await;
    first.write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert_answer(&read_answer(&mut first).await, "200", "hello");
    assert_eq!(world.exchange("").await, "");
    assert_eq!(world.counted.value("connections_refused_total{reason=full}"), 1);
}

#[tokio::test]
async fn a_proxy_has_no_share_to_exceed() {
    let limits = Limits { connections_per_address_max: 0, ..Limits::default() };
    let proxies = Proxies { networks: vec!["127.0.0.0/8".parse().unwrap()], ..Proxies::default() };
    let world = World::start(limits, proxies, None).await;
    assert_answer(&world.exchange(get("/hello")).await, "200", "hello");
}

#[tokio::test]
async fn the_endpoint_is_told_whom_a_proxy_speaks_for_and_no_stranger_is_believed() {
    let request =
        "GET /peer HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 192.0.2.1\r\nconnection: close\r\n\r\n";
    let proxies = Proxies { networks: vec!["127.0.0.0/8".parse().unwrap()], ..Proxies::default() };
    let world = World::start(Limits::default(), proxies, None).await;
    assert_answer(&world.exchange(request).await, "200", "192.0.2.1");
    let world = World::with(Limits::default()).await;
    assert_answer(&world.exchange(request).await, "200", "127.0.0.1");
}

#[tokio::test]
async fn a_panic_is_answered_and_the_next_request_works() {
    let world = World::with(Limits::default()).await;
    let mut tcp = world.connect().await;
    tcp.write_all(b"GET /panic HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert_refused(&read_answer(&mut tcp).await, "500");
    tcp.write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert_answer(&read_answer(&mut tcp).await, "200", "hello");
    assert_eq!(world.counted.value("panics_total"), 1);
}

#[tokio::test]
async fn a_fault_of_ours_tells_its_request_id_and_nothing_else() {
    let world = World::with(Limits::default()).await;
    let answer = world.exchange(get("/fail")).await;
    assert_refused(&answer, "500");
    assert!(!answer.contains("secret"), "{answer}");
    assert!(world.exchange(get("/missing")).await.starts_with("HTTP/1.1 404 "));
}

#[tokio::test]
async fn all_that_is_counted_is_in_the_table_of_metrics() {
    let world = World::with(Limits::default()).await;
    let listed = |metric: &Metric| -> Vec<String> {
        let [label] = metric.labels else { return vec![metric.name.to_owned()] };
        label
            .values
            .iter()
            .map(|value| format!("{}{{{}={value}}}", metric.name, label.name))
            .collect()
    };
    let listed: Vec<_> = METRICS.iter().flat_map(listed).collect();
    for counted in world.counted.names() {
        assert!(listed.contains(&counted), "{counted}");
    }
}
