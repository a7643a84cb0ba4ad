//! Rows from one side to the other, in batches that carry the mark with them.

use std::ops::Bound;

use protocol::{Realm, Timestamp};

use super::{CopyError, Copying, Progress, UnfinishedCopy, mark::written, tables, watch::Watch};
use crate::{
    engine::{Found, Position, Range, StorageError, Write},
    erasure::Table,
    record::Stored,
    store::Store,
};

/// Rows that are read together.
pub(super) const PAGE: usize = 250;

/// Bytes of bodies in one batch, but for its last row.
const BATCH_BYTES: usize = 2 * 1024 * 1024;

/// Rows of a table by their ids, as they are at `at`.
pub(super) async fn page(
    store: &Store,
    (table, realm): (&'static str, &Realm),
    after: Option<&Position>,
    (limit, at): (usize, Timestamp),
) -> Result<Vec<Found>, StorageError> {
    let (from, to) = (Bound::Unbounded, Bound::Unbounded);
    let range = Range { table, index: None, tenant: realm.into(), from, to };
    store.engine().scan(&range, after, limit, at).await
}

impl Copying {
    /// Copies the rows of the mark's realm, from where the mark stands; how many.
    pub(super) async fn copy_rows(
        &self,
        mark: &mut Stored<UnfinishedCopy>,
        watch: &mut Watch,
        progress: &dyn Progress,
    ) -> Result<u64, CopyError> {
        let before = mark.rows;
        let (table, mut after) = match mark.last.clone() {
            Some((table, id)) => (Some(table), Some(Position { value: id.clone(), id })),
            None => (None, None),
        };
        let is_done = |one: &Table| table.as_ref().is_some_and(|table| one.name != table);
        for table in tables().skip_while(is_done) {
            loop {
                let (realm, at) = (mark.realm.clone(), mark.began_at);
                let found =
                    page(&self.source.store, (table.name, &realm), after.as_ref(), (PAGE, at))
                        .await;
                let found = found.map_err(CopyError::Source)?;
                after = found.last().map(|found| found.position.clone());
                if found.is_empty() {
                    break;
                }
                self.put(table, &found, mark).await?;
                progress.advances(table.name, found.len() as u64);
                watch.still(&self.source.store).await?;
            }
        }
        Ok(mark.rows.saturating_sub(before))
    }

    /// Puts a page into the target, in as many batches as it takes.
    async fn put(
        &self,
        table: Table,
        found: &[Found],
        mark: &mut Stored<UnfinishedCopy>,
    ) -> Result<(), CopyError> {
        let (mut writes, mut bytes) = (Vec::new(), 0);
        for (left, found) in (0..found.len()).rev().zip(found) {
            bytes += found.row.body.len();
            writes.push((table.put)(&found.row).map_err(CopyError::Source)?);
            if left == 0 || bytes >= BATCH_BYTES {
                self.put_batch(std::mem::take(&mut writes), &found.position, mark).await?;
                bytes = 0;
            }
        }
        Ok(())
    }

    async fn put_batch(
        &self,
        writes: Vec<Write>,
        last: &Position,
        mark: &mut Stored<UnfinishedCopy>,
    ) -> Result<(), CopyError> {
        let table = writes.first().map(|write| write.key().table.to_owned());
        let next = UnfinishedCopy {
            rows: mark.rows.saturating_add(writes.len() as u64),
            last: table.map(|table| (table, last.id.clone())),
            ..mark.record.clone()
        };
        let mut batch = self.target.batch();
        batch.replace(mark, &next).write_raw(writes);
        mark.version = self.target.commit(batch).await.map_err(written)?;
        mark.record = next;
        Ok(())
    }
}
