//! Sees whether anybody writes to a store that should be still, by its change log.

use std::collections::HashSet;

use super::CopyError;
use crate::{
    engine::{BatchId, CHANGES_READ_MAX, Changes, Cursor, StorageError},
    store::Store,
};

/// Entries that are remembered at most: what was committed within the engine's overlap before the copy began.
const SEEN_MAX: usize = 200_000;

/// A place in the change log, and what is known to come after it.
pub(super) struct Watch {
    after: Cursor,
    seen: HashSet<BatchId>,
}

/// Entries after the place are gone.
struct Lost {
    next: Cursor,
}

impl Watch {
    /// From now on.
    pub(super) async fn begin(store: &Store) -> Result<Self, CopyError> {
        let mut watch =
            Self { after: recent(store).await.map_err(CopyError::Source)?, seen: HashSet::new() };
        match watch.read(store).await.map_err(CopyError::Source)? {
            Ok(seen) if seen.len() < SEEN_MAX => watch.seen = seen.into_iter().collect(),
            Ok(_) => return Err(CopyError::SourceChanged),
            // What came before the copy is forgotten already, and need not be known.
            Err(Lost { next }) => watch.after = next,
        }
        Ok(watch)
    }

    /// That nothing was committed since this was asked before.
    pub(super) async fn still(&mut self, store: &Store) -> Result<(), CopyError> {
        let next = recent(store).await.map_err(CopyError::Source)?;
        let Ok(entries) = self.read(store).await.map_err(CopyError::Source)? else {
            return Err(CopyError::SourceChanged);
        };
        if entries.iter().any(|batch_id| !self.seen.contains(batch_id)) {
            return Err(CopyError::SourceChanged);
        }
        // A place that grows old would be lost when the log is trimmed.
        self.after = self.after.max(next);
        Ok(())
    }

    /// The batches after the place, if the log still has all of them.
    async fn read(&self, store: &Store) -> Result<Result<Vec<BatchId>, Lost>, StorageError> {
        let (mut batches, mut after) = (Vec::new(), self.after);
        while batches.len() < SEEN_MAX {
            let (entries, next) =
                match store.engine().changes(Some(after), CHANGES_READ_MAX).await? {
                    Changes::Lost { next } => return Ok(Err(Lost { next })),
                    Changes::Entries { entries, next } => (entries, next),
                };
            let is_end = entries.len() < CHANGES_READ_MAX;
            batches.extend(entries.into_iter().map(|entry| entry.batch_id));
            if is_end {
                break;
            }
            after = next;
        }
        Ok(Ok(batches))
    }
}

/// Before every entry that may still appear.
async fn recent(store: &Store) -> Result<Cursor, StorageError> {
    let engine = store.engine();
    let (Changes::Entries { next, .. } | Changes::Lost { next }) = engine.changes(None, 0).await?;
    let overlap = engine.changes_overlap();
    if overlap.is_zero() {
        return Ok(next);
    }
    Ok(Cursor { at: next.at - overlap, sequence: 0 })
}
