//! A server of SurrealDB: the program in `tests/database`, which `tests/run` builds outside the clone.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use tempfile::TempDir;

pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) username: String,
    pub(super) password: String,
    /// Who certified it, when it speaks TLS.
    pub(super) ca_file: Option<PathBuf>,
    /// It ends when this does.
    _stdin: ChildStdin,
    _process: Child,
    _folder: TempDir,
}

/// The one server of this process.
pub(super) fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

/// Where `tests/run` builds the server.
#[expect(
    clippy::disallowed_methods,
    reason = "tests find the program by the environment of their runner"
)]
fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("DOORWARD_TEST_DATABASE") {
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
    pub(super) fn start_with_tls() -> Self {
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
        let password = format!("of-this-run-{}", std::process::id());
        let mut process = Command::new(program())
            .args(["start", "--no-banner", "--log", "warn", "--bind", &address.to_string()])
            .args(["--username", "root", "--password", &password])
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
