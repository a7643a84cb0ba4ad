//! A server on loopback that says what it is told to, and remembers what it was asked.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use rcgen::{
    BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

/// The name in its certificate.
pub(super) const NAME: &str = "keys.example";

/// What it answers to every request.
#[derive(Clone)]
pub(super) struct Script {
    /// To the letter.
    pub(super) answer: Vec<u8>,
    /// What is sent again and again after that, until nobody reads any more.
    pub(super) endless: Vec<u8>,
    /// Whether it says nothing more then, and leaves the connection open.
    pub(super) holds: bool,
}

impl Script {
    pub(super) fn saying(answer: impl Into<Vec<u8>>) -> Self {
        Self { answer: answer.into(), endless: Vec::new(), holds: false }
    }
}

/// What its certificate says.
#[derive(Clone, Copy)]
pub(super) struct Certificate {
    pub(super) name: &'static str,
    /// The year in which it ends.
    pub(super) ends: i32,
}

pub(super) const GOOD: Certificate = Certificate { name: NAME, ends: 2040 };

/// Runs until it is dropped.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    /// The authority that vouches for it.
    pub(super) ca_pem: String,
    seen: Arc<Seen>,
    _serving: JoinSet<()>,
}

struct Seen {
    requests: Mutex<Vec<String>>,
    connections: AtomicUsize,
    under_way: AtomicUsize,
    under_way_max: AtomicUsize,
    let_go: Semaphore,
}

impl Server {
    /// By TLS.
    pub(super) async fn tls(ip: &str, certificate: Certificate, script: Script) -> Self {
        let (ca_pem, config) = vouched_for(certificate);
        Self::start((ip, 0), script, (ca_pem, Some(TlsAcceptor::from(Arc::new(config))))).await
    }

    pub(super) async fn plain((ip, port): (&str, u16), script: Script) -> Self {
        Self::start((ip, port), script, (String::new(), None)).await
    }

    async fn start(
        at: (&str, u16),
        script: Script,
        (ca_pem, tls): (String, Option<TlsAcceptor>),
    ) -> Self {
        let socket = TcpListener::bind(at).await.unwrap();
        let address = socket.local_addr().unwrap();
        let seen = Arc::new(Seen {
            requests: Mutex::default(),
            connections: AtomicUsize::default(),
            under_way: AtomicUsize::default(),
            under_way_max: AtomicUsize::default(),
            let_go: Semaphore::new(0),
        });
        let serving = serve(socket, tls, script, Arc::clone(&seen));
        Self { address, ca_pem, seen, _serving: JoinSet::from_iter([serving]) }
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Its address by the name in its certificate.
    pub(super) fn uri(&self, path: &str) -> String {
        format!("https://{NAME}:{}{path}", self.port())
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    pub(super) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// The most requests that it had in hand at once.
    pub(super) fn under_way_max(&self) -> usize {
        self.seen.under_way_max.load(Ordering::SeqCst)
    }

    pub(super) fn under_way(&self) -> usize {
        self.seen.under_way.load(Ordering::SeqCst)
    }

    /// Lets a script that holds end its connections.
    pub(super) fn let_go(&self) {
        self.seen.let_go.add_permits(Semaphore::MAX_PERMITS / 2);
    }
}

async fn serve(socket: TcpListener, tls: Option<TlsAcceptor>, script: Script, seen: Arc<Seen>) {
    let mut connections = JoinSet::new();
    while let Ok((tcp, _)) = socket.accept().await {
        seen.connections.fetch_add(1, Ordering::SeqCst);
        connections.spawn(connection(tcp, tls.clone(), script.clone(), Arc::clone(&seen)));
    }
}

async fn connection(tcp: TcpStream, tls: Option<TlsAcceptor>, script: Script, seen: Arc<Seen>) {
    match tls {
        None => answer(tcp, script, &seen).await,
        Some(tls) => {
            let Ok(stream) = tls.accept(tcp).await else { return };
            answer(stream, script, &seen).await;
        }
    }
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, script: Script, seen: &Seen) {
    let Some(request) = read(&mut stream).await else { return };
    seen.requests.lock().unwrap().push(request);
    let under_way = seen.under_way.fetch_add(1, Ordering::SeqCst) + 1;
    seen.under_way_max.fetch_max(under_way, Ordering::SeqCst);
    let held = async {
        if script.holds {
            drop(seen.let_go.acquire().await);
        }
    };
    let said = async {
        stream.write_all(&script.answer).await?;
        stream.flush().await?;
        while !script.endless.is_empty() {
            stream.write_all(&script.endless).await?;
        }
        std::io::Result::Ok(())
    };
    let _ = said.await;
    held.await;
    seen.under_way.fetch_sub(1, Ordering::SeqCst);
    let _ = stream.shutdown().await;
}

/// A request with its body, whose length it says.
async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Option<String> {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        // A handshake, at a server that speaks no TLS.
        if read.first() == Some(&0x16) {
            return Some(text);
        }
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length = length.map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return Some(text);
            }
        }
        let mut part = [0; 1024];
        let length = stream.read(&mut part).await.ok().filter(|length| *length > 0)?;
        read.extend_from_slice(&part[..length]);
    }
}

/// A certificate, and the authority that vouches for it.
fn vouched_for(Certificate { name, ends }: Certificate) -> (String, ServerConfig) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority_key = KeyPair::generate().unwrap();
    let ca_pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);
    let mut leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
    leaf.not_after = date_time_ymd(ends, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = leaf.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (ca_pem, config)
}

/// The address of a server, for who resolves names.
pub(super) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}
