//! The provider is made to fetch an inner address: by what a client registers as the place of its keys.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use protocol::client::{Client, ClientKind, TokenEndpointAuthMethod};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinSet};

use crate::world::{
    Answer, World,
    asserting::{Asserting, Key},
    outside::{LeadsTo, Outside},
};

/// Somebody inside, who should never be asked.
struct Inside {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    _serving: JoinSet<()>,
}

impl Inside {
    async fn listen() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = socket.local_addr().expect("an address");
        let asked = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&asked);
        let serving = async move {
            while socket.accept().await.is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        };
        Self { address, asked, _serving: JoinSet::from_iter([serving]) }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn with_keys_at(uri: &str) -> impl FnOnce(&mut Client) {
    let jwks_uri = uri.parse().expect("an address");
    move |client| {
        let token_endpoint_auth_method = TokenEndpointAuthMethod::PrivateKeyJwt;
        client.kind = ClientKind::Confidential { token_endpoint_auth_method, secrets: Vec::new() };
        client.jwks_uri = Some(jwks_uri);
    }
}

/// A client that has its keys at `uri`, whoever let it be registered, and what it is answered.
async fn tries(world: &World, uri: &str) -> (Asserting, Answer) {
    let party = world.client(with_keys_at(uri)).await;
    let client = Asserting::over(world, party, Key::drawn(world));
    let answer = client.tries(&client.assertion()).await;
    assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_client"), "{answer:?}");
    (client, answer)
}

/// Every way to write an address of this machine, of its network, or of what clouds tell their machines.
fn inner(port: u16) -> Vec<String> {
    let hosts = [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "①②⑦.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "0.0.0.0",
        "[::]",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "168.63.129.16",
        "100.100.100.200",
        "10.0.0.1",
        "192.168.0.1",
        "[fe80::1]",
    ];
    let uris = |host: &&str| ["https", "http"].map(|scheme| format!("{scheme}://{host}:{port}/"));
    hosts.iter().flat_map(uris).collect()
}

#[tokio::test]
async fn no_inner_address_is_registered_in_any_spelling() {
    let world = World::new().await;
    let (admin, inside) = (world.admin().await, Inside::listen().await);
    for uri in inner(inside.address.port()) {
        let body = json!({
            "client_name": "Inner",
            "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": uri,
        });
        let answer = admin.post("/clients", &body).await;
        assert_eq!(answer.status, 422, "{uri}: {answer:?}");
    }
    assert_eq!(inside.asked(), 0);
}

#[tokio::test]
async fn no_inner_address_is_fetched_whoever_registered_it() {
    let world = World::new().await;
    let inside = Inside::listen().await;
    let mut told = Vec::new();
    let names = ["https://localhost", "http://localhost", "https://LOCALHOST."];
    let names = names.map(|name| format!("{name}:{}/", inside.address.port()));
    for uri in inner(inside.address.port()).into_iter().chain(names) {
        let (_, answer) = tries(&world, &uri).await;
        told.push(answer.text("error_description").expect("a text"));
    }
    told.dedup();
    assert_eq!(told.len(), 1, "nobody learns what is where: {told:?}");
    assert_eq!(inside.asked(), 0);
}

#[tokio::test]
async fn no_name_that_leads_inside_is_fetched() {
    let inside = Inside::listen().await;
    for address in ["127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0", "169.254.169.254", "fd00:ec2::254"]
    {
        let address: IpAddr = address.parse().expect("an address");
        let change = |setup: &mut crate::world::Setup| {
            setup.policies.outgoing.resolver = Arc::new(LeadsTo(address));
        };
        let world = World::with(change).await;
        tries(&world, &format!("https://client.example:{}/", inside.address.port())).await;
    }
    assert_eq!(inside.asked(), 0);
}

#[tokio::test]
async fn no_redirect_leads_inside_and_nothing_of_an_answer_is_told() {
    let (inside, outside) = (Inside::listen().await, Outside::serve().await);
    let world = World::with(|setup| outside.is_known_to(setup)).await;
    let location = format!("http://{}/secret", inside.address);
    let redirect =
        format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    outside.answers("/redirect", redirect);
    outside.says("/secret", &json!({ "secret": "of the inside" }));
    let admin = world.admin().await;
    for path in ["/redirect", "/secret"] {
        let (_, answer) = tries(&world, &outside.uri(path)).await;
        assert_eq!(outside.asked(path).len(), 1);
        world.look().await.expect("every actor looks");
        let id = answer.text("refusal_id").expect("an id");
        let found = admin.get(&format!("/refusals/{id}")).await;
        assert_eq!(found.status, 200, "{found:?}");
        for told in [format!("{answer:?}"), found.json().to_string()] {
            assert!(!told.contains("of the inside") && !told.contains("302"), "{told}");
        }
    }
    assert_eq!(inside.asked(), 0);
}
