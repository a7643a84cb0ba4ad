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
    operations::exchange,
    seed::RelyingParty,
};

/// How long the program may take to answer, and to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long apart attempts to connect are.
const RETRY: Duration = Duration::from_micros(500);

/// Clock ticks a second in /proc (`getconf CLK_TCK`): 100 on every Linux of today.
const TICKS: f64 = 100.0;

/// An installation: configuration, master key and data directory in a folder that goes with it.
pub(crate) struct Installation {
    folder: TempDir,
    program: PathBuf,
    cores: Cores,
    address: SocketAddr,
    config: PathBuf,
    /// What seals in its store.
    pub(crate) ring: KeyRing,
}

/// The program while it runs; killed when dropped.
pub(crate) struct Server {
    process: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    log: PathBuf,
}

impl Installation {
    /// A new one under `folder`. Nothing of it is there before the first start.
    pub(crate) fn new(folder: &Path, program: &Path, cores: Cores) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("doorward-bench-").tempdir_in(folder)?;
        let master_key = MasterKey::new(&doorward::start::OsRandomness);
        let key_file = folder.path().join("master.key");
        doorward::start::write_private(&key_file, master_key.expose().expose().as_bytes())?;
        let (address, management) = (free_address()?, free_address()?);
        let config = folder.path().join("doorward.toml");
        let (key_file, path) = (key_file.display(), folder.path().join("data"));
        let text = format!(
            "[issuer]\nurl = \"http://{address}\"\n\n[listen]\naddress = [\"{address}\"]\n\n\
             [management]\nlisten = \"{management}\"\n\n[storage]\npath = \"{}\"\n\n\
             [master_key]\nfile = \"{key_file}\"\n\n[tokens]\ncode_lifetime = \"10m\"\n",
            path.display()
        );
        std::fs::write(&config, text)?;
        Ok(Self {
            folder,
            program: program.to_owned(),
            cores,
            address,
            config,
            ring: KeyRing::new(master_key),
        })
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
    pub(crate) fn start(&self) -> Result<Server, Failure> {
        let log = self.folder().join("log");
        let mut command = Command::new(&self.program);
        command
            .args(["serve", "--config"])
            .arg(&self.config)
            .env_clear()
            .current_dir(self.folder());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
        let process = self.cores.on_server(move || Ok(command.spawn()?))?;
        Ok(Server { process, address: self.address, log })
    }

    /// Starts the program and waits until it answers.
    pub(crate) async fn serve(&self) -> Result<Server, Failure> {
        let mut server = self.start()?;
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
        let mut server = self.start()?;
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
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }

    /// Processor time that it has taken, in seconds.
    pub(crate) fn processor_seconds(&self) -> Result<f64, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The name of the program, in parentheses, may hold anything.
        let (_, fields) = stat.rsplit_once(')').ok_or("an unreadable stat")?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        Ok(ticks.sum::<Result<f64, _>>()? / TICKS)
    }

    /// Waits until what the last round has left behind (the audit chain, above all) is done.
    pub(crate) async fn settle(&self) -> Result<(), Failure> {
        const LOOK: Duration = Duration::from_millis(300);
        let until = Instant::now() + PATIENCE;
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

fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}
