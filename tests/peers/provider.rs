//! Starts the program as a developer would, and ends it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::signing;

/// A cold start makes signing keys, on a machine that may be busy with other tests.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// `doorward dev` in a process of its own, ended with this value.
pub(crate) struct Provider {
    announced: String,
    directory: TempDir,
    // Kept open, so that nothing which the program says later ends it.
    _stdout: BufReader<ChildStdout>,
    process: Child,
}

impl Provider {
    pub(crate) async fn over_http(options: &[&str]) -> Self {
        Self::start(options).await
    }

    /// With a certificate of an authority of its own.
    pub(crate) async fn over_https(options: &[&str]) -> Self {
        Self::start(&[&["--tls"], options].concat()).await
    }

    /// As [`Self::over_http`], with two clients more, which sign to say who they are.
    pub(crate) async fn with_clients_that_sign(options: &[&str]) -> Self {
        let Self { announced, directory, mut process, .. } = Self::start(options).await;
        process.kill().await.expect("it ends");
        let mut told = serde_json::from_str(&announced).expect("one JSON object");
        signing::register(&store_in(directory.path()), &mut told).await;
        let served = Self::start_in(directory, options).await;
        let mut announced: Value = serde_json::from_str(&served.announced).expect("JSON");
        for way in ["private_key_jwt", "client_secret_jwt"] {
            announced[way] = told[way].take();
        }
        Self { announced: announced.to_string(), ..served }
    }

    async fn start(options: &[&str]) -> Self {
        let directory = TempDir::with_prefix("doorward-").expect("a temporary folder");
        Self::start_in(directory, options).await
    }

    async fn start_in(directory: TempDir, options: &[&str]) -> Self {
        let log = File::create(log_in(directory.path())).expect("a file for the log");
        let mut process = Command::new(env!("CARGO_BIN_EXE_doorward"))
            .args(["dev", "--port", "0", "--print", "json", "--data"])
            .arg(store_in(directory.path()))
            .args(options)
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("doorward starts");
        let mut stdout = BufReader::new(process.stdout.take().expect("its stdout is a pipe"));
        let mut announced = String::new();
        let read = timeout(STARTS_WITHIN, stdout.read_line(&mut announced)).await;
        if !announced.starts_with('{') {
            let log = fs::read_to_string(log_in(directory.path())).unwrap_or_default();
            panic!("doorward dev announced nothing: {read:?} {announced:?}\n{log}");
        }
        Self { announced, directory, _stdout: stdout, process }
    }

    /// What it printed, to be read: one JSON object.
    pub(crate) fn announcement(&self) -> File {
        let file = self.directory().join("announced.json");
        fs::write(&file, &self.announced).expect("a file for what it printed");
        File::open(file).expect("the file that was written")
    }

    /// The authority of its certificate, when it has one.
    pub(crate) fn ca_file(&self) -> Option<PathBuf> {
        let announced: serde_json::Value =
            serde_json::from_str(&self.announced).expect("one JSON object");
        announced.get("ca_file").and_then(|file| file.as_str()).map(PathBuf::from)
    }

    /// A folder that lasts as long as the provider.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What it said for people.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(log_in(self.directory())).unwrap_or_default()
    }
}

fn store_in(directory: &Path) -> PathBuf {
    directory.join("store")
}

fn log_in(directory: &Path) -> PathBuf {
    directory.join("doorward.log")
}
