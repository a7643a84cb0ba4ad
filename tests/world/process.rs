//! The program in a process of its own, which can be killed between a commit and its answer.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use doorward::start::{OsRandomness, SystemClock};
use protocol::{ClientId, client::Client};
use serde_json::Value;
use storage::Store;
use storage_redb::{Options, Redb};
use tempfile::TempDir;

use super::{Person, RelyingParty, Wire, clients::register};

/// An installation in a folder, with one end-user and one client.
pub(crate) struct Installation {
    folder: TempDir,
    printed: Value,
}

/// A process that serves it until it is killed.
pub(crate) struct Served {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStderr>>,
    wire: Wire,
    printed: Value,
}

impl Installation {
    /// Made by `doorward dev`, which then ends.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let arguments = ["dev", "--port", "0", "--print", "json", "--data", "data"];
        let command = command(folder.path(), &arguments).stdout(Stdio::piped()).spawn();
        let mut dev = Running(command.expect("the program starts"));
        let mut output = BufReader::new(dev.0.stdout.take().expect("its output is a pipe"));
        let mut line = String::new();
        output.read_line(&mut line).expect("it writes text");
        let printed = serde_json::from_str(&line).expect("the first line is JSON");
        Self { folder, printed }
    }

    /// Puts one more client into the store, while no process serves it.
    pub(crate) async fn register(&self, change: impl FnOnce(&mut Client)) -> ClientId {
        let file = doorward::start::store_file(&self.folder.path().join("data"));
        let engine = Redb::open(&file, Options::default()).expect("no process holds the store");
        let store = Store::new(Arc::new(engine), Arc::new(SystemClock), Arc::new(OsRandomness));
        let issuer = self.printed["issuer"].as_str().expect("an issuer");
        let nowhere = Wire::connected(issuer, ([127, 0, 0, 1], 9).into());
        register(&store, &nowhere, change).await.client_id
    }

    /// Serves it, with `settings` in the form of the configuration. After the commit that `held` names the process goes
    /// no further.
    pub(crate) fn serve(&self, settings: &str, held: Option<&str>) -> Served {
        let text = format!(
            "[issuer]\nurl = {}\n[listen]\naddress = [\"127.0.0.1:0\"]\n[management]\n\
             listen = \"127.0.0.1:0\"\n[storage]\npath = \"./data\"\n[master_key]\n\
             file = \"./data/master.key\"\n[log]\nformat = \"json\"\n{settings}",
            self.printed["issuer"]
        );
        let path = self.folder.path();
        fs::write(path.join("doorward.toml"), text).expect("it is written");
        let mut command = command(path, &["serve", "--config", "doorward.toml"]);
        if let Some(held) = held {
            command.env("DOORWARD_MUTANT", format!("held_after_commit:{held}"));
        }
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the program starts");
        let errors = child.stderr.take().expect("its log is a pipe");
        let mut lines = BufReader::new(errors).lines();
        let heard = hears(&mut lines, "requests are answered");
        let address = heard["public"].as_str().expect("an address");
        let address = address.trim_start_matches("Some(").trim_matches(['[', ']', ')']);
        let address: SocketAddr = address.parse().expect("an address");
        let issuer = self.printed["issuer"].as_str().expect("an issuer");
        let printed = self.printed.clone();
        Served { child, lines, wire: Wire::connected(issuer, address), printed }
    }
}

impl Served {
    pub(crate) fn wire(&self) -> &Wire {
        &self.wire
    }

    /// The client that `dev` has registered.
    pub(crate) fn relying_party(&self) -> RelyingParty {
        let text = |member: &str| self.printed[member].as_str().expect("a text");
        let uris = self.printed["redirect_uris"].as_array().expect("addresses");
        // Not that of the demonstration, which the provider itself answers.
        let is_elsewhere = |uri: &&str| !uri.starts_with(self.wire.issuer());
        let uri = uris.iter().filter_map(Value::as_str).find(is_elsewhere).expect("an address");
        let client_id = text("client_id").parse().expect("an id");
        RelyingParty::registered(self.wire.clone(), client_id, text("client_secret"), uri)
    }

    /// The end-user that `dev` has made.
    pub(crate) fn person(&self) -> Person {
        let text = |member: &str| self.printed[member].as_str().expect("a text").to_owned();
        Person::known(&text("username"), &text("password"))
    }

    /// Kills the process as a power failure would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
    }

    /// Waits until the commit is held, and kills the process as a power failure would.
    pub(crate) fn kill_when_held(mut self) {
        hears(&mut self.lines, "held after a commit");
        self.child.kill().expect("it runs");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Not left running when an assertion fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null()).env_remove("DOORWARD_MUTANT");
    command
}

fn hears(lines: &mut std::io::Lines<impl BufRead>, message: &str) -> Value {
    let mut said = String::new();
    for line in lines {
        let line = line.expect("it writes text");
        let value: Value = serde_json::from_str(&line).unwrap_or_default();
        if value["message"] == message {
            return value;
        }
        said.push_str(&line);
    }
    panic!("it ended without {message:?}: {said}");
}
