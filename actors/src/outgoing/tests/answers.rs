//! What is sent, whose answer is believed, and what of an answer is read.

use futures_util::future::join_all;
use tokio::task::yield_now;

use super::{server::Certificate, *};

#[tokio::test]
async fn a_request_goes_to_the_host_that_its_address_names_and_says_little() {
    let (server, outgoing) = told(ok("{}")).await;
    let answer = outgoing.send(get(&server.uri("/keys?a=b#c"))).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"{}"[..]));
    let expected = format!(
        "GET /keys?a=b HTTP/1.1\r\nhost: {NAME}:{}\r\nuser-agent: doorward/{}\r\naccept: application/json\r\nconnection: close\r\n\r\n",
        server.port(),
        env!("CARGO_PKG_VERSION"),
    );
    assert_eq!(server.requests(), [expected]);
}

#[tokio::test]
async fn a_form_is_posted() {
    let (server, outgoing) = told(Script::saying("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let uri = server.uri("/logout");
    let request = Outbound { form: Some("logout_token=a.b.c"), ..get(&uri) };
    assert_eq!(outgoing.send(request).await.unwrap().status, 204);
    let sent = server.requests().concat();
    assert!(sent.starts_with("POST /logout HTTP/1.1\r\n"), "{sent}");
    assert!(sent.contains("\r\ncontent-type: application/x-www-form-urlencoded\r\n"), "{sent}");
    assert!(sent.ends_with("\r\n\r\nlogout_token=a.b.c"), "{sent}");
}

#[tokio::test]
async fn a_server_is_believed_by_a_certificate_for_its_name_alone() {
    let other = Certificate { name: "other.example", ..GOOD };
    let past = Certificate { ends: 2020, ..GOOD };
    for (certificate, expected) in
        [(other, NotAnswered::OtherName), (past, NotAnswered::CertificateTime)]
    {
        let server = Server::tls("127.0.0.1", certificate, ok("{}")).await;
        let answer = Outgoing::new(to(&server)).send(get(&server.uri("/"))).await;
        assert_eq!(answer, Err(expected));
        assert!(server.requests().is_empty());
    }
    let (server, _) = told(ok("{}")).await;
    let web_only = Settings { policy: to(&server).policy, ..to(&server) };
    let outgoing = Outgoing::new(web_only);
    let policy = to(&server).policy;
    outgoing.set(Policy { trust: Trust::new(None).unwrap(), ..policy.clone() });
    let uri = server.uri("/");
    assert_eq!(outgoing.send(get(&uri)).await, Err(NotAnswered::Untrusted));
    outgoing.set(policy);
    assert!(outgoing.send(get(&uri)).await.is_ok(), "the authority was added without a restart");
}

#[tokio::test]
async fn what_speaks_no_tls_is_not_asked() {
    let server = Server::plain(("127.0.0.1", 0), ok("{}")).await;
    let outgoing = Outgoing::new(to(&server));
    assert_eq!(outgoing.send(get(&server.uri("/"))).await, Err(NotAnswered::Tls));
}

/// A30: neither the status nor the body of what is refused is told any further.
#[tokio::test]
async fn no_redirect_is_followed_and_nothing_of_a_refusal_is_kept() {
    for (status, expected) in [
        ("301 Moved\r\nlocation: https://keys.example/elsewhere", NotAnswered::Redirected),
        ("302 Found\r\nlocation: http://127.0.0.1/", NotAnswered::Redirected),
        ("307 Again\r\nlocation: /", NotAnswered::Redirected),
        ("304 Not Modified", NotAnswered::Redirected),
        ("404 Not Found", NotAnswered::Status(404)),
        ("500 secret-of-the-inside", NotAnswered::Status(500)),
    ] {
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 6\r\n\r\nsecret");
        let (server, outgoing) = told(Script::saying(answer)).await;
        let refused = outgoing.send(get(&server.uri("/"))).await.unwrap_err();
        assert_eq!(refused, expected);
        assert!(!format!("{refused} {refused:?}").contains("secret"));
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn an_answer_is_bounded_in_size_while_it_arrives() {
    let head = "HTTP/1.1 200 OK\r\n";
    let endless = |answer: String, endless: &str| Script {
        answer: answer.into_bytes(),
        endless: endless.repeat(64).into_bytes(),
        holds: false,
    };
    let scripts = [
        Script::saying(format!("{head}content-length: 1025\r\n\r\n{}", "a".repeat(1025))),
        Script { holds: true, ..Script::saying(format!("{head}content-length: 99999999\r\n\r\n")) },
        endless(format!("{head}transfer-encoding: chunked\r\n\r\n"), "4\r\naaaa\r\n"),
        endless(format!("{head}\r\n"), "aaaa"),
        endless(format!("{head}x: "), "aaaa"),
        endless(head.to_owned(), "x: y\r\n"),
    ];
    for (place, script) in scripts.into_iter().enumerate() {
        let (server, outgoing) = told(script).await;
        let answer = outgoing.send(get(&server.uri("/"))).await;
        assert_eq!(answer, Err(NotAnswered::TooLarge), "{place}");
    }
    let (server, outgoing) = told(ok(&"a".repeat(1024))).await;
    assert_eq!(outgoing.send(get(&server.uri("/"))).await.unwrap().body.len(), 1024);
}

#[tokio::test]
async fn an_answer_that_is_slow_anywhere_is_given_up_in_time() {
    for begun in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"] {
        let script = Script { holds: true, ..Script::saying(begun) };
        let server = Server::tls("127.0.0.1", GOOD, script).await;
        let outgoing = Outgoing::new(Settings { deadline: SOON, ..to(&server) });
        let answer = outgoing.send(get(&server.uri("/"))).await;
        assert_eq!(answer, Err(NotAnswered::TimedOut), "{begun}");
    }
}

#[tokio::test]
async fn what_is_cut_or_compressed_or_no_http_is_refused() {
    let head = "HTTP/1.1 200 OK\r\n";
    let scripts = [
        (format!("{head}content-encoding: gzip\r\ncontent-length: 2\r\n\r\n{{}}"), true),
        (format!("{head}content-length: 9\r\n\r\nhalf"), false),
        (format!("{head}transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"), false),
        ("SSH-2.0-OpenSSH_9.9\r\n".to_owned(), false),
        (String::new(), false),
    ];
    for (answer, is_encoded) in scripts {
        let expected = if is_encoded { NotAnswered::Encoded } else { NotAnswered::Malformed };
        let (server, outgoing) = told(Script::saying(answer.clone())).await;
        assert_eq!(outgoing.send(get(&server.uri("/"))).await, Err(expected), "{answer}");
    }
    let (server, outgoing) = told(Script::saying(format!("{head}\r\nto the end"))).await;
    let whole = outgoing.send(get(&server.uri("/"))).await.unwrap();
    assert_eq!(whole.body, b"to the end", "it said that this is the end");
}

#[tokio::test]
async fn only_so_many_are_under_way_to_one_host_and_altogether() {
    let script = Script { holds: true, ..ok("{}") };
    let server = Server::tls("127.0.0.1", GOOD, script).await;
    let settings = Settings { requests_max: 4, requests_per_host_max: 2, ..to(&server) };
    let outgoing = Outgoing::new(settings);
    let uri = server.uri("/");
    let all = join_all((0..12).map(|_| outgoing.send(get(&uri))));
    let let_go = async {
        while server.under_way() < 2 {
            yield_now().await;
        }
        server.let_go();
    };
    let (answers, ()) = tokio::join!(all, let_go);
    let busy = answers.iter().filter(|answer| **answer == Err(NotAnswered::Busy)).count();
    assert_eq!(busy, 4, "four under way, as many wait, and the rest is refused at once");
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 8);
    assert_eq!(server.under_way_max(), 2);
    assert!(outgoing.send(get(&uri)).await.is_ok(), "places are given back");
}
