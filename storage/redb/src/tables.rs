//! The tables on disk. Few, because each table that a commit touches costs it pages.

use protocol::Timestamp;
use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, Table, TableDefinition,
    WriteTransaction,
};
use storage::{engine::Cursor, record::SCHEMA_READABLE_MAX};

use crate::{OpenError, fault::Fault};

/// The order of keys and rows on disk that this release reads and writes.
const LAYOUT: u64 = 1;

const RECORDS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("records");
const INDEXES: TableDefinition<&[u8], ()> = TableDefinition::new("indexes");
const EXPIRY: TableDefinition<&[u8], ()> = TableDefinition::new("expiry");
/// By `at` and sequence.
const CHANGES: TableDefinition<(u64, u64), &[u8]> = TableDefinition::new("changes");
const BATCHES: TableDefinition<[u8; 16], ()> = TableDefinition::new("batches");
const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

const META_LAYOUT: &str = "layout";
/// The latest encoding of any row that was ever written.
const META_SCHEMA: &str = "schema";
const META_TRIMMED_AT: &str = "trimmed_at";
const META_TRIMMED_SEQUENCE: &str = "trimmed_sequence";
const META_TRIALS: &str = "trials";

/// All tables, to write.
pub(crate) struct Tables<'t> {
    pub(crate) records: Table<'t, &'static [u8], &'static [u8]>,
    pub(crate) indexes: Table<'t, &'static [u8], ()>,
    pub(crate) expiry: Table<'t, &'static [u8], ()>,
    pub(crate) changes: Table<'t, (u64, u64), &'static [u8]>,
    pub(crate) batches: Table<'t, [u8; 16], ()>,
    meta: Table<'t, &'static str, u64>,
    /// As this transaction last saw them.
    end: Option<Cursor>,
    schema: Option<u64>,
}

impl<'t> Tables<'t> {
    pub(crate) fn open(transaction: &'t WriteTransaction) -> Result<Self, Fault> {
        Ok(Self {
            records: transaction.open_table(RECORDS)?,
            indexes: transaction.open_table(INDEXES)?,
            expiry: transaction.open_table(EXPIRY)?,
            changes: transaction.open_table(CHANGES)?,
            batches: transaction.open_table(BATCHES)?,
            meta: transaction.open_table(META)?,
            end: None,
            schema: None,
        })
    }

    /// Adds an entry to the change log.
    pub(crate) fn log(&mut self, at: Timestamp, entry: &[u8]) -> Result<(), Fault> {
        let end = match self.end {
            Some(end) => end,
            None => end(&self.changes, &self.meta)?,
        };
        // Readers go on from the last entry they saw, so an entry never comes before one that is there.
        let next = Cursor { at: end.at.max(at), sequence: end.sequence.saturating_add(1) };
        self.changes.insert(change(next), entry)?;
        self.end = Some(next);
        Ok(())
    }

    /// Notes that the log begins after `cursor`.
    pub(crate) fn trimmed(&mut self, cursor: Cursor) -> Result<(), Fault> {
        self.meta.insert(META_TRIMMED_AT, cursor.at.as_millis())?;
        self.meta.insert(META_TRIMMED_SEQUENCE, cursor.sequence)?;
        Ok(())
    }

    /// Notes that a row of this encoding is in the store.
    pub(crate) fn wrote_schema(&mut self, schema: u16) -> Result<(), Fault> {
        let known = match self.schema {
            Some(known) => known,
            None => self.meta.get(META_SCHEMA)?.map_or(0, |value| value.value()),
        };
        if u64::from(schema) > known {
            self.meta.insert(META_SCHEMA, u64::from(schema))?;
        }
        self.schema = Some(known.max(u64::from(schema)));
        Ok(())
    }

    /// Writes something, to see whether it can be made durable.
    pub(crate) fn try_out(&mut self) -> Result<(), Fault> {
        let trials = self.meta.get(META_TRIALS)?.map_or(0, |value| value.value());
        self.meta.insert(META_TRIALS, trials.wrapping_add(1))?;
        Ok(())
    }
}

