//! Batches: what a transaction is asked to check and to write, and what became of it.

use std::time::Duration;

use protocol::Timestamp;
use storage::{
    StorageError,
    engine::{BATCH_IDS_KEPT, Batch, BatchId, Expectation, Key, Outcome, Refusal, Write},
};
use surrealdb::types::{RecordId, Value, Variables};
use tokio::time::{Instant, sleep};

use crate::{
    SurrealDb,
    fault::Fault,
    objects, record, statements,
    value::{array, document, entry, instant, object, row_id, text, whole},
    variables,
};

/// How long apart attempts are when transactions collide: doubling from the first to the last, and shortened by chance, so
/// that those who collided do not again.
const AGAIN_FIRST: Duration = Duration::from_millis(2);
const AGAIN_LAST: Duration = Duration::from_millis(64);

/// Attempts to commit one batch, within the deadline of one question.
const ATTEMPTS_MAX: u32 = 200;

/// What an expectation and a claim of a unique value that did not hold are refused with: by their numbers.
struct Judged {
    rows: Vec<Key>,
    claims: Vec<(&'static str, &'static str)>,
}

impl SurrealDb {
    pub(crate) async fn write(&self, batch: Batch) -> Outcome {
        if let Err(error) = batch.validate() {
            return Outcome::NotApplied(error);
        }
        if let Err(fault) = self.prepare(&batch).await {
            return Outcome::NotApplied(fault.into());
        }
        let began_at = Instant::now();
        let (variables, judged) = question(&batch);
        let outcome = self.attempt(&batch, &variables, &judged).await;
        self.link.meters().commit_seconds.record(began_at.elapsed());
        match &outcome {
            Outcome::Refused(_) => self.link.meters().refused.increment(1),
            Outcome::Unknown => self.link.meters().unknown.increment(1),
            Outcome::Committed | Outcome::NotApplied(_) => {}
        }
        outcome
    }

    async fn attempt(&self, batch: &Batch, variables: &Variables, judged: &Judged) -> Outcome {
        let began_at = Instant::now();
        let mut wait = AGAIN_FIRST;
        for number in 0..ATTEMPTS_MAX {
            let fault = match self.link.ask(statements::COMMIT, variables.clone()).await {
                Ok(_) => return Outcome::Committed,
                Err(fault) => fault,
            };
            match fault {
                Fault::Conflict if began_at.elapsed() < self.deadline => {
                    self.link.meters().conflicts.increment(1);
                    sleep(shortened(wait, batch.id, number)).await;
                    wait = AGAIN_LAST.min(wait * 2);
                }
                Fault::Thrown(why) => return judged.outcome(&why),
                Fault::Lost(reason) => {
                    tracing::warn!(reason, "the answer to a batch was lost");
                    return Outcome::Unknown;
                }
                fault => return Outcome::NotApplied(fault.into()),
            }
        }
        Outcome::NotApplied(Fault::Conflict.into())
    }

    /// Sees to it that the tables are there, and that older nodes are told of a later encoding before it is written.
    async fn prepare(&self, batch: &Batch) -> Result<(), Fault> {
        let keys = batch.writes.iter().map(Write::key);
        for key in keys.chain(batch.checks.iter().map(|check| &check.key)) {
            if !self.known.has_table(key.table) {
                self.make(key.table).await?;
            }
        }
        let encodings = batch.writes.iter().filter_map(|write| match write {
            Write::Put { schema, .. } => Some(*schema),
            Write::Delete { .. } => None,
        });
        if let Some(latest) = encodings.max().filter(|latest| !self.known.has_encoding(*latest)) {
            let encoding = variables([("encoding", whole(latest.into()))]);
            self.define(statements::ENCODING.into(), encoding).await?;
            self.known.add_encoding(latest);
        }
        Ok(())
    }

    async fn make(&self, table: &'static str) -> Result<(), Fault> {
        self.define(statements::table(table), Variables::new()).await?;
        self.known.add_table(table);
        Ok(())
    }

    /// Asks again while others do the same.
    async fn define(&self, statement: String, variables: Variables) -> Result<(), Fault> {
        let began_at = Instant::now();
        loop {
            match self.link.ask(statement.clone(), variables.clone()).await {
                Err(Fault::Conflict) if began_at.elapsed() < self.deadline => {
                    sleep(AGAIN_FIRST).await;
                }
                defined => return defined.map(drop),
            }
        }
    }

    pub(crate) async fn what_became_of(&self, batch_id: BatchId) -> Result<bool, StorageError> {
        let asked = variables([("batch", record(batch_record(batch_id)))]);
        self.link.wait_until_up().await;
        let began_at = Instant::now();
        loop {
            match self.link.ask(statements::IS_COMMITTED, asked.clone()).await {
                Ok(mut answer) => {
                    // The statements before it: BEGIN, LET and IF.
                    let rows = objects(answer.take::<Value>(answer.num_statements() - 2))?;
                    let outcome = rows.first().and_then(|row| row.get("outcome"));
                    return Ok(outcome == Some(&text("committed")));
                }
                // The batch itself is being committed.
                Err(Fault::Conflict) if began_at.elapsed() < self.deadline => {
                    sleep(AGAIN_FIRST).await;
                }
                Err(fault) => return Err(fault.into()),
            }
        }
    }
}

