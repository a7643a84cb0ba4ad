//! Whether a batch may be written: judged whole, before anything of it is.

use std::collections::{HashMap, HashSet};

use protocol::Timestamp;
use redb::ReadableTable;
use storage::engine::{Batch, Expectation, Key, Refusal, Write};

use crate::{fault::Fault, key, row::Kept, tables::Tables};

/// What stood at the key of a write.
pub(crate) struct Old {
    pub(crate) expires_at: Option<Timestamp>,
    /// Where its index entries stand.
    pub(crate) holders: Vec<Vec<u8>>,
}

/// A write that may be done.
pub(crate) struct Step<'b> {
    pub(crate) write: &'b Write,
    pub(crate) record: Vec<u8>,
    pub(crate) holders: Vec<Vec<u8>>,
    pub(crate) old: Option<Old>,
}

/// The steps of `batch`, or what does not hold.
pub(crate) fn judge<'b>(
    tables: &Tables<'_>,
    batch: &'b Batch,
) -> Result<Result<Vec<Step<'b>>, Refusal>, Fault> {
    let mut steps = Vec::with_capacity(batch.writes.len());
    for write in &batch.writes {
        let record = key::record(write.key());
        let old = {
            let bytes = tables.records.get(&record[..])?;
            let kept = read(bytes.as_ref().map(|bytes| bytes.value()))?;
            if !holds(write.expectation(), kept.as_ref(), batch.now) {
                return Ok(Err(not_as_expected(write.key())));
            }
            kept.map(|kept| Old {
                expires_at: kept.expires_at,
                holders: kept.holders().map(<[u8]>::to_vec).collect(),
            })
        };
        steps.push(Step { write, record, holders: holders(write), old });
    }
    for check in &batch.checks {
        let bytes = tables.records.get(&key::record(&check.key)[..])?;
        let kept = read(bytes.as_ref().map(|bytes| bytes.value()))?;
        if !holds(Some(check.expectation), kept.as_ref(), batch.now) {
            return Ok(Err(not_as_expected(&check.key)));
        }
    }
    Ok(match held_by_another(tables, &steps, batch.now)? {
        Some(refusal) => Err(refusal),
        None => Ok(steps),
    })
}

fn read(bytes: Option<&[u8]>) -> Result<Option<Kept<'_>>, Fault> {
    bytes.map(|bytes| Kept::read(bytes).ok_or(Fault::damaged("a row"))).transpose()
}

fn holds(expectation: Option<Expectation>, kept: Option<&Kept<'_>>, now: Timestamp) -> bool {
    let present = kept.filter(|kept| !kept.is_expired(now));
    match expectation {
        None => true,
        Some(Expectation::Absent) => present.is_none(),
        Some(Expectation::Present) => present.is_some(),
        Some(Expectation::Version(version)) => present.is_some_and(|kept| kept.version == version),
    }
}

fn not_as_expected(key: &Key) -> Refusal {
    Refusal::Expectation { table: key.table, id: key.id.clone() }
}

fn holders(write: &Write) -> Vec<Vec<u8>> {
    let Write::Put { key, tenant, indexes, .. } = write else { return Vec::new() };
    let mut holders: Vec<_> =
        indexes.iter().map(|entry| key::holders_of(key, tenant, entry)).collect();
    holders.sort_unstable();
    holders.dedup();
    holders
}

/// The unique index in which a row would hold what another row holds once the batch is written.
fn held_by_another(
    tables: &Tables<'_>,
    steps: &[Step<'_>],
    now: Timestamp,
) -> Result<Option<Refusal>, Fault> {
    // A row that the batch writes holds afterwards what the batch says, and nothing of what it held.
    let written: HashSet<&[u8]> = steps.iter().map(|step| &step.record[..]).collect();
    let mut taken: HashMap<Vec<u8>, &[u8]> = HashMap::new();
    for step in steps {
        let Write::Put { key, tenant, indexes, expires_at, .. } = step.write else { continue };
        if expires_at.is_some_and(|at| at <= now) {
            continue;
        }
        for entry in indexes.iter().filter(|entry| entry.unique) {
            let holders = key::holders_of(key, tenant, entry);
            let refusal = Refusal::NotUnique { table: key.table, index: entry.index };
            if is_held(tables, &holders, (key, &written), now)? {
                return Ok(Some(refusal));
            }
            if taken.insert(holders, &step.record).is_some_and(|by| by != &step.record[..]) {
                return Ok(Some(refusal));
            }
        }
    }
    Ok(None)
}

fn is_held(
    tables: &Tables<'_>,
    holders: &[u8],
    (key, written): (&Key, &HashSet<&[u8]>),
    now: Timestamp,
) -> Result<bool, Fault> {
    for entry in tables.indexes.range(holders..&key::beyond(holders.to_vec())[..])? {
        let entry = entry?.0;
        let id = entry.value().strip_prefix(holders).and_then(|id| std::str::from_utf8(id).ok());
        let id = id.ok_or(Fault::damaged("an index"))?.to_owned();
        let record = key::record(&Key { id, ..key.clone() });
        if written.contains(&record[..]) {
            continue;
        }
        let bytes = tables.records.get(&record[..])?;
        if read(bytes.as_ref().map(|bytes| bytes.value()))?
            .is_some_and(|kept| !kept.is_expired(now))
        {
            return Ok(true);
        }
    }
    Ok(false)
}
