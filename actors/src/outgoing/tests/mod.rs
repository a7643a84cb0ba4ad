//! What the one way out may be relied on for: where it goes, whom it believes, and that nothing of it has no end.

mod answers;
mod places;
mod server;

use std::{
    collections::VecDeque,
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use protocol::outgoing::Opening;

use super::*;
use server::{GOOD, NAME, Script, Server, ip};

/// The machine that runs tests may be busy with others.
const PATIENCE: Duration = Duration::from_secs(60);

/// For what never comes.
const SOON: Duration = Duration::from_millis(300);

/// Leads every name to what it is told, one answer after the other; the last one stays.
#[derive(Default)]
struct Names(Mutex<(VecDeque<Vec<IpAddr>>, usize)>);

impl Names {
    fn leading_to(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|texts| texts.iter().map(|text| ip(text)).collect());
        Arc::new(Self(Mutex::new((answers.collect(), 0))))
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().1
    }
}

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let mut names = self.0.lock().unwrap();
        names.1 += 1;
        let next = if names.0.len() > 1 { names.0.pop_front() } else { names.0.front().cloned() };
        next.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn settings(allowed: &[Opening], ca_pem: &str, resolver: Arc<dyn Resolve>) -> Settings {
    let pem = (!ca_pem.is_empty()).then_some(ca_pem.as_bytes());
    let trust = Trust::new(pem).unwrap();
    Settings {
        policy: Policy { allowed: Allowed::new(allowed.to_vec()), trust },
        deadline: PATIENCE,
        requests_max: 64,
        requests_per_host_max: 8,
        resolver,
    }
}

/// A way out on which every name leads to 127.0.0.1, and only to this server.
fn to(server: &Server) -> Settings {
    let opening = Opening::Address(server.address);
    settings(&[opening], &server.ca_pem, Names::leading_to(&[&["127.0.0.1"]]))
}

fn get(uri: &str) -> Outbound<'_> {
    let (purpose, accept) = (Purpose::JwksUri, "application/json");
    Outbound { purpose, uri, form: None, accept, body_bytes_max: 1024 }
}

async fn told(script: Script) -> (Server, Outgoing) {
    let server = Server::tls("127.0.0.1", GOOD, script).await;
    let outgoing = Outgoing::new(to(&server));
    (server, outgoing)
}

fn ok(body: &str) -> Script {
    let length = body.len();
    Script::saying(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"))
}
