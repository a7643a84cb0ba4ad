//! Writes into an open transaction: batches that were judged, and what a sweep removes.

use protocol::Timestamp;
use redb::ReadableTable;
use storage::engine::{BATCH_IDS_KEPT, Batch, Swept, Write};

use crate::{
    fault::Fault,
    judge::{Old, Step},
    key, read,
    row::{self, Kept},
    tables::{Tables, cursor},
};

/// Rows, and entries of the log, that one sweep removes at most.
const SWEPT_MAX: usize = 10_000;

/// Writes a batch that was judged.
pub(crate) fn apply(
    tables: &mut Tables<'_>,
    batch: &Batch,
    steps: &[Step<'_>],
) -> Result<(), Fault> {
    for step in steps {
        write(tables, batch, step)?;
    }
    let rows = steps.iter().map(|step| &step.record[..]);
    tables.log(batch.now, &read::change_bytes(batch.id, batch.now, rows))?;
    tables.batches.insert(batch.id.0, ())?;
    Ok(())
}

fn write(tables: &mut Tables<'_>, batch: &Batch, step: &Step<'_>) -> Result<(), Fault> {
    let id = &step.write.key().id;
    let Step { record, holders, old, .. } = step;
    match step.write {
        Write::Put { schema, body, expires_at, .. } => {
            forget(tables, (record, id), old.as_ref(), (holders, *expires_at))?;
            tables.wrote_schema(*schema)?;
            tables.records.insert(
                &record[..],
                &row::bytes(batch.id, *schema, *expires_at, holders, body)[..],
            )?;
            let had = old.as_ref().map_or(&[][..], |old| &old.holders);
            for holder in holders.iter().filter(|holder| !had.contains(holder)) {
                tables.indexes.insert(&key::entry(holder, id)[..], ())?;
            }
            if let Some(at) = expires_at {
                tables.expiry.insert(&key::expiry(*at, record)[..], ())?;
            }
        }
        Write::Delete { .. } => {
            forget(tables, (record, id), old.as_ref(), (&[], None))?;
            tables.records.remove(&record[..])?;
        }
    }
    Ok(())
}

/// Removes what pointed at a row and does not any more.
fn forget(
    tables: &mut Tables<'_>,
    (record, id): (&[u8], &str),
    old: Option<&Old>,
    (holders, expires_at): (&[Vec<u8>], Option<Timestamp>),
) -> Result<(), Fault> {
    let Some(old) = old else { return Ok(()) };
    for gone in old.holders.iter().filter(|holder| !holders.contains(holder)) {
        tables.indexes.remove(&key::entry(gone, id)[..])?;
    }
    if let Some(at) = old.expires_at.filter(|_| old.expires_at != expires_at) {
        tables.expiry.remove(&key::expiry(at, record)[..])?;
    }
    Ok(())
}

/// Removes what is over by `now`. The second value tells whether anything was removed.
pub(crate) fn sweep(
    tables: &mut Tables<'_>,
    now: Timestamp,
    limit: usize,
) -> Result<(Swept, bool), Fault> {
    let limit = limit.min(SWEPT_MAX);
    let rows = sweep_rows(tables, now, limit)?;
    let trimmed = trim(tables, now, limit)?;
    Ok((Swept { rows, is_full: rows == limit || trimmed == limit }, rows + trimmed > 0))
}

fn sweep_rows(tables: &mut Tables<'_>, now: Timestamp, limit: usize) -> Result<usize, Fault> {
    let until = key::expired_by(now);
    let mut expired = Vec::new();
    for entry in tables.expiry.range(..&until[..])?.take(limit) {
        expired.push(entry?.0.value().to_vec());
    }
    for expiry in &expired {
        let record = key::expired_record(expiry).ok_or(Fault::damaged("the expiry index"))?;
        let (_, _, id) = key::record_parts(record).ok_or(Fault::damaged("the expiry index"))?;
        tables.expiry.remove(&expiry[..])?;
        let Some(bytes) = tables.records.remove(record)? else { continue };
        let kept = Kept::read(bytes.value()).ok_or(Fault::damaged("a row"))?;
        for holders in kept.holders() {
            tables.indexes.remove(&key::entry(holders, id)[..])?;
        }
    }
    Ok(expired.len())
}

/// Removes entries of the log that are older than they need to be kept, and the ids of their batches.
fn trim(tables: &mut Tables<'_>, now: Timestamp, limit: usize) -> Result<usize, Fault> {
    let mut old = Vec::new();
    for entry in tables.changes.iter()?.take(limit) {
        let (at, bytes) = entry?;
        let (made_at, batch, _) =
            read::change_head(bytes.value()).ok_or(Fault::damaged("the change log"))?;
        // One made that far ahead of now was made by a clock that was wrong: waiting for it would keep all after it.
        if made_at.since(now).max(now.since(made_at)) <= BATCH_IDS_KEPT {
            break;
        }
        old.push((at.value(), batch));
    }
    for (at, batch) in &old {
        tables.changes.remove(at)?;
        tables.batches.remove(batch.0)?;
    }
    if let Some((at, _)) = old.last() {
        tables.trimmed(cursor(*at))?;
    }
    Ok(old.len())
}
