//! The program that is measured: `doorward serve` as it is released, in a process of its own on a core of its own, with
//! its defaults but for what a measurement must know (address, key file, data directory) and how long codes live.

use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use hyper::StatusCode;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use protocol::{KeyRing, MasterKey};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::{
    Failure,
    client::{Connection, get},
    cores::Cores,
    database::{self, Database},
    operations::exchange,
    seed::RelyingParty,
};

/// How long the program may take to answer, and to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// After so long a round begins although something is still done.
const SETTLED: Duration = Duration::from_secs(10);

/// How long apart attempts to connect are.
const RETRY: Duration = Duration::from_micros(500);

/// Clock ticks a second in /proc (`getconf CLK_TCK`): 100 on every Linux of today.
const TICKS: f64 = 100.0;

/// An installation: configuration, master key, data directory and database in a folder that goes with it.
pub(crate) struct Installation {
    /// Of its store, where it is not redb's file. Stops before the folder goes.
    pub(crate) database: Option<Database>,
    folder: TempDir,
    program: PathBuf,
    cores: Cores,
    node: Node,
    key_file: PathBuf,
    /// What seals in its store.
    pub(crate) ring: KeyRing,
}

/// One node of an installation: where it listens, and how it is configured.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    address: SocketAddr,
    management: SocketAddr,
    config: PathBuf,
}

/// The program while it runs; killed when dropped.
pub(crate) struct Server {
    process: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Where it tells what it measures.
    pub(crate) management: SocketAddr,
    log: PathBuf,
}

/// What a server holds of its machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    /// Memory, in MiB.
    pub(crate) resident_mib: f64,
    /// Files and sockets.
    pub(crate) descriptors: f64,
    pub(crate) threads: f64,
}

impl Installation {
    /// A new one under `folder`, over the database if there is one. Nothing of it is there before the first start.
    pub(crate) async fn new(
        folder: &Path,
        (program, database): (&Path, Option<&Path>),
        cores: Cores,
    ) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("doorward-bench-").tempdir_in(folder)?;
        let master_key = MasterKey::new(&doorward::start::OsRandomness);
        let key_file = folder.path().join("master.key");
        doorward::start::write_private(&key_file, master_key.expose().expose().as_bytes())?;
        let database = match database {
            Some(program) => Some(Database::start(program, folder.path()).await?),
            None => None,
        };
        let node = Node {
            address: free_address()?,
            management: free_address()?,
            config: folder.path().join("node-1.toml"),
        };
        let installation = Self {
            database,
            folder,
            program: program.to_owned(),
            cores,
            node,
            key_file,
            ring: KeyRing::new(master_key),
        };
        let url = installation.database.as_ref().map(|database| database.address);
        installation.configure(&installation.node, "node-1", &surreal(url, ""))?;
        Ok(installation)
    }

    /// One more node. It reaches the database at `database`, with these lines in `[surreal]` beside.
    pub(crate) fn another_node(
        &self,
        name: &str,
        (database, lines): (SocketAddr, &str),
    ) -> Result<Node, Failure> {
        let node = Node {
            address: free_address()?,
            management: free_address()?,
            config: self.folder().join(format!("{name}.toml")),
        };
        self.configure(&node, name, &surreal(Some(database), lines))?;
        Ok(node)
    }

    fn configure(&self, node: &Node, name: &str, storage: &str) -> Result<(), Failure> {
        let Node { address, management, config } = node;
        let (issuer, key_file) = (self.node.address, self.key_file.display());
        let path = match name {
            "node-1" => self.folder().join("data"),
            _ => self.folder().join(format!("data-of-{name}")),
        };
        let text = format!(
            "[issuer]\nurl = \"http://{issuer}\"\n\n[node]\nname = \"{name}\"\n\n\
             [listen]\naddress = [\"{address}\"]\n\n[management]\nlisten = \"{management}\"\n\n\
             [master_key]\nfile = \"{key_file}\"\n\n[tokens]\ncode_lifetime = \"10m\"\n\n\
             [storage]\npath = \"{}\"\n{storage}",
            path.display()
        );
        Ok(std::fs::write(config, text)?)
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file of its store.
    pub(crate) fn store_file(&self) -> PathBuf {
        doorward::start::store_file(&self.folder().join("data"))
    }

    /// Starts the program, and does not wait for it.
    pub(crate) fn start(&self, node: &Node) -> Result<Server, Failure> {
        let log = node.config.with_extension("log");
        let mut command = Command::new(&self.program);
        command
            .args(["serve", "--config"])
            .arg(&node.config)
            .env_clear()
            .env("DOORWARD_SURREAL__PASSWORD", database::PASSWORD)
            .current_dir(self.folder());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
        let process = self.cores.on_server(move || Ok(command.spawn()?))?;
        Ok(Server { process, address: node.address, management: node.management, log })
    }

    /// Starts the first node and waits until it answers.
    pub(crate) async fn serve(&self) -> Result<Server, Failure> {
        self.serve_on(&self.node).await
    }

    /// Starts a node and waits until it answers.
    pub(crate) async fn serve_on(&self, node: &Node) -> Result<Server, Failure> {
        let mut server = self.start(node)?;
        let mut connection = server.connection().await?;
        // Its socket is there before it listens to signals.
        let discovery = get("/.well-known/openid-configuration", &[])?;
        connection.send(discovery).await?.expect(StatusCode::OK)?;
        Ok(server)
    }

    /// Starts the program and redeems `code`, which it has issued in an earlier life: how long until the answer.
    pub(crate) async fn first_token(
        &self,
        client: &RelyingParty,
        code: &str,
    ) -> Result<(Server, Duration), Failure> {
        let began_at = Instant::now();
        let mut server = self.start(&self.node)?;
        let mut connection = server.connection().await?;
        let answer = connection.send(exchange(client, code)?).await?;
        let time = began_at.elapsed();
        answer.expect(StatusCode::OK)?.member("access_token")?;
        Ok((server, time))
    }
}

