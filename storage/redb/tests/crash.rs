//! A process that is killed at any moment: every batch that it said was committed is there, and none by half.
//!
//! It has no harness, because it is also the process that is killed: `crash commit <store> <round>` commits without end and
//! writes the number of each acknowledged batch to its standard output.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "all of it is a test, though none of it is marked as one"
)]

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use protocol::{Realm, Tenant, Timestamp};
use storage::engine::{
    Batch, BatchId, Changes, Cursor, Engine, Expectation, IndexEntry, IndexKey, Key, Outcome,
    Range, Write,
};
use storage_redb::{Options, Redb};

/// How often the process is killed.
const KILLS: u64 = 60;

/// Tasks that commit at the same time, so that batches share commits.
const TASKS: u64 = 4;

/// Rows of a batch.
const ROWS: u64 = 5;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const TABLE: &str = "things";

fn main() -> std::process::ExitCode {
    let arguments: Vec<_> = std::env::args().collect();
    match &arguments[1..] {
        [word, store, round] if word == "commit" => {
            commit_without_end(Path::new(store), round.parse().expect("a number"));
            std::process::ExitCode::FAILURE
        }
        [list, ..] if list == "--list" => std::process::ExitCode::SUCCESS,
        _ => {
            every_acknowledged_batch_survives_a_kill_and_none_by_half();
            std::process::ExitCode::SUCCESS
        }
    }
}

fn every_acknowledged_batch_survives_a_kill_and_none_by_half() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store.redb");
    let mut random = Random(0x0d00_12ad);
    let (mut acknowledged, mut committed) = (0, BTreeMap::new());
    for round in 0..KILLS {
        // Every fourth is killed while it still opens the store, or soon after.
        let last = (round % 4 != 3).then(|| random.below(40));
        let told = commit_and_kill(&store, round, last, random.below(5_000));
        acknowledged += told.len();
        let found = check(&store);
        for (number, last) in committed {
            assert_eq!(
                found.get(&number),
                Some(&last),
                "round {round}: batch {number} was there before"
            );
        }
        for number in told {
            assert!(found.contains_key(&number), "round {round}: batch {number} was acknowledged");
        }
        committed = found;
    }
    assert!(acknowledged > 500, "only {acknowledged} batches were acknowledged: nothing was tried");
    assert!(committed.len() >= acknowledged);
}

/// What a process acknowledged that was killed in the midst of it, `moments` after the `last`th acknowledgement.
fn commit_and_kill(store: &Path, round: u64, last: Option<u64>, moments: u64) -> Vec<u64> {
    let mut child = Running(
        Command::new(std::env::current_exe().expect("this program"))
            .args(["commit".as_ref(), store.as_os_str(), round.to_string().as_ref()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the process starts"),
    );
    let mut lines = BufReader::new(child.0.stdout.take().expect("its output")).lines();
    let mut told: Vec<u64> = Vec::new();
    for _ in 0..last.map_or(0, |last| last + 1) {
        let line = lines.next().unwrap_or_else(|| panic!("round {round}: it ended by itself"));
        told.push(line.expect("a line").parse().expect("a number"));
    }
    (0..moments).for_each(|_| std::thread::yield_now());
    child.0.kill().expect("it is killed");
    // What it said until then counts as well. So short a write to a pipe is whole or not at all.
    told.extend(lines.map(|line| line.expect("a line").parse::<u64>().expect("a number")));
    told
}

/// Not left running when an assertion fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The same numbers in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

#[tokio::main]
async fn commit_without_end(store: &Path, round: u64) {
    let engine = Arc::new(Redb::open(store, Options::default()).expect("the store opens"));
    let next = Arc::new(AtomicU64::new(round * 1_000_000));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..TASKS {
        let (engine, next) = (engine.clone(), next.clone());
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                assert_eq!(engine.commit(batch(number)).await, Outcome::Committed);
                // One write for a line, so that lines of several tasks do not mix.
                std::io::stdout()
                    .lock()
                    .write_all(format!("{number}\n").as_bytes())
                    .expect("somebody reads");
            }
        });
    }
    tasks.join_next().await;
}

fn key(id: String) -> Key {
    Key { table: TABLE, realm: Realm::main(), id }
}

