//! The change log: an entry a commit, in the order of the database's clock.

use std::{ops::Bound, time::Duration};

use protocol::{Realm, Timestamp};
use storage::{
    StorageError,
    engine::{BatchId, Change, Changes, Cursor},
};
use surrealdb::types::{Array, Number, Object, RecordId, RecordIdKey, RecordIdKeyRange, Value};

use crate::{
    SurrealDb,
    fault::Fault,
    objects, record, statements,
    value::{batch_id, whole},
    variables,
};

/// Nanoseconds of a millisecond.
const NANOS: u64 = 1_000_000;

/// How much later than its instant an entry may appear: a transaction takes the instant last of all, and the longest
/// deadline of a question is [`crate::DEADLINE_MAX`]; the rest is for clocks of database servers that differ, and for one
/// that is slow to commit what it has begun to.
pub(crate) const OVERLAP: Duration = Duration::from_secs(15);

/// How far the clocks of database servers may be apart, in nanoseconds.
const CLOCK_DIFFERENCE_MAX: u64 = 5_000 * NANOS;

/// Entries of the log that one question gives at most.
const ENTRIES_MAX: usize = 10_000;

impl SurrealDb {
    pub(crate) async fn read_log(
        &self,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Changes, StorageError> {
        let asked = after.map_or(u64::MAX >> 1, position);
        let limit = if after.is_some() { limit.min(ENTRIES_MAX) } else { 0 };
        let asked_for =
            variables([("range", record(entries_after(asked))), ("limit", whole(limit as u64))]);
        let mut answer = self.link.ask(statements::CHANGES, asked_for).await?;
        let entries = objects(answer.take::<Value>(0))?;
        let trimmed_at =
            objects(answer.take::<Value>(1))?.first().map_or(0, |log| nanos(log.get("trimmed_at")));
        let now = nanos(answer.take::<Value>(2).ok().as_ref());
        let Some(after) = after else {
            return Ok(Changes::Entries { entries: Vec::new(), next: cursor(now) });
        };
        if asked < trimmed_at {
            return Ok(Changes::Lost { next: cursor(trimmed_at) });
        }
        // The clock of the database was set back, or that of one of its servers was ahead: who waits for it hears nothing.
        if asked > now + CLOCK_DIFFERENCE_MAX {
            return Ok(Changes::Lost { next: cursor(now) });
        }
        let entries = entries.into_iter().map(change).collect::<Option<Vec<_>>>();
        let damaged = || {
            StorageError::from(Fault::Failed("an entry of the change log is none of ours".into()))
        };
        let entries = entries.ok_or_else(damaged)?;
        let is_full = entries.len() == limit;
        let next = match entries.last() {
            Some(last) if is_full => last.cursor,
            Some(last) => last.cursor.min(cursor(now)).max(after),
            None => after,
        };
        Ok(Changes::Entries { entries, next })
    }
}

/// The instant of a cursor in the log. One without a sequence is where somebody begins to read again.
fn position(cursor: Cursor) -> u64 {
    cursor.sequence.max(cursor.at.as_millis() * NANOS)
}

fn cursor(nanos: u64) -> Cursor {
    Cursor { at: Timestamp::from_millis(nanos / NANOS), sequence: nanos }
}

/// All entries after an instant in nanoseconds.
fn entries_after(nanos: u64) -> RecordId {
    // An array sorts after the text that every entry has there.
    let start = vec![whole(nanos), Value::Array(Array::new())];
    RecordId::new(
        "doorward_changes",
        RecordIdKey::Range(Box::new(RecordIdKeyRange {
            start: Bound::Excluded(RecordIdKey::Array(Array::from(start))),
            end: Bound::Unbounded,
        })),
    )
}

fn nanos(value: Option<&Value>) -> u64 {
    match value {
        Some(Value::Number(Number::Int(nanos))) => u64::try_from(*nanos).unwrap_or(0),
        _ => 0,
    }
}

/// The instant and the batch in the id of an entry.
pub(crate) fn entry_parts(id: &RecordId) -> Option<(u64, BatchId)> {
    let RecordIdKey::Array(parts) = &id.key else { return None };
    match (parts.first()?, parts.get(1)?) {
        (at @ Value::Number(_), Value::String(batch)) => Some((nanos(Some(at)), batch_id(batch)?)),
        _ => None,
    }
}

fn change(mut entry: Object) -> Option<Change> {
    let Some(Value::RecordId(id)) = entry.remove("id") else { return None };
    let (at, batch_id) = entry_parts(&id)?;
    let Some(Value::Array(rows)) = entry.remove("rows") else { return None };
    let rows = rows.into_iter().map(changed).collect::<Option<Vec<_>>>()?;
    Some(Change { cursor: cursor(at), batch_id, rows })
}

fn changed(row: Value) -> Option<(String, Realm, String)> {
    let parts: Vec<String> =
        row.into_array().ok()?.into_iter().filter_map(|part| part.into_string().ok()).collect();
    let [table, realm, id] = <[String; 3]>::try_from(parts).ok()?;
    Some((table, Realm::try_from(realm).ok()?, id))
}
