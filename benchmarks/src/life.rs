//! How soon the program serves, and how much memory it takes.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    Failure,
    load::round,
    operations::Pool,
    seed::Seeder,
    server::Server,
    table::{Aim, Figure, Row, median},
    throughput::{Bench, Setting},
};

/// Starts of each kind.
const STARTS: usize = 7;

/// Requests after which memory with many sessions is read: each of them of another session.
const TOUCHES: usize = 20_000;

/// How long a server has been left alone when it is idle.
const IDLE: Duration = Duration::from_secs(3);

/// For how long codes are asked for before the server is killed among them.
const BEFORE_KILL: Duration = Duration::from_millis(400);

/// The memory of a server that nobody asks.
pub(crate) async fn idle(server: &Server) -> Result<Row, Failure> {
    sleep(IDLE).await;
    memory("memory, idle", server, Some(Aim::Megabytes(30.0)))
}

/// The memory of a server.
pub(crate) fn memory(name: &str, server: &Server, aim: Option<Aim>) -> Result<Row, Failure> {
    let measured = Some(Figure::Mebibytes(server.resident_mib()?));
    Ok(Row { operation: name.to_owned(), measured, aim, ..Row::default() })
}

/// From the start of the process to the first token, after it was stopped in order.
pub(crate) async fn starts(setting: &Setting) -> Result<Row, Failure> {
    let Setting { installation, seed, .. } = setting;
    let server = installation.serve().await?;
    let codes = setting.on(&server).mint(&seed.rs256, &seed.cookies, STARTS).await?;
    server.stop()?;
    let mut times = Vec::new();
    while let Some(code) = codes.take() {
        let (server, time) = installation.first_token(&seed.rs256, &code).await?;
        times.push(time.as_secs_f64());
        server.stop()?;
    }
    Ok(started("start to first token, keys present", &times, Duration::from_millis(100)))
}

/// With many sessions in the store: memory, and from the start of the process to the first token, after it was killed
/// among commits.
pub(crate) async fn crowd(setting: &Setting, count: usize) -> Result<Vec<Row>, Failure> {
    let Setting { installation, seed, .. } = setting;
    let cookies = Seeder::of(installation).await?.crowd(seed, count).await?;
    let mut server = installation.serve().await?;
    sleep(IDLE).await;
    let with = |what: &str| format!("memory, {count} sessions stored, {what}");
    let mut rows = vec![memory(&with("idle"), &server, Some(Aim::Megabytes(100.0)))?];
    setting.on(&server).mint(&seed.rs256, &cookies, TOUCHES).await?;
    let touched = with(&format!("{TOUCHES} of them used"));
    rows.push(memory(&touched, &server, Some(Aim::Megabytes(100.0)))?);
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let codes = setting.on(&server).mint(&seed.rs256, &seed.cookies, 1).await?;
        let code = codes.take().ok_or("no code")?;
        load_for(&setting.on(&server), &cookies, BEFORE_KILL).await?;
        server.kill()?;
        let time;
        (server, time) = installation.first_token(&seed.rs256, &code).await?;
        times.push(time.as_secs_f64());
    }
    let name = format!("start to first token, after SIGKILL, {count} sessions");
    rows.push(started(&name, &times, Duration::from_millis(300)));
    server.stop()?;
    Ok(rows)
}

/// Leaves requests under way.
async fn load_for(bench: &Bench<'_>, cookies: &[String], time: Duration) -> Result<(), Failure> {
    let workers = bench.authorizing(&bench.seed.rs256, cookies, (&Pool::default(), None));
    tokio::select! {
        ended = round(workers, Duration::from_secs(600)) => ended.map(drop),
        () = sleep(time) => Ok(()),
    }
}

fn started(name: &str, times: &[f64], aim: Duration) -> Row {
    let time = Duration::from_secs_f64(median(times.iter().copied()));
    let longest = times.iter().copied().fold(0.0, f64::max);
    Row {
        operation: name.to_owned(),
        measured: Some(Figure::Time(time)),
        p50: Some(time),
        p99: Some(Duration::from_secs_f64(longest)),
        aim: Some(Aim::Within(aim)),
        ..Row::default()
    }
}
