//! Removes what is over: expired rows with what pointed at them, rows that were only ever checked, old entries of the log
//! and ids of batches.

use std::ops::Bound;

use protocol::Timestamp;
use storage::{
    StorageError,
    engine::{BATCH_IDS_KEPT, Swept},
};
use surrealdb::types::{Number, Object, RecordId, RecordIdKey, RecordIdKeyRange, Value};

use crate::{
    SurrealDb,
    commit::first_id_at,
    fault::Fault,
    log::entry_parts,
    objects, record, statements,
    value::{array, instant, text, whole},
    variables,
};

/// Rows, and entries of the log, that one sweep removes at most: it is one transaction a table.
const SWEPT_MAX: usize = 5_000;

impl SurrealDb {
    pub(crate) async fn remove_what_is_over(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Swept, StorageError> {
        let limit = limit.min(SWEPT_MAX);
        let mut rows = 0;
        let mut is_full = false;
        // Each sweep begins with another table, so that one that is always full does not starve those after it.
        let mut tables = self.known.tables();
        let first = usize::try_from(now.as_millis() / 1_000).unwrap_or(0) % tables.len().max(1);
        tables.rotate_left(first);
        for table in tables {
            let (removed, table_is_full) = self.sweep_table(table, now, limit - rows).await?;
            rows += removed;
            is_full |= table_is_full || rows == limit;
            if rows == limit {
                break;
            }
        }
        is_full |= self.trim(now, limit).await? == limit;
        self.link.meters().swept_rows.increment(rows as u64);
        Ok(Swept { rows, is_full })
    }

    /// The expired rows that were removed, and whether there was more than could be.
    async fn sweep_table(
        &self,
        table: &'static str,
        now: Timestamp,
        limit: usize,
    ) -> Result<(usize, bool), StorageError> {
        let asked = variables([
            ("table", text(table)),
            ("now", instant(now)),
            ("limit", whole(limit as u64)),
        ]);
        let mut answer = match self.link.ask(statements::EXPIRED, asked).await {
            Err(Fault::NoTable) => return Ok((0, false)),
            answer => answer?,
        };
        let [expired, hollow] = [0, 1].map(|number| answer.take::<Value>(number));
        let (Ok(Value::Array(expired)), Ok(Value::Array(hollow))) = (expired, hollow) else {
            return Ok((0, false));
        };
        if expired.is_empty() && hollow.is_empty() {
            return Ok((0, false));
        }
        let (rows, is_full) = (expired.len(), hollow.len() == limit);
        let asked = variables([
            ("expired", Value::Array(expired)),
            ("hollow", Value::Array(hollow)),
            ("now", instant(now)),
        ]);
        match self.link.ask(statements::SWEEP, asked).await {
            Ok(_) => Ok((rows, is_full)),
            // Somebody wrote one of them: the next sweep looks again.
            Err(Fault::Conflict) => Ok((0, false)),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Removes entries of the log that are older than they need to be kept, and the ids of batches; tells how many.
    async fn trim(&self, now: Timestamp, limit: usize) -> Result<usize, StorageError> {
        let asked = variables([("limit", whole(limit as u64))]);
        let mut answer = self.link.ask(statements::OLDEST, asked).await?;
        let oldest = objects(answer.take::<Value>(0))?;
        let old: Vec<RecordId> = oldest.into_iter().map_while(|entry| old(entry, now)).collect();
        let trimmed_at = old.iter().filter_map(|id| Some(entry_parts(id)?.0)).max().unwrap_or(0);
        let count = old.len();
        let until = first_id_at(now - BATCH_IDS_KEPT).to_string();
        let batches = RecordId::new(
            "doorward_batches",
            RecordIdKey::Range(Box::new(RecordIdKeyRange {
                start: Bound::Unbounded,
                end: Bound::Excluded(RecordIdKey::String(until)),
            })),
        );
        let asked = variables([
            ("changes", array(old.into_iter().map(record))),
            ("trimmed_at", whole(trimmed_at)),
            ("batches", record(batches)),
            ("limit", whole(limit as u64)),
        ]);
        match self.link.ask(statements::TRIM, asked).await {
            Ok(_) => Ok(count),
            Err(Fault::Conflict) => Ok(0),
            Err(fault) => Err(fault.into()),
        }
    }
}

/// The id of an entry that need not be kept any more.
fn old(mut entry: Object, now: Timestamp) -> Option<RecordId> {
    let Some(Value::Number(Number::Int(made_at))) = entry.remove("made_at") else { return None };
    let made_at = Timestamp::from_millis(u64::try_from(made_at).ok()?);
    // One made that far ahead of now was made by a clock that was wrong: waiting for it would keep all after it.
    if made_at.since(now).max(now.since(made_at)) <= BATCH_IDS_KEPT {
        return None;
    }
    match entry.remove("id") {
        Some(Value::RecordId(id)) => Some(id),
        _ => None,
    }
}
