//! Reads, each on one snapshot: what every batch left that was acknowledged before.

use protocol::Timestamp;
use storage::{
    StorageError,
    engine::{BatchId, Change, Changes, Cursor, Found, IndexKey, Key, Position, Range, Row},
};

use crate::{
    fault::Fault,
    key::{self, Span},
    row::{self, Kept},
    tables::{Snapshot, change, cursor},
};

/// Entries of the log in one answer, at most.
const CHANGES_MAX: usize = 1_000;

type Read<T> = Result<Result<T, StorageError>, Fault>;

pub(crate) fn get(snapshot: &Snapshot, at: &Key, now: Timestamp) -> Read<Option<Row>> {
    let records = snapshot.records()?;
    let Some(bytes) = records.get(&key::record(at)[..])? else { return Ok(Ok(None)) };
    Ok(row_of(bytes.value(), || at.clone(), now))
}

pub(crate) fn find(snapshot: &Snapshot, index: &IndexKey, now: Timestamp) -> Read<Option<Row>> {
    let prefix = key::holders(index);
    let (indexes, records) = (snapshot.indexes()?, snapshot.records()?);
    for entry in indexes.range(&prefix[..]..&key::beyond(prefix.clone())[..])? {
        let (entry, ()) = entry.map(|(key, value)| (key, value.value()))?;
        let id =
            entry.value().strip_prefix(&prefix[..]).and_then(|id| std::str::from_utf8(id).ok());
        let id = id.ok_or(Fault::damaged("an index"))?.to_owned();
        let at = Key { table: index.table, realm: index.tenant.realm.clone(), id };
        let Some(bytes) = records.get(&key::record(&at)[..])? else { continue };
        match row_of(bytes.value(), || at.clone(), now) {
            Ok(None) => {}
            found => return Ok(found),
        }
    }
    Ok(Ok(None))
}

pub(crate) fn scan(
    snapshot: &Snapshot,
    range: &Range,
    after: Option<&Position>,
    (limit, now): (usize, Timestamp),
) -> Read<Vec<Found>> {
    let span = Span::new(range, after);
    let mut found = Vec::new();
    if span.from >= span.until || limit == 0 {
        return Ok(Ok(found));
    }
    let by_id = range.index.is_none();
    let (from, until) = (&span.from[..], &span.until[..]);
    let records = snapshot.records()?;
    let mut push = |entry: &[u8], bytes: Option<&[u8]>| -> Read<bool> {
        let position = span.position(entry, by_id).ok_or(Fault::damaged("an index"))?;
        let at =
            Key { table: range.table, realm: range.tenant.realm.clone(), id: position.id.clone() };
        let row = match bytes {
            Some(bytes) => row_of(bytes, || at, now),
            None => match records.get(&key::record(&at)[..])? {
                Some(bytes) => row_of(bytes.value(), || at, now),
                None => Ok(None),
            },
        };
        Ok(row.map(|row| {
            found.extend(row.map(|row| Found { position, row }));
            found.len() == limit
        }))
    };
    if by_id {
        for entry in records.range(from..until)? {
            let (entry, bytes) = entry?;
            match push(entry.value(), Some(bytes.value()))? {
                Ok(false) => {}
                Ok(true) => break,
                Err(error) => return Ok(Err(error)),
            }
        }
    } else {
        for entry in snapshot.indexes()?.range(from..until)? {
            match push(entry?.0.value(), None)? {
                Ok(false) => {}
                Ok(true) => break,
                Err(error) => return Ok(Err(error)),
            }
        }
    }
    Ok(Ok(found))
}

pub(crate) fn changes(
    snapshot: &Snapshot,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Changes, Fault> {
    let (trimmed, end) = snapshot.ends()?;
    let Some(after) = after else { return Ok(Changes::Entries { entries: Vec::new(), next: end }) };
    // Beyond the end it is a cursor of another store, or of this one before a backup was restored.
    if after < trimmed || after > end {
        return Ok(Changes::Lost { next: end });
    }
    let (mut entries, mut next) = (Vec::new(), after);
    let later = (after.at.as_millis(), after.sequence.saturating_add(1));
    for entry in snapshot.changes()?.range(later..=change(end))?.take(limit.min(CHANGES_MAX)) {
        let (at, bytes) = entry?;
        next = cursor(at.value());
        entries.push(read_change(next, bytes.value()).ok_or(Fault::damaged("the change log"))?);
    }
    Ok(Changes::Entries { entries, next })
}

/// The bytes of an entry: when it was made by the batch's own time, the batch, and its rows.
pub(crate) fn change_bytes<'a>(
    batch: BatchId,
    now: Timestamp,
    rows: impl Iterator<Item = &'a [u8]>,
) -> Vec<u8> {
    let mut bytes = now.as_millis().to_be_bytes().to_vec();
    bytes.extend_from_slice(&batch.0);
    rows.for_each(|row| row::put(&mut bytes, row));
    bytes
}

/// The batch of an entry, and its own time.
pub(crate) fn change_head(bytes: &[u8]) -> Option<(Timestamp, BatchId, &[u8])> {
    let (now, rest) = bytes.split_first_chunk::<8>()?;
    let (batch, rows) = rest.split_first_chunk::<16>()?;
    Some((Timestamp::from_millis(u64::from_be_bytes(*now)), BatchId(*batch), rows))
}

fn read_change(cursor: Cursor, bytes: &[u8]) -> Option<Change> {
    let (_, batch_id, mut rest) = change_head(bytes)?;
    let mut rows = Vec::new();
    while !rest.is_empty() {
        let (row, after) = row::take(rest)?;
        let (table, realm, id) = key::record_parts(row)?;
        rows.push((table.to_owned(), key::realm(realm)?, id.to_owned()));
        rest = after;
    }
    Some(Change { cursor, batch_id, rows })
}

fn row_of(
    bytes: &[u8],
    key: impl FnOnce() -> Key,
    now: Timestamp,
) -> Result<Option<Row>, StorageError> {
    let Some(kept) = Kept::read(bytes) else {
        let Key { table, id, .. } = key();
        return Err(StorageError::Unreadable {
            table: table.into(),
            id,
            reason: "its bytes are damaged".into(),
        });
    };
    if kept.is_expired(now) {
        return Ok(None);
    }
    let Kept { version, schema, expires_at, body, .. } = kept;
    Ok(Some(Row { key: key(), version, schema, body: body.to_vec(), expires_at }))
}
