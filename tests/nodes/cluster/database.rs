//! A whole SurrealDB in a process of its own, over a folder that outlives it.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::Command,
    sync::Mutex,
};

use tempfile::TempDir;

use super::{program::Program, waits};

/// Who may do everything in it.
pub(crate) const USERNAME: &str = "root";
pub(crate) const PASSWORD: &str = "a password for tests alone";

/// Ended with this value.
pub(crate) struct Database {
    pub(crate) address: SocketAddr,
    folder: TempDir,
    program: Mutex<Option<Program>>,
}

impl Database {
    pub(crate) async fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = free.local_addr().expect("an address");
        drop(free);
        let folder = tempfile::tempdir().expect("a folder");
        let database = Self { address, folder, program: Mutex::default() };
        database.begin();
        database.answers().await;
        database
    }

    /// Starts it again, after [`Database::kill`].
    pub(crate) fn begin(&self) {
        let folder = self.folder.path();
        let mut command = Command::new(binary());
        command.args([
            "start",
            "--no-banner",
            "--log",
            "warn",
            "--bind",
            &self.address.to_string(),
        ]);
        command.args(["--username", USERNAME, "--password", PASSWORD]);
        command.arg(format!("surrealkv://{}", folder.join("rows").display())).current_dir(folder);
        let program = Program::start(&mut command, &folder.join("log"));
        *self.program.lock().unwrap() = Some(program);
    }

    /// As a power failure of its machine would, but for what the disk had not taken.
    pub(crate) fn kill(&self) {
        let program = self.program.lock().unwrap().take();
        program.expect("it runs").kill();
    }

    /// Waits until it takes connections.
    pub(crate) async fn answers(&self) {
        waits::until("the database takes connections", async || {
            let mut program = self.program.lock().unwrap();
            let program = program.as_mut().expect("it was started");
            assert!(program.runs(), "the database ended: {}", program.said());
            TcpStream::connect(self.address).ok()
        })
        .await;
    }
}

/// The program that tests/run has built.
#[expect(
    clippy::disallowed_methods,
    reason = "no configuration of ours names what only tests need"
)]
fn binary() -> PathBuf {
    let found = std::env::var_os("SURREALDB_PROCESS").map(PathBuf::from).or_else(|| {
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home)?;
        Some(cache.join("doorward/target-database/debug/surrealdb-process"))
    });
    let found = found.expect("SURREALDB_PROCESS or HOME");
    assert!(found.exists(), "{} is not there: tests/run builds it", found.display());
    found
}
