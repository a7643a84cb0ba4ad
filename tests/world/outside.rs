//! A server of somebody else's, by https on loopback, to which the provider sends requests of its own; and names that lead
//! where a test says.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use actors::outgoing::{Policy, Resolve, Trust};
use async_trait::async_trait;
use protocol::outgoing::{Allowed, Opening};
use rcgen::generate_simple_self_signed;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::Setup;

/// The name in its certificate.
const NAME: &str = "outside.example";

/// Serves until it is dropped.
pub(crate) struct Outside {
    address: SocketAddr,
    pem: String,
    state: Arc<State>,
    serving: JoinSet<()>,
}

#[derive(Default)]
struct State {
    answers: Mutex<HashMap<String, String>>,
    asked: Mutex<Vec<String>>,
    is_silent: watch::Sender<bool>,
}

/// Leads every name to this address.
pub(crate) struct LeadsTo(pub(crate) IpAddr);

#[async_trait]
impl Resolve for LeadsTo {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![self.0])
    }
}

impl Outside {
    pub(crate) async fn serve() -> Self {
        let made = generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a certificate and its key");
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = socket.local_addr().expect("an address");
        let state = Arc::<State>::default();
        let tls = TlsAcceptor::from(Arc::new(config));
        let serving = JoinSet::from_iter([accept(socket, tls, Arc::clone(&state))]);
        Self { address, pem: made.cert.pem(), state, serving }
    }

    /// Has a World trust it, and find it and nothing else under every name.
    pub(crate) fn is_known_to(&self, setup: &mut Setup) {
        let name = NAME.to_owned();
        let opened = Opening::Host { name, port: self.address.port() };
        let outgoing = &mut setup.policies.outgoing;
        let trust = Trust::new(Some(self.pem.as_bytes())).expect("a certificate");
        outgoing.policy = Policy { allowed: Allowed::new([opened]), trust };
        outgoing.resolver = Arc::new(LeadsTo(Ipv4Addr::LOCALHOST.into()));
    }

    /// Its address at `path`.
    pub(crate) fn uri(&self, path: &str) -> String {
        format!("https://{NAME}:{}{path}", self.address.port())
    }

    /// From now on it answers so at `path`.
    pub(crate) fn says(&self, path: &str, body: &Value) {
        let body = body.to_string();
        let length = body.len();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json";
        self.answers(path, format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}"));
    }

    /// From now on it answers so at `path`, to the letter.
    pub(crate) fn answers(&self, path: &str, answer: impl Into<String>) {
        self.state.answers.lock().expect("nobody panicked").insert(path.to_owned(), answer.into());
    }

    /// From now on it reads what it is asked and answers nothing, until it speaks again.
    pub(crate) fn falls_silent(&self, is_silent: bool) {
        self.state.is_silent.send_replace(is_silent);
    }

    /// From now on nobody listens.
    pub(crate) async fn goes_down(&mut self) {
        self.serving.shutdown().await;
    }

    /// What it was asked at `path`, each with its head and body.
    pub(crate) fn asked(&self, path: &str) -> Vec<String> {
        let asked = self.state.asked.lock().expect("nobody panicked");
        let is_there = |request: &&String| request.split(' ').nth(1) == Some(path);
        asked.iter().filter(is_there).cloned().collect()
    }
}

async fn accept(socket: TcpListener, tls: TlsAcceptor, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((tcp, _)) = socket.accept().await {
        let (tls, state) = (tls.clone(), Arc::clone(&state));
        connections.spawn(async move {
            let Ok(stream) = tls.accept(tcp).await else { return };
            // Whoever hangs up has read enough.
            let _ = answer(stream, &state).await;
        });
    }
}

async fn answer(mut stream: TlsStream<TcpStream>, state: &State) -> io::Result<()> {
    let request = read(&mut stream).await?;
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    state.asked.lock().expect("nobody panicked").push(request);
    let mut silence = state.is_silent.subscribe();
    let _ = silence.wait_for(|is_silent| !is_silent).await;
    let answer = state.answers.lock().expect("nobody panicked").get(&path).cloned();
    let nothing = || "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned();
    stream.write_all(answer.unwrap_or_else(nothing).as_bytes()).await?;
    stream.shutdown().await
}

/// A request with its body, whose length it says.
async fn read(stream: &mut TlsStream<TcpStream>) -> io::Result<String> {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().expect("a length")) {
                return Ok(text);
            }
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => read.extend_from_slice(&part[..length]),
        }
    }
}
