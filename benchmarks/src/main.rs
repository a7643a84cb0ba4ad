//! Measures the released program under load, and in the same run what no implementation can beat (docs/performance.md).
//!
//! The program serves on one core, in a process of its own; the load comes from another core. Every figure stands beside
//! the floor that was measured on the server's core before each round, and what counts is the ratio.

mod bearers;
mod client;
mod cores;
mod counts;
mod database;
mod disk;
mod floors;
mod frames;
mod life;
mod load;
mod machine;
mod nodes;
mod operations;
mod overload;
mod program;
mod relay;
mod seed;
mod server;
mod soak;
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
    throughput::{Bench, Effort, Setting},
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
    #[arg(long, default_value_t = 3)]
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
    /// What stores.
    #[arg(long, value_enum, default_value_t = Engines::Both)]
    engine: Engines,
    /// The server of SurrealDB; without it, the one that `tests/run` builds in the cache, with little optimisation.
    #[arg(long, value_name = "PROGRAM")]
    database: Option<PathBuf>,
    /// What is measured; everything by default.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,
    /// So many minutes of everything on redb, over and over, in place of the table: red where the server grows.
    #[arg(long, value_name = "MINUTES")]
    soak: Option<u64>,
}

/// The engines that are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engines {
    /// The file of one node.
    Redb,
    /// The database of many.
    Surreal,
    /// One after the other.
    Both,
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
    /// Tokens for clients that act for themselves.
    ClientCredentials,
    /// Userinfo.
    Userinfo,
    /// Introspection of access tokens.
    Introspection,
    /// Login with a password.
    Login,
    /// Twice as many sign-ins as can be answered.
    Overload,
    /// From the start to the first token.
    Start,
    /// Memory and start with many sessions.
    Crowd,
    /// One, two and three nodes on one database.
    Nodes,
    /// Round trips to the database and bytes, for each operation.
    RoundTrips,
    /// Bytes on the disk, for each thing that is stored.
    Disk,
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
    let database = arguments.database.clone().or_else(database::built);
    let database = database.filter(|_| arguments.engine != Engines::Redb);
    let cores = Cores::choose()?;
    let on_surreal = match (&database, arguments.engine) {
        (_, Engines::Redb) => String::new(),
        (None, _) => {
            "; no database server was found (--database), so that nothing was measured on SurrealDB"
                .into()
        }
        (Some(program), _) => machine::database(program, cores),
    };
    let description = machine::description(cores, &arguments.folder)? + &on_surreal;
    told(&description);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let run = Run { arguments, program: &program, database: database.as_deref(), cores };
    let tables = runtime.block_on(run.measure())?;
    Ok(format!("{description}\n\n{tables}"))
}

impl Arguments {
    fn has(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

/// What is run, on what.
struct Run<'a> {
    arguments: &'a Arguments,
    program: &'a Path,
    database: Option<&'a Path>,
    cores: Cores,
}

impl Run<'_> {
    async fn measure(&self) -> Result<String, Failure> {
        let mut rows = Vec::new();
        if self.arguments.engine != Engines::Surreal {
            rows.extend(self.on_redb().await?);
        }
        let mut counts = String::new();
        if let Some(database) = self.database.filter(|_| self.arguments.soak.is_none()) {
            let of_surreal;
            (of_surreal, counts) = self.on_surreal(database).await?;
            rows.extend(of_surreal);
        }
        let rows = if rows.is_empty() { String::new() } else { table::render(&rows) };
        Ok(rows + &counts)
    }

    async fn on_redb(&self) -> Result<Vec<Row>, Failure> {
        let arguments = self.arguments;
        let setting = self.prepare(None).await?;
        if let Some(minutes) = arguments.soak {
            let server = setting.installation.serve().await?;
            let rows = soak::measure(&setting, &server, Duration::from_secs(60 * minutes)).await?;
            server.stop()?;
            return Ok(named(rows, "redb"));
        }
        let floors = if arguments.has(Part::Floors) { floor_rows(&setting)? } else { vec![] };
        let mut rows = self.under_load(&setting).await?;
        if arguments.has(Part::Start) {
            told("starts");
            rows.push(life::starts(&setting).await?);
        }
        if arguments.has(Part::Crowd) {
            told(format_args!("{} sessions", arguments.sessions));
            rows.extend(life::crowd(&setting, arguments.sessions).await?);
        }
        if arguments.has(Part::Disk) {
            told("bytes on the disk");
            rows.extend(disk::in_files(&arguments.folder).await?);
        }
        Ok(floors.into_iter().chain(named(rows, "redb")).collect())
    }