fn id(number: u64) -> BatchId {
    BatchId::new(NOW, (u128::from(number) << 48).to_be_bytes()[..10].try_into().expect("ten bytes"))
}

/// Rows of its own, each in two indexes, and one that every batch puts and every other deletes.
fn batch(number: u64) -> Batch {
    let row = |id: String, unique: bool, body: u64, expectation| Write::Put {
        indexes: vec![
            IndexEntry { index: "batch", value: format!("{number:020}"), unique: false },
            IndexEntry { index: "name", value: id.clone(), unique },
        ],
        key: key(id),
        tenant: Realm::main().into(),
        schema: 1,
        body: body.to_string().into_bytes(),
        expires_at: None,
        expectation,
    };
    let mut writes: Vec<_> = (0..ROWS)
        .map(|part| row(format!("{number:020}-{part}"), true, number, Some(Expectation::Absent)))
        .collect();
    writes.push(if number.is_multiple_of(2) {
        row("last".into(), true, number, None)
    } else {
        Write::Delete { key: key("last".into()), expectation: None }
    });
    Batch { id: id(number), now: NOW, writes, checks: Vec::new() }
}

/// The batches that are there, whole in every respect.
#[tokio::main(flavor = "current_thread")]
async fn check(store: &Path) -> BTreeMap<u64, Cursor> {
    let engine = Redb::open(store, Options::default()).expect("the store opens");
    let logged = logged(&engine).await;
    let mut rows: BTreeMap<u64, u64> = BTreeMap::new();
    for (id, body) in scanned(&engine, None).await {
        if id == "last" {
            continue;
        }
        let (number, _) = id.split_once('-').expect("an id of a batch");
        assert_eq!(number.parse(), Ok(body));
        let name = IndexKey { table: TABLE, index: "name", tenant: tenant(), value: id.clone() };
        assert_eq!(
            engine.find(&name, NOW).await.expect("an answer").map(|row| row.key.id),
            Some(id)
        );
        *rows.entry(body).or_default() += 1;
    }
    assert!(rows.values().all(|count| *count == ROWS), "a batch is there by half");
    assert!(rows.keys().eq(logged.keys()), "the log tells of other batches than there are");
    let indexed = scanned(&engine, Some("batch")).await;
    let last = logged.iter().max_by_key(|(_, cursor)| **cursor).map(|(number, _)| *number);
    let has_last = usize::from(last.is_some_and(|number| number.is_multiple_of(2)));
    assert_eq!(
        indexed.len(),
        rows.len() * ROWS as usize + has_last,
        "an index has more or less than there is"
    );
    assert_eq!(indexed.iter().filter(|(id, _)| id == "last").count(), has_last);
    for number in rows.keys() {
        assert_eq!(engine.is_committed(id(*number)).await, Ok(true));
    }
    logged
}

fn tenant() -> Tenant {
    Realm::main().into()
}

async fn scanned(engine: &Redb, index: Option<&'static str>) -> Vec<(String, u64)> {
    let range = Range {
        table: TABLE,
        index,
        tenant: tenant(),
        from: std::ops::Bound::Unbounded,
        to: std::ops::Bound::Unbounded,
    };
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = engine.scan(&range, after.as_ref(), 10_000, NOW).await.expect("a page");
        let Some(last) = page.last() else { return rows };
        after = Some(last.position.clone());
        rows.extend(page.into_iter().map(|found| {
            let body = String::from_utf8(found.row.body).expect("a number");
            (found.row.key.id, body.parse().expect("a number"))
        }));
    }
}

async fn logged(engine: &Redb) -> BTreeMap<u64, Cursor> {
    let (mut logged, mut after) =
        (BTreeMap::new(), Cursor { at: Timestamp::default(), sequence: 0 });
    loop {
        let Ok(Changes::Entries { entries, next }) = engine.changes(Some(after), 1_000).await
        else {
            panic!("the log is lost");
        };
        if entries.is_empty() {
            return logged;
        }
        after = next;
        for entry in entries {
            assert_eq!(entry.rows.len() as u64, ROWS + 1);
            let (number, _) = entry.rows[0].2.split_once('-').expect("an id of a batch");
            let number = number.parse().expect("a number");
            assert_eq!(entry.batch_id, id(number));
            assert!(
                logged.insert(number, entry.cursor).is_none(),
                "batch {number} is in the log twice"
            );
        }
    }
}
