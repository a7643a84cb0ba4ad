//! Where requests go, and where never (ATTACKS 30).

use super::*;
use protocol::outgoing::{Forbidden, Range};

/// A way out without openings, on which every name leads to `address`.
fn leading_to(address: &str) -> Outgoing {
    Outgoing::new(settings(&[], "", Names::leading_to(&[&[address]])))
}

fn is_forbidden(answer: &Result<Answered, NotAnswered>) -> bool {
    matches!(answer, Err(NotAnswered::Forbidden(_)))
}

/// A30.
#[tokio::test]
async fn a_name_that_leads_to_an_inner_address_is_not_connected_to() {
    for (address, range) in [
        ("127.0.0.1", Range::Loopback),
        ("::1", Range::Loopback),
        ("::ffff:127.0.0.1", Range::Loopback),
        ("64:ff9b::127.0.0.1", Range::Loopback),
        ("0.0.0.0", Range::Unspecified),
        ("::", Range::Unspecified),
        ("10.1.2.3", Range::Private),
        ("172.16.0.1", Range::Private),
        ("192.168.0.1", Range::Private),
        ("::ffff:10.1.2.3", Range::Private),
        ("fd00:ec2::254", Range::UniqueLocal),
        ("169.254.169.254", Range::LinkLocal),
        ("fe80::1", Range::LinkLocal),
        ("100.64.0.1", Range::CarrierGrade),
        ("224.0.0.1", Range::Multicast),
        ("ff02::1", Range::Multicast),
        ("255.255.255.255", Range::Broadcast),
        ("192.0.2.1", Range::Documentation),
        ("2001:db8::1", Range::Documentation),
        ("198.18.0.1", Range::Benchmarking),
        ("2002:7f00:1::", Range::Translation),
        ("2001::1", Range::Translation),
        ("64:ff9b:1::1", Range::Translation),
        ("168.63.129.16", Range::Platform),
        ("240.0.0.1", Range::Reserved),
        ("::127.0.0.1", Range::Reserved),
    ] {
        let refused = leading_to(address).send(get("https://client.example/")).await;
        let address = ip(address).to_canonical();
        let expected = Forbidden::Address { address, range };
        assert_eq!(refused, Err(NotAnswered::Forbidden(expected)));
    }
}

/// A30: every spelling of an inner address, at the port of a server that would have answered.
#[tokio::test]
async fn no_spelling_of_an_inner_address_is_connected_to() {
    let server = Server::plain(("127.0.0.1", 0), ok("secret")).await;
    let system = Arc::new(SystemResolver::default());
    let outgoing = Outgoing::new(settings(&[], "", system));
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "①②⑦.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:7f00:0001]",
        "[64:ff9b::127.0.0.1]",
        "0.0.0.0",
        "0",
        "[::]",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "ｌocalhost",
    ] {
        for scheme in ["http", "https"] {
            let uri = format!("{scheme}://{host}:{}/", server.port());
            let answer = outgoing.send(get(&uri)).await;
            // Not every machine knows a name that ends with a dot.
            let is_nowhere = answer == Err(NotAnswered::Unresolved);
            assert!(is_nowhere || is_forbidden(&answer), "{uri}: {answer:?}");
        }
    }
    for uri in ["file:///etc/passwd", "https://user@client.example/", "gopher://client.example/"] {
        let answer = outgoing.send(get(uri)).await;
        assert!(matches!(answer, Err(NotAnswered::NotADestination(_))), "{uri}: {answer:?}");
    }
    assert_eq!(server.connections(), 0);
}

/// A30: the address that was judged is the one that is connected to, whatever the name leads to a moment later.
#[tokio::test]
async fn a_name_is_resolved_once_for_each_request() {
    let good = Server::tls("127.0.0.1", GOOD, ok("{}")).await;
    let inner = Server::plain(("127.0.0.2", good.port()), ok("secret")).await;
    let names = Names::leading_to(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let opened = Opening::Network("127.0.0.1/32".parse().unwrap());
    let resolver: Arc<dyn Resolve> = Arc::clone(&names) as _;
    let outgoing = Outgoing::new(settings(&[opened], &good.ca_pem, resolver));
    assert!(outgoing.send(get(&good.uri("/"))).await.is_ok());
    assert_eq!(names.asked(), 1);
    assert!(is_forbidden(&outgoing.send(get(&good.uri("/"))).await));
    assert_eq!((good.connections(), inner.connections()), (1, 0));
}

/// A30: who lets a name lead to a good and to an inner address hopes that the second is taken.
#[tokio::test]
async fn a_name_with_one_inner_address_among_others_is_not_connected_to() {
    let (server, _) = told(ok("{}")).await;
    let names = Names::leading_to(&[&["127.0.0.1", "10.0.0.1"]]);
    let opened = Opening::Address(server.address);
    let outgoing = Outgoing::new(settings(&[opened], &server.ca_pem, names));
    assert!(is_forbidden(&outgoing.send(get(&server.uri("/"))).await));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_passed_over() {
    let (server, _) = told(ok("{}")).await;
    let names = Names::leading_to(&[&["127.0.0.3", "127.0.0.1"]]);
    let opened = Opening::Network("127.0.0.0/8".parse().unwrap());
    let outgoing = Outgoing::new(settings(std::slice::from_ref(&opened), &server.ca_pem, names));
    assert!(outgoing.send(get(&server.uri("/"))).await.is_ok());
    let alone = Names::leading_to(&[&["127.0.0.3"]]);
    let outgoing = Outgoing::new(settings(&[opened], "", alone));
    assert_eq!(outgoing.send(get(&server.uri("/"))).await, Err(NotAnswered::Unreachable));
    let outgoing = Outgoing::new(settings(&[], "", Arc::<Names>::default()));
    let nowhere = outgoing.send(get("https://client.example/")).await;
    assert_eq!(nowhere, Err(NotAnswered::Unresolved));
}

#[tokio::test]
async fn plain_http_goes_to_places_that_are_named_alone() {
    let server = Server::plain(("127.0.0.1", 0), ok("{}")).await;
    let uri = format!("http://keys.example:{}/", server.port());
    let names = || Names::leading_to(&[&["127.0.0.1"]]);
    let host = Opening::Host { name: NAME.into(), port: server.port() };
    let address = Opening::Address(server.address);
    for opening in [host, address] {
        let outgoing = Outgoing::new(settings(&[opening], "", names()));
        assert_eq!(outgoing.send(get(&uri)).await.unwrap().body, b"{}");
    }
    let outgoing = leading_to("1.1.1.1");
    let refused = outgoing.send(get(&uri)).await;
    assert_eq!(refused, Err(NotAnswered::Forbidden(Forbidden::PlainHttp)));
    assert_eq!(outgoing.judge(&uri), Err(NotAnswered::Forbidden(Forbidden::PlainHttp)));
    assert_eq!(outgoing.judge("https://client.example/"), Ok(()));
}