    /// The rows, and the table of what is asked of the database.
    async fn on_surreal(&self, database: &Path) -> Result<(Vec<Row>, String), Failure> {
        let arguments = self.arguments;
        let setting = self.prepare(Some(database)).await?;
        let mut rows = self.under_load(&setting).await?;
        if arguments.has(Part::Nodes) {
            rows.extend(nodes::measure(&setting).await?);
        }
        let mut counts = String::new();
        if arguments.has(Part::RoundTrips) {
            told("round trips");
            counts = format!("\n{}", counts::measure(&setting).await?);
        }
        drop(setting);
        if arguments.has(Part::Disk) {
            told("bytes on the disk");
            rows.extend(disk::in_database(database, &arguments.folder).await?);
        }
        Ok((named(rows, "SurrealDB"), counts))
    }

    /// An installation whose keys are drawn, with people in it.
    async fn prepare(&self, database: Option<&Path>) -> Result<Setting, Failure> {
        let Self { arguments, program, cores, .. } = *self;
        let engine = if database.is_some() { "SurrealDB" } else { "redb" };
        told(format_args!("{engine}: the first start, which draws the keys, and then the people"));
        let programs = (program, database);
        let installation = Installation::new(&arguments.folder, programs, cores).await?;
        installation.serve().await?.stop()?;
        let seed = Seeder::of(&installation).await?.people(&installation.ring).await?;
        let effort = Effort {
            rounds: arguments.rounds,
            time: Duration::from_secs(arguments.seconds),
            connections: usize::from(arguments.connections),
        };
        Ok(Setting { installation, seed, signers: Signers::new()?, cores, effort })
    }

    /// What one server shows, from its idle beginning.
    async fn under_load(&self, setting: &Setting) -> Result<Vec<Row>, Failure> {
        let arguments = self.arguments;
        let server = setting.installation.serve().await?;
        let idle = life::idle(&server).await?;
        let bench = setting.on(&server);
        let mut rows = Vec::new();
        if arguments.has(Part::Codes) {
            told("codes");
            rows.extend(bench.codes().await?);
        }
        // Of the signatures one combination shows what the engine takes: the other is measured on redb.
        if arguments.has(Part::CodesEs256) && setting.installation.database.is_none() {
            told("codes, ES256");
            rows.push(bench.codes_es256().await?);
        }
        rows.extend(self.tokens(&bench).await?);
        if arguments.has(Part::Login) {
            told("login");
            rows.push(bench.login().await?);
        }
        if arguments.has(Part::Overload) && setting.installation.database.is_none() {
            told("overload");
            rows.extend(overload::measure(&bench).await?);
        }
        if arguments.has(Part::Idle) {
            rows.push(idle);
            server.settle().await?;
            rows.push(life::memory("memory, after the load above", &server, None)?);
        }
        server.stop()?;
        Ok(rows)
    }

    async fn tokens(&self, bench: &Bench<'_>) -> Result<Vec<Row>, Failure> {
        let Seed { rs256, es256, .. } = &bench.seed;
        let mut rows = Vec::new();
        if self.arguments.has(Part::Refresh) {
            told("refresh");
            rows.push(bench.refresh(("refresh, RS256 + RS256", rs256), Signed::TwoRs256).await?);
        }
        if self.arguments.has(Part::RefreshEs256) {
            told("refresh, ES256");
            let signed = Signed::Rs256AndEs256;
            rows.push(bench.refresh(("refresh, RS256 + ES256", es256), signed).await?);
        }
        if self.arguments.has(Part::ClientCredentials) {
            told("client_credentials");
            rows.extend(bench.client_credentials().await?);
        }
        if self.arguments.has(Part::Userinfo) {
            told("userinfo");
            rows.push(bench.userinfo().await?);
        }
        if self.arguments.has(Part::Introspection) {
            told("introspection");
            rows.push(bench.introspection("introspection").await?);
            rows.push(bench.introspection_of_new().await?);
        }
        Ok(rows)
    }
}

/// Rows, each with the engine that it was measured on.
fn named(rows: Vec<Row>, engine: &str) -> Vec<Row> {
    let name = |row: Row| Row { operation: format!("{} on {engine}", row.operation), ..row };
    rows.into_iter().map(name).collect()
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