impl Judged {
    /// What was thrown, as an outcome.
    fn outcome(&self, why: &str) -> Outcome {
        let number = |text: &str| text.parse::<usize>().ok();
        match why.split_once(':') {
            None if why == "committed" => return Outcome::Committed,
            None if why == "never" => {
                let reason = "it was said not to be committed before it came".into();
                return Outcome::NotApplied(StorageError::Unavailable { reason });
            }
            Some(("expected", which)) => {
                if let Some(key) = number(which).and_then(|number| self.rows.get(number)) {
                    let (table, id) = (key.table, key.id.clone());
                    return Outcome::Refused(Refusal::Expectation { table, id });
                }
            }
            Some(("claimed", which)) => {
                if let Some((table, index)) = number(which).and_then(|at| self.claims.get(at)) {
                    return Outcome::Refused(Refusal::NotUnique { table, index });
                }
            }
            _ => {}
        }
        Outcome::NotApplied(Fault::Thrown(why.to_owned()).into())
    }
}

/// Between half of `wait` and all of it: what is left to chance is in the batch's id already.
fn shortened(wait: Duration, id: BatchId, attempt: u32) -> Duration {
    let chance = id.0.iter().fold(attempt.wrapping_mul(0x9e37_79b9), |sum, byte| {
        sum.rotate_left(5).wrapping_mul(31).wrapping_add(u32::from(*byte))
    });
    wait / 2 + (wait / 2).mul_f64(f64::from(chance % 1_000) / 1_000.0)
}

fn batch_record(id: BatchId) -> RecordId {
    RecordId::new("doorward_batches", id.to_string())
}

fn question(batch: &Batch) -> (Variables, Judged) {
    let mut judged = Judged { rows: Vec::new(), claims: Vec::new() };
    let mut expectations = Vec::new();
    let expected =
        batch.writes.iter().filter_map(|write| Some((write.key(), write.expectation()?)));
    let checked = batch.checks.iter().map(|check| (&check.key, check.expectation));
    for (key, expectation) in expected.chain(checked) {
        let must = match expectation {
            Expectation::Absent => text("absent"),
            Expectation::Present => text("present"),
            Expectation::Version(version) => text(version.to_string()),
        };
        let number = whole(judged.rows.len() as u64);
        let row = record(row_id(key));
        expectations.push(object([("row", row), ("must", must), ("number", number)]));
        judged.rows.push(key.clone());
    }
    let mut checks: Vec<_> = batch.checks.iter().map(|check| record(row_id(&check.key))).collect();
    let (mut writes, mut claims) = (Vec::new(), Vec::new());
    for write in &batch.writes {
        // Where nothing is there to delete, only a check collides with who puts it. What is there and over goes with it.
        if let Write::Delete { key, expectation: Some(Expectation::Absent) } = write {
            checks.push(record(row_id(key)));
        }
        writes.push(written((batch.id, batch.now), write, &mut claims, &mut judged));
    }
    let rows = batch.writes.iter().map(|write| {
        let key = write.key();
        array([text(key.table), text(key.realm.as_str()), text(&*key.id)])
    });
    let hollow_until = batch.now + BATCH_IDS_KEPT;
    let variables = variables([
        ("batch", record(batch_record(batch.id))),
        ("id", text(batch.id.to_string())),
        ("now", instant(batch.now)),
        ("hollow_until", instant(hollow_until)),
        ("expectations", array(expectations)),
        ("checks", array(checks)),
        ("writes", array(writes)),
        ("claims", array(claims)),
        ("rows", array(rows)),
    ]);
    (variables, judged)
}

/// One write; the unique values that it claims go to `claims`.
fn written(
    (id, now): (BatchId, Timestamp),
    write: &Write,
    claims: &mut Vec<Value>,
    judged: &mut Judged,
) -> Value {
    let row = || record(row_id(write.key()));
    let Write::Put { key, tenant, schema, body, indexes, expires_at, .. } = write else {
        return object([
            ("row", row()),
            ("document", Value::None),
            ("entries", array([])),
            ("many", array([])),
        ]);
    };
    let (mut entries, mut many) = (Vec::new(), Vec::new());
    // What is over when it is put is found by nobody, and holds nothing.
    let is_over = expires_at.is_some_and(|at| at <= now);
    for index in indexes.iter().filter(|_| !is_over) {
        let entry = record(entry(key, tenant, index));
        if entries.contains(&entry) {
            continue;
        }
        entries.push(entry.clone());
        if index.unique {
            let number = whole(judged.claims.len() as u64);
            claims.push(object([("entry", entry), ("row", row()), ("number", number)]));
            judged.claims.push((key.table, index.index));
        } else {
            many.push(entry);
        }
    }
    let entries = array(entries);
    let document = document((id, tenant), (*schema, body), *expires_at, entries.clone());
    object([("row", row()), ("document", document), ("entries", entries), ("many", array(many))])
}

/// The instant in a batch's id: the first 48 bits.
pub(crate) fn first_id_at(at: Timestamp) -> BatchId {
    BatchId::new(at, [0; 10])
}
