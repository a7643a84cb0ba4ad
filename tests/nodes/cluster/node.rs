//! One node: `serve` in a process of its own, with a folder, a name and a way to the database of its own.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{Command, Output},
    sync::Mutex,
};

use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::{
    database,
    program::Program,
    relay::{Relay, Weather},
    waits,
};
use crate::world::{Answer, Sent, Wire};

/// What all nodes of an installation share, and what a test chooses of it.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) issuer: String,
    /// The namespace in the database.
    pub(crate) namespace: String,
    /// Whether nodes are told of changes, and do not only look for them.
    pub(crate) has_hints: bool,
    /// The section `[tokens]`.
    pub(crate) tokens: &'static str,
}

/// Ended with this value.
pub(crate) struct Node {
    pub(crate) name: String,
    /// Its way to the database.
    pub(crate) link: Relay,
    shared: Shared,
    folder: TempDir,
    process: Mutex<Option<Process>>,
}

struct Process {
    program: Program,
    public: SocketAddr,
    management: SocketAddr,
}

/// The file of the master key of every installation here.
pub(crate) fn master_key() -> String {
    format!("{}A", "a".repeat(42))
}

impl Node {
    /// Started, and waited for until it answers.
    pub(crate) async fn start(name: &str, shared: &Shared, database: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let link = Relay::to(&[database]).await;
        let (name, shared, process) = (name.to_owned(), shared.clone(), Mutex::default());
        let node = Self { name, link, shared, folder, process };
        let secrets = [("master.key", master_key()), ("password", database::PASSWORD.to_owned())];
        for (file, secret) in secrets {
            let file = node.folder.path().join(file);
            doorward::start::write_private(&file, secret.as_bytes()).expect("it is written");
        }
        fs::write(node.configuration(), node.settings()).expect("it is written");
        node.begin().await;
        node
    }

    /// Starts it again, after [`Node::kill`].
    pub(crate) async fn begin(&self) {
        self.begin_as(self.command(&["serve"])).await;
    }

    /// As [`Node::begin`], but after the commit that `held` names it goes no further (protocol/src/mutant.rs).
    pub(crate) async fn begin_held(&self, held: &str) {
        let mut command = self.command(&["serve"]);
        command.env("DOORWARD_MUTANT", format!("held_after_commit:{held}"));
        self.begin_as(command).await;
    }

    async fn begin_as(&self, mut command: Command) {
        let mut program = Program::start(&mut command, &self.folder.path().join("log"));
        let heard = program.hears("requests are answered").await;
        let address = |name: &str| {
            let text = heard[name].as_str().expect("an address");
            let text = text.trim_start_matches("Some(").trim_matches(['[', ']', ')']);
            text.parse().expect("an address")
        };
        let (public, management) = (address("public"), address("management"));
        *self.process.lock().unwrap() = Some(Process { program, public, management });
    }

    /// As a power failure would.
    pub(crate) fn kill(&self) {
        let process = self.process.lock().unwrap().take();
        process.expect("it runs").program.kill();
    }

    /// Nothing in it goes on, and nobody is told.
    pub(crate) fn freeze(&self) {
        self.with(|process| process.program.signal(Signal::SIGSTOP));
    }

    /// It goes on where it was.
    pub(crate) fn thaw(&self) {
        self.with(|process| process.program.signal(Signal::SIGCONT));
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.with(|process| process.public)
    }

    /// The way to this node alone.
    pub(crate) fn wire(&self) -> Wire {
        Wire::connected(&self.shared.issuer, self.address())
    }

    /// What a balancer asks before it sends requests here; nothing where there is no answer.
    pub(crate) async fn readiness(&self) -> Option<Answer> {
        let management = self.with(|process| process.management);
        let wire = Wire::connected(&self.shared.issuer, management);
        let asked = wire.try_send(Sent::get("/health/ready"));
        tokio::time::timeout(waits::PATIENCE, asked).await.ok()?
    }

    /// What it says of one of its metrics without labels.
    pub(crate) async fn count(&self, metric: &str) -> u64 {
        let management = self.with(|process| process.management);
        let wire = Wire::connected(&self.shared.issuer, management);
        let said = wire.send(Sent::get("/metrics")).await.body;
        let line = said.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
        line.expect("it is measured").parse().expect("a count")
    }

    /// Waits until it is ready or not, as `is_ready` says.
    pub(crate) async fn becomes(&self, is_ready: bool) {
        let what = format!("{} becomes ready: {is_ready}", self.name);
        waits::until(&what, async || {
            let answer = self.readiness().await?;
            ((answer.status == 200) == is_ready).then_some(())
        })
        .await;
    }

    /// Its way to the database.
    pub(crate) fn cut(&self, weather: Weather) {
        self.link.turn(weather);
    }

    /// Carries out a command through its control socket, in a process of its own.
    pub(crate) async fn command_done(&self, arguments: &[&str]) -> Output {
        let mut command = tokio::process::Command::from(self.command(arguments));
        command.kill_on_drop(true).output().await.expect("the program starts")
    }

    /// Waits until it logs `message`.
    pub(crate) async fn hears(&self, message: &str) {
        waits::until(message, async || {
            let said = self.with(|process| process.program.said());
            said.contains(message).then_some(())
        })
        .await;
    }

    /// Its configuration, for who would reach the store as it does.
    pub(crate) fn configuration(&self) -> std::path::PathBuf {
        self.folder.path().join("doorward.toml")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn with<T>(&self, look: impl FnOnce(&Process) -> T) -> T {
        let process = self.process.lock().unwrap();
        look(process.as_ref().expect("it runs"))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
        command.args(arguments).args(["--config", "doorward.toml"]);
        command.current_dir(self.folder.path()).stdin(std::process::Stdio::null());
        command
    }

    fn settings(&self) -> String {
        let Shared { issuer, namespace, has_hints, tokens } = &self.shared;
        let (name, database) = (&self.name, self.link.address);
        let username = database::USERNAME;
        let folder = self.folder.path().display();
        format!(
            r#"
            [node]
            name = "{name}"
            [issuer]
            url = "{issuer}"
            [listen]
            address = ["127.0.0.1:0"]
            connections_per_address_max = 2000
            [management]
            listen = "127.0.0.1:0"
            [master_key]
            file = "{folder}/master.key"
            [storage]
            engine = "surreal"
            path = "{folder}/control"
            [surreal]
            url = "ws://{database}"
            namespace = "{namespace}"
            database = "doorward"
            username = "{username}"
            password_file = "{folder}/password"
            live = {has_hints}
            deadline = "5s"
            [keys]
            algorithms = ["RS256"]
            jwks_cache = "1s"
            [tokens]
            {tokens}
            [lockout]
            address_failures_max = 100000
            [log]
            format = "json"
            "#
        )
    }
}