/// The tables as one read sees them.
pub(crate) struct Snapshot(ReadTransaction);

type Bytes = redb::ReadOnlyTable<&'static [u8], &'static [u8]>;

impl Snapshot {
    pub(crate) fn new(database: &Database) -> Result<Self, Fault> {
        Ok(Self(database.begin_read()?))
    }

    pub(crate) fn records(&self) -> Result<Bytes, Fault> {
        Ok(self.0.open_table(RECORDS)?)
    }

    pub(crate) fn indexes(&self) -> Result<redb::ReadOnlyTable<&'static [u8], ()>, Fault> {
        Ok(self.0.open_table(INDEXES)?)
    }

    pub(crate) fn changes(&self) -> Result<redb::ReadOnlyTable<(u64, u64), &'static [u8]>, Fault> {
        Ok(self.0.open_table(CHANGES)?)
    }

    pub(crate) fn has_batch(&self, id: [u8; 16]) -> Result<bool, Fault> {
        Ok(self.0.open_table(BATCHES)?.get(id)?.is_some())
    }

    /// The last entry of the log that is gone, and the last of all.
    pub(crate) fn ends(&self) -> Result<(Cursor, Cursor), Fault> {
        let meta = self.0.open_table(META)?;
        Ok((trimmed(&meta)?, end(&self.changes()?, &meta)?))
    }
}

fn end(
    changes: &impl ReadableTable<(u64, u64), &'static [u8]>,
    meta: &impl ReadableTable<&'static str, u64>,
) -> Result<Cursor, Fault> {
    match changes.last()? {
        Some((key, _)) => Ok(cursor(key.value())),
        None => trimmed(meta),
    }
}

fn trimmed(meta: &impl ReadableTable<&'static str, u64>) -> Result<Cursor, Fault> {
    let at = meta.get(META_TRIMMED_AT)?.map_or(0, |value| value.value());
    let sequence = meta.get(META_TRIMMED_SEQUENCE)?.map_or(0, |value| value.value());
    Ok(cursor((at, sequence)))
}

/// The cursor that a key of the log is.
pub(crate) fn cursor((at, sequence): (u64, u64)) -> Cursor {
    Cursor { at: Timestamp::from_millis(at), sequence }
}

/// The key of the log that a cursor is.
pub(crate) fn change(cursor: Cursor) -> (u64, u64) {
    (cursor.at.as_millis(), cursor.sequence)
}

/// Makes the tables of a new store; refuses a store that this release cannot read.
pub(crate) fn prepare(database: &Database) -> Result<(), OpenError> {
    let failed = |fault: Fault| OpenError::Failed(fault.reason().into());
    let layout = read_meta(database, META_LAYOUT).map_err(failed)?;
    match layout {
        None => make(database).map_err(failed),
        Some(LAYOUT) => {
            let schema = read_meta(database, META_SCHEMA).map_err(failed)?.unwrap_or(0);
            if schema > u64::from(SCHEMA_READABLE_MAX) {
                return Err(OpenError::Schema { found: schema, readable_max: SCHEMA_READABLE_MAX });
            }
            Ok(())
        }
        Some(found) => Err(OpenError::Layout { found, readable: LAYOUT }),
    }
}

fn read_meta(database: &Database, key: &str) -> Result<Option<u64>, Fault> {
    match database.begin_read()?.open_table(META) {
        Ok(meta) => Ok(meta.get(key)?.map(|value| value.value())),
        Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn make(database: &Database) -> Result<(), Fault> {
    let mut transaction = database.begin_write()?;
    transaction.set_quick_repair(true);
    Tables::open(&transaction)?.meta.insert(META_LAYOUT, LAYOUT)?;
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;

    use super::*;

    #[test]
    fn a_store_of_another_layout_is_refused() {
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).unwrap();
        prepare(&database).unwrap();
        prepare(&database).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(META).unwrap().insert(META_LAYOUT, LAYOUT + 1).unwrap();
        transaction.commit().unwrap();
        assert!(matches!(prepare(&database), Err(OpenError::Layout { found: 2, readable: 1 })));
    }
}
