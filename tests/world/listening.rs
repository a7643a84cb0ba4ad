//! The World behind its real border, on a port of loopback, for what only a socket shows: heads, proxies, TLS.

use std::{net::SocketAddr, sync::Arc};

use openapi::listener::{
    BorderConfig, BorderName, Drained, Limits, Listener, TlsFiles, TlsPaths, forwarded::Proxies,
    serve,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use super::{World, chance::Seeded};

/// Where the names of requests begin.
static CHANCE: Seeded = Seeded::new(7);

/// How a World listens.
#[derive(Default)]
pub(crate) struct Loopback {
    /// Whose forwarded headers are believed.
    pub(crate) proxies: Proxies,
    /// Whether it speaks TLS, with a certificate of its own.
    pub(crate) tls: bool,
}

/// A border that serves until it is dropped.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    stop: watch::Sender<bool>,
    _serving: JoinSet<Drained>,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn listen(&self, loopback: Loopback) -> Listening {
        let Loopback { proxies, tls } = loopback;
        let folder = tempfile::tempdir().expect("a folder");
        let tls = if tls { Some(certificate(folder.path()).await) } else { None };
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = socket.local_addr().expect("an address");
        let config = BorderConfig { name: BorderName::Public, limits: Limits::default(), proxies };
        let (stop, mut stopped) = watch::channel(false);
        let shutdown = async move { drop(stopped.wait_for(|is_told| *is_told).await) };
        let endpoint = Arc::clone(&self.0.endpoint);
        let listeners = vec![Listener { socket, tls }];
        let serving = serve(listeners, endpoint, config, &CHANCE, shutdown);
        let serving = JoinSet::from_iter([serving]);
        Listening { address, stop, _serving: serving, _folder: folder }
    }
}

async fn certificate(folder: &std::path::Path) -> Arc<TlsFiles> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let paths =
        TlsPaths { certificate_file: folder.join("tls.crt"), key_file: folder.join("tls.key") };
    std::fs::write(&paths.certificate_file, made.cert.pem()).expect("it is written");
    std::fs::write(&paths.key_file, made.signing_key.serialize_pem()).expect("it is written");
    TlsFiles::open(paths).await.expect("the certificate is good")
}

impl Listening {
    /// Tells the border to accept nothing more, and to let what is under way finish.
    pub(crate) fn tell_to_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Sends `request` as it is on a connection of its own, and reads until that ends. It should ask for `close`.
    pub(crate) async fn exchange(&self, request: &str) -> String {
        let mut tcp = TcpStream::connect(self.address).await.expect("it listens");
        tcp.write_all(request.as_bytes()).await.expect("it reads");
        let mut answer = Vec::new();
        tcp.read_to_end(&mut answer).await.expect("it answers");
        String::from_utf8_lossy(&answer).into_owned()
    }
}