impl Server {
    /// A connection, as soon as there can be one.
    pub(crate) async fn connection(&mut self) -> Result<Connection, Failure> {
        let until = Instant::now() + PATIENCE;
        loop {
            match Connection::open([127, 0, 0, 1].into(), self.address).await {
                Ok(connection) => return Ok(connection),
                Err(error) if Instant::now() > until => return Err(self.fault(&error.to_string())),
                Err(_) => {}
            }
            if let Some(status) = self.process.try_wait()? {
                return Err(self.fault(&format!("it ended with {status}")));
            }
            sleep(RETRY).await;
        }
    }

    fn fault(&self, why: &str) -> Failure {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let end = log.len().saturating_sub(2_000);
        format!("the server does not serve: {why}\n{}", log.get(end..).unwrap_or_default()).into()
    }

    /// Memory that is resident now, in MiB.
    pub(crate) fn resident_mib(&self) -> Result<f64, Failure> {
        Ok(self.status("VmRSS:")? / 1024.0)
    }

    /// What it holds of its machine now.
    pub(crate) fn held(&self) -> Result<Held, Failure> {
        let descriptors = std::fs::read_dir(format!("/proc/{}/fd", self.process.id()))?.count();
        Ok(Held {
            resident_mib: self.resident_mib()?,
            descriptors: descriptors as f64,
            threads: self.status("Threads:")?,
        })
    }

    fn status(&self, name: &str) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let line = line.ok_or_else(|| format!("no {name}"))?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// Processor time that it has taken, in seconds.
    pub(crate) fn processor_seconds(&self) -> Result<f64, Failure> {
        processor_seconds(self.process.id())
    }

    /// Waits until what the last round has left behind (the audit chain, above all) is done.
    pub(crate) async fn settle(&self) -> Result<(), Failure> {
        const LOOK: Duration = Duration::from_millis(300);
        let until = Instant::now() + SETTLED;
        let mut quiet = 0;
        while quiet < 4 && Instant::now() < until {
            let before = self.processor_seconds()?;
            sleep(LOOK).await;
            let busy = (self.processor_seconds()? - before) / LOOK.as_secs_f64();
            quiet = if busy < 0.05 { quiet + 1 } else { 0 };
        }
        Ok(())
    }

    /// Stops it in order.
    pub(crate) fn stop(mut self) -> Result<(), Failure> {
        kill(Pid::from_raw(i32::try_from(self.process.id())?), Signal::SIGTERM)?;
        let status = self.process.wait()?;
        if status.success() { Ok(()) } else { Err(self.fault(&format!("it ended with {status}"))) }
    }

    /// Kills it, wherever it is.
    pub(crate) fn kill(mut self) -> Result<(), Failure> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `[storage]` and `[surreal]` for a database, and nothing for the default.
fn surreal(database: Option<SocketAddr>, lines: &str) -> String {
    let Some(address) = database else { return String::new() };
    let username = database::USERNAME;
    format!(
        "engine = \"surreal\"\n\n[surreal]\nurl = \"ws://{address}\"\nusername = \"{username}\"\n{lines}"
    )
}

/// Processor time that a process has taken, in seconds.
pub(crate) fn processor_seconds(process: u32) -> Result<f64, Failure> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name of the program, in parentheses, may hold anything.
    let (_, fields) = stat.rsplit_once(')').ok_or("an unreadable stat")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / TICKS)
}

pub(crate) fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}
