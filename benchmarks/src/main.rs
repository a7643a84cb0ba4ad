//! Measures the released program under load, and in the same run what no implementation can beat (docs/performance.md).
//!
//! The program serves on one core, in a process of its own; the load comes from another core. Every figure stands beside
//! the floor that was measured on the server's core before each round, and what counts is the ratio.

mod client;
mod cores;
mod floors;
mod life;
mod load;
mod machine;
mod operations;
mod program;
mod seed;
mod server;
mod table;
mod throughput;

use std::{
    fmt,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, ValueEnum};

use crate::{
    cores::Cores,
    floors::{Signed, Signers},
    seed::{Seed, Seeder},
    server::Installation,
    table::{Figure, Row},
    throughput::{Effort, Setting},
};

/// Why a run ends without a table.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Measures the released program under load, each figure beside its physical floor.
#[derive(Debug, Parser)]
struct Arguments {
    /// The program; without it, cargo builds it.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Where data is put, and removed again; should be on a disk, not in memory.
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// Rounds that count, of each operation.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of a round.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Connections, each with one request under way.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u8).range(1..=200))]
    connections: u8,
    /// Sessions in the full store.
    #[arg(long, default_value_t = 1_000_000)]
    sessions: usize,
    /// What is measured; everything by default.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,
}

/// What can be measured alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Signatures, hashes and commits alone.
    Floors,
    /// The memory of a server that nobody asks.
    Idle,
    /// Codes for browsers that are signed in, and their exchange.
    Codes,
    /// Exchange of codes, the ID token signed with ES256.
    CodesEs256,
    /// Refresh with rotation.
    Refresh,
    /// Refresh with rotation, the ID token signed with ES256.
    RefreshEs256,
    /// Login with a password.
    Login,
    /// From the start to the first token.
    Start,
    /// Memory and start with many sessions.
    Crowd,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(text) => match std::io::stdout().write_all(text.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(failure) => {
            told(format_args!("no table: {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// Says how far the run is, on standard error: the table alone is the output.
pub(crate) fn told(what: impl fmt::Display) {
    // Where nobody listens, nothing is lost.
    let _ = writeln!(std::io::stderr(), "{what}");
}

fn run(arguments: &Arguments) -> Result<String, Failure> {
    let program = match &arguments.program {
        Some(program) => program.canonicalize()?,
        None => program::build()?,
    };
    let cores = Cores::choose()?;
    let description = machine::description(cores, &arguments.folder)?;
    told(&description);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let rows = runtime.block_on(measure(arguments, &program, cores))?;
    Ok(format!("{description}\n\n{}", table::render(&rows)))
}

impl Arguments {
    fn has(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

async fn measure(arguments: &Arguments, program: &Path, cores: Cores) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    let setting = prepare(arguments, program, cores).await?;
    if arguments.has(Part::Floors) {
        rows.extend(floor_rows(&setting)?);
    }
    under_load(arguments, &setting, &mut rows).await?;
    if arguments.has(Part::Start) {
        told("starts");
        rows.push(life::starts(&setting).await?);
    }
    if arguments.has(Part::Crowd) {
        told(format_args!("{} sessions", arguments.sessions));
        rows.extend(life::crowd(&setting, arguments.sessions).await?);
    }
    Ok(rows)
}

/// An installation whose keys are drawn, with people in it.
async fn prepare(arguments: &Arguments, program: &Path, cores: Cores) -> Result<Setting, Failure> {
    told("the first start, which draws the keys, and then the people");
    let installation = Installation::new(&arguments.folder, program, cores)?;
    installation.serve().await?.stop()?;
    let seed = Seeder::open(&installation.store_file())?.people(&installation.ring).await?;
    let effort = Effort {
        rounds: arguments.rounds,
        time: Duration::from_secs(arguments.seconds),
        connections: usize::from(arguments.connections),
    };
    Ok(Setting { installation, seed, signers: Signers::new()?, cores, effort })
}

/// What one server shows, from its idle beginning.
async fn under_load(
    arguments: &Arguments,
    setting: &Setting,
    rows: &mut Vec<Row>,
) -> Result<(), Failure> {
    let server = setting.installation.serve().await?;
    let idle = life::idle(&server).await?;
    let bench = setting.on(&server);
    let Seed { rs256, es256, .. } = &setting.seed;
    if arguments.has(Part::Codes) {
        told("codes");
        rows.extend(bench.codes().await?);
    }
    if arguments.has(Part::CodesEs256) {
        told("codes, ES256");
        rows.push(bench.codes_es256().await?);
    }
    if arguments.has(Part::Refresh) {
        told("refresh");
        rows.push(bench.refresh(("refresh, RS256 + RS256", rs256), Signed::TwoRs256).await?);
    }
    if arguments.has(Part::RefreshEs256) {
        told("refresh, ES256");
        let signed = Signed::Rs256AndEs256;
        rows.push(bench.refresh(("refresh, RS256 + ES256", es256), signed).await?);
    }
    if arguments.has(Part::Login) {
        told("login");
        rows.push(bench.login().await?);
    }
    if arguments.has(Part::Idle) {
        rows.push(idle);
        server.settle().await?;
        rows.push(life::memory("memory, after the load above", &server, None)?);
    }
    server.stop()
}

fn floor_rows(setting: &Setting) -> Result<Vec<Row>, Failure> {
    const TIME: Duration = Duration::from_secs(2);
    let (signers, folder) = (&setting.signers, setting.installation.folder());
    told("floors");
    let row = |operation: &str, rate| Row {
        operation: operation.to_owned(),
        measured: Some(Figure::PerSecond(rate)),
        ..Row::default()
    };
    setting.cores.on_server(|| {
        Ok(vec![
            row("floor: one RS256 signature", signers.rate(Signed::Rs256, TIME)?),
            row("floor: one ES256 signature", signers.rate(Signed::Es256, TIME)?),
            row("floor: one Argon2id hash", floors::hashes(TIME)?),
            row(
                "floor: one small durable commit after the other",
                floors::commits(folder, 1, TIME)?,
            ),
            row("floor: 32 small durable commits at a time", floors::commits(folder, 32, TIME)?),
        ])
    })
}
