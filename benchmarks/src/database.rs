//! The database server beside which nodes are measured: SurrealDB as a process of its own, on the core from which the load
//! comes, as nodes and floors have theirs to themselves. It ends when the benchmark does.

use std::{
    fs::File,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::time::{Instant, sleep};

use crate::{
    Failure,
    server::{free_address, processor_seconds},
};

/// How long it may take to listen, and how often one looks.
const PATIENCE: Duration = Duration::from_secs(60);
const RETRY: Duration = Duration::from_millis(10);

/// Of every database here, which nobody else reaches.
pub(crate) const USERNAME: &str = "root";
pub(crate) const PASSWORD: &str = "of-this-run";

/// A server of SurrealDB that keeps its rows with surrealkv in a folder; killed when dropped.
pub(crate) struct Database {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    store: PathBuf,
    process: Child,
}

impl Database {
    /// Starts it on the core of who calls, and waits until it listens. Its store is in `folder`, and may be there already.
    pub(crate) async fn start(program: &Path, folder: &Path) -> Result<Self, Failure> {
        let (address, store) = (free_address()?, folder.join("surrealkv"));
        let process = Command::new(program)
            .args(["start", "--no-banner", "--log", "warn", "--bind", &address.to_string()])
            .args(["--username", USERNAME, "--password", PASSWORD])
            .arg(format!("surrealkv://{}", store.display()))
            .env_clear()
            .env("ENDS_WITH_STDIN", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(File::create(folder.join("database.log"))?)
            .spawn()?;
        let mut database = Self { address, store, process };
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            if let Some(status) = database.process.try_wait()? {
                return Err(format!("the database ended with {status}").into());
            }
            if Instant::now() > until {
                return Err("the database does not listen".into());
            }
            sleep(RETRY).await;
        }
        Ok(database)
    }

    /// Processor time that it has taken, in seconds.
    pub(crate) fn processor_seconds(&self) -> Result<f64, Failure> {
        processor_seconds(self.process.id())
    }

    /// Stops it in order, so that what it has is on the disk: how many bytes that is.
    pub(crate) fn stop(mut self) -> Result<u64, Failure> {
        kill(Pid::from_raw(i32::try_from(self.process.id())?), Signal::SIGTERM)?;
        self.process.wait()?;
        bytes_in(&self.store)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The lengths of all files in a folder and below.
fn bytes_in(folder: &Path) -> Result<u64, Failure> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { bytes_in(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

/// Where `tests/run` builds the server, in the cache outside the clone.
pub(crate) fn built() -> Option<PathBuf> {
    let environment = doorward::start::environment();
    let folder = |name: &str| {
        let found = environment.iter().find(|(key, _)| key == name);
        found.map(|(_, folder)| PathBuf::from(folder))
    };
    let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")))?;
    let program = cache.join("doorward/target-database/debug/surrealdb-process");
    program.exists().then_some(program)
}
