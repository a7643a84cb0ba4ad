//! What the engine does a second, and what a million sessions cost: `cargo run --release --example measure [folder]`.
//!
//! The folder should be on the disk that is asked about. The product's own measurements are in `benchmarks/`.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use protocol::{Realm, Timestamp};
use storage::engine::{Batch, BatchId, Engine, Expectation, IndexEntry, Key, Outcome, Write};
use storage_redb::{Options, Redb};
use tokio::time::Instant;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const SESSIONS: u64 = 1_000_000;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = match arguments.next() {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let store = folder.path().join("store.redb");
    if let Some(store) = arguments.next() {
        return hold(Path::new(&store)).await;
    }
    let engine = Arc::new(Redb::open(&store, Options::default())?);
    for tasks in [1, 8, 64, 256] {
        let commits = commits(&engine, tasks, Duration::from_secs(3)).await;
        tell(&format!("{tasks:3} at a time: {commits:.0} durable commits a second"))?;
    }
    insert(&engine).await?;
    tell(&format!(
        "with {SESSIONS} sessions: {} MiB resident, file {} MiB",
        resident()?,
        file(&store)?
    ))?;
    reads(&engine).await?;
    tell(&format!("after reading: {} MiB resident", resident()?))?;
    for tasks in [1, 64] {
        let commits = commits(&engine, tasks, Duration::from_secs(3)).await;
        tell(&format!("{tasks:3} at a time among them: {commits:.0} durable commits a second"))?;
    }
    drop(engine);
    tell(&format!("opened after closing in {:?}", opened(&store)?))?;
    kill_one_that_holds(&store)?;
    tell(&format!("opened after SIGKILL in {:?}", opened(&store)?))?;
    sweep(&store).await
}

fn tell(line: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Spreads ids over the keys as random ones are.
fn id(number: u64) -> String {
    let spread = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    format!("ses_{spread:032x}")
}

fn session(number: u64) -> Write {
    let account = id(number / 3).replace("ses", "acc");
    let id = id(number);
    let body = format!(
        r#"{{"session_id":"{id}","realm":"main","account_id":"{account}","cookie":"{id}","authenticated_at":1800000000000,"amr":["pwd"],"started_at":1800000000000,"last_seen_at":1800000000000,"idle_timeout_ms":3600000,"ends_at":1800086400000,"remembered":false,"address":"203.0.113.7","user_agent":"Mozilla/5.0"}}"#
    );
    Write::Put {
        key: Key { table: "sessions", realm: Realm::main(), id },
        tenant: Realm::main().into(),
        schema: 1,
        body: body.into_bytes(),
        indexes: vec![IndexEntry { index: "account", value: account, unique: false }],
        expires_at: Some(NOW + Duration::from_secs(number % 86_400 + 1)),
        expectation: Some(Expectation::Absent),
    }
}

fn batch(writes: Vec<Write>) -> Batch {
    let mut random = [0; 10];
    random.iter_mut().rev().zip(number().to_le_bytes()).for_each(|(to, from)| *to = from);
    Batch { id: BatchId::new(NOW, random), now: NOW, writes, checks: Vec::new() }
}

async fn commits(engine: &Arc<Redb>, tasks: u64, time: Duration) -> f64 {
    let until = Instant::now() + time;
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..tasks {
        let engine = engine.clone();
        running.spawn(async move {
            let mut count = 0_u32;
            while Instant::now() < until {
                let outcome = engine.commit(batch(vec![session(2 * SESSIONS + number())])).await;
                count += u32::from(outcome == Outcome::Committed);
            }
            count
        });
    }
    let count: u32 = running.join_all().await.into_iter().sum();
    f64::from(count) / time.as_secs_f64()
}

async fn insert(engine: &Redb) -> Result<(), Failure> {
    let started_at = Instant::now();
    for first in (0..SESSIONS).step_by(1_000) {
        let outcome = engine.commit(batch((first..first + 1_000).map(session).collect())).await;
        if outcome != Outcome::Committed {
            return Err(format!("{outcome:?}").into());
        }
    }
    tell(&format!(
        "{:.0} rows a second by batches of 1000",
        1e6 / started_at.elapsed().as_secs_f64()
    ))
}

async fn reads(engine: &Redb) -> Result<(), Failure> {
    for (word, spread) in
        [("a hot row", 1), ("one of a thousand", 1_000), ("any of a million", SESSIONS)]
    {
        let count = 200_000;
        let started_at = Instant::now();
        for step in 0..count {
            let key =
                Key { table: "sessions", realm: Realm::main(), id: id(step * 7_919 % spread) };
            if engine.get(&key, NOW).await?.is_none() {
                return Err("a session is missing".into());
            }
        }
        tell(&format!(
            "get of {word}: {:.2} us",
            started_at.elapsed().as_secs_f64() * 1e6 / count as f64
        ))?;
    }
    Ok(())
}

fn resident() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}

fn file(store: &Path) -> Result<u64, Failure> {
    Ok(std::fs::metadata(store)?.len() / 1024 / 1024)
}

fn opened(store: &Path) -> Result<Duration, Failure> {
    let started_at = Instant::now();
    let engine = Redb::open(store, Options::default())?;
    let time = started_at.elapsed();
    drop(engine);
    Ok(time)
}

/// Commits until it is killed.
async fn hold(store: &Path) -> Result<(), Failure> {
    let engine = Arc::new(Redb::open(store, Options::default())?);
    tell("open")?;
    loop {
        engine.commit(batch(vec![session(9 * SESSIONS + number())])).await;
    }
}

fn kill_one_that_holds(store: &Path) -> Result<(), Failure> {
    let mut child = Command::new(std::env::current_exe()?)
        .args([std::env::temp_dir().as_os_str(), store.as_os_str()])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = [0; 4];
    std::io::Read::read_exact(child.stdout.as_mut().ok_or("no output")?, &mut line)?;
    (0..100_000).for_each(|_| std::thread::yield_now());
    child.kill()?;
    child.wait()?;
    Ok(())
}

async fn sweep(store: &Path) -> Result<(), Failure> {
    let engine = Redb::open(store, Options::default())?;
    let (started_at, mut rows) = (Instant::now(), 0_u32);
    loop {
        let swept = engine.sweep(NOW + Duration::from_secs(86_400), 1_000).await?;
        rows += u32::try_from(swept.rows)?;
        if !swept.is_full {
            break;
        }
    }
    tell(&format!(
        "swept {rows} rows, {:.0} a second",
        f64::from(rows) / started_at.elapsed().as_secs_f64()
    ))
}
