//! A server of SurrealDB for tests: the program in `tests/database`, which `tests/run` builds outside the clone.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on ends there, and finds the program by the environment of its runner"
)]

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use protocol::Secret;
use tempfile::TempDir;

use crate::Options;

/// A server in a process of its own, which ends with this one.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Who may do everything in it.
    pub username: String,
    /// Their password.
    pub password: Secret<String>,
    /// Who certified it, when it speaks TLS.
    pub ca_file: Option<PathBuf>,
    /// It ends when this does.
    _stdin: ChildStdin,
    _process: Child,
    _folder: TempDir,
}

/// A database of its own, on the one server of this process.
pub fn options() -> Options {
    static SERVER: OnceLock<Server> = OnceLock::new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = SERVER.get_or_init(Server::start);
    Options {
        url: format!("ws://{}", server.address),
        namespace: "tests".into(),
        database: format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed)),
        username: server.username.clone(),
        password: server.password.clone(),
        ca_file: None,
        live: true,
        deadline: crate::DEADLINE_MAX,
        node: "one".into(),
    }
}

/// Where `tests/run` builds the server.
fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("SURREALDB_PROCESS") {
        return program.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    cache.join("doorward/target-database/debug/surrealdb-process")
}

impl Server {
    fn start() -> Self {
        Self::run(tempfile::tempdir().unwrap(), Vec::new(), None)
    }

    /// One for `localhost`, certified by nobody else.
    pub fn start_with_tls() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = folder.path().join("certificate.pem");
        let key = folder.path().join("key.pem");
        std::fs::write(&certificate, certified.cert.pem()).unwrap();
        std::fs::write(&key, certified.signing_key.serialize_pem()).unwrap();
        let arguments = vec![
            "--web-crt".to_owned(),
            certificate.display().to_string(),
            "--web-key".to_owned(),
            key.display().to_string(),
        ];
        Self::run(folder, arguments, Some(certificate))
    }

    fn run(folder: TempDir, arguments: Vec<String>, ca_file: Option<PathBuf>) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let password = Secret::new(format!("of-this-run-{}", std::process::id()));
        let mut process = Command::new(program())
            .args(["start", "--no-banner", "--log", "warn", "--bind", &address.to_string()])
            .args(["--username", "root", "--password", password.expose()])
            .args(arguments)
            .arg(format!("surrealkv://{}", folder.path().join("store").display()))
            .env("ENDS_WITH_STDIN", "1")
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = process.stdin.take().unwrap();
        let until = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(address).is_err() {
            assert!(process.try_wait().unwrap().is_none(), "the server ended");
            assert!(Instant::now() < until, "the server does not answer");
            std::thread::yield_now();
        }
        Self {
            address,
            username: "root".into(),
            password,
            ca_file,
            _stdin: stdin,
            _process: process,
            _folder: folder,
        }
    }
}
