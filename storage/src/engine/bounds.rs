//! What a batch, a key and a question may be at most. Every engine asks here first, so that all refuse the same.

use std::{collections::HashSet, ops::Bound};

use super::{Batch, ID_BYTES_MAX, IndexEntry, IndexKey, Key, Position, Range, StorageError, Write};

/// Writes of a batch.
pub const WRITES_MAX: usize = 1_000;
/// Checks of a batch.
pub const CHECKS_MAX: usize = 1_000;
/// Entries of one row in indexes. A client stands in one for each origin of its redirect URIs.
pub const INDEXES_MAX: usize = 80;
/// Bytes of one row's body.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of all bodies of a batch.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of the name of a table or an index.
pub const NAME_BYTES_MAX: usize = 64;
/// Rows of one scan.
pub const SCAN_MAX: usize = 10_000;

const fn malformed(reason: &'static str) -> StorageError {
    StorageError::Malformed { reason }
}

fn name(name: &str) -> Result<(), StorageError> {
    let fits = (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.contains('\0');
    if fits { Ok(()) } else { Err(malformed("a table or index has no fitting name")) }
}

fn value(value: &str) -> Result<(), StorageError> {
    match value {
        long if long.len() > ID_BYTES_MAX => Err(malformed("a value in an index is too long")),
        nul if nul.contains('\0') => Err(malformed("a value in an index contains NUL")),
        _ => Ok(()),
    }
}

fn id(id: &str) -> Result<(), StorageError> {
    match id {
        "" => Err(malformed("an id is empty")),
        long if long.len() > ID_BYTES_MAX => Err(malformed("an id is too long")),
        nul if nul.contains('\0') => Err(malformed("an id contains NUL")),
        _ => Ok(()),
    }
}

impl Key {
    /// Whether its names and its id are within bounds; [`StorageError::Malformed`] otherwise.
    pub fn validate(&self) -> Result<(), StorageError> {
        name(self.table)?;
        id(&self.id)
    }
}

impl IndexKey {
    /// Whether its names and its value are within bounds; [`StorageError::Malformed`] otherwise.
    pub fn validate(&self) -> Result<(), StorageError> {
        name(self.table)?;
        name(self.index)?;
        value(&self.value)
    }
}

impl Range {
    /// Whether a scan of it is within bounds; [`StorageError::Malformed`] otherwise.
    pub fn validate(&self, after: Option<&Position>, limit: usize) -> Result<(), StorageError> {
        name(self.table)?;
        self.index.map_or(Ok(()), name)?;
        for bound in [&self.from, &self.to] {
            if let Bound::Included(text) | Bound::Excluded(text) = bound {
                value(text)?;
            }
        }
        if let Some(after) = after {
            value(&after.value)?;
            id(&after.id)?;
        }
        if limit > SCAN_MAX { Err(malformed("a scan asks for too many rows")) } else { Ok(()) }
    }
}

impl Batch {
    /// Whether it is within bounds, writes each row once and checks none that it writes;
    /// [`StorageError::Malformed`] otherwise.
    pub fn validate(&self) -> Result<(), StorageError> {
        if self.writes.len() > WRITES_MAX {
            return Err(malformed("a batch has too many writes"));
        }
        if self.checks.len() > CHECKS_MAX {
            return Err(malformed("a batch has too many checks"));
        }
        let mut written = HashSet::with_capacity(self.writes.len());
        for write in &self.writes {
            write.validate()?;
            if !written.insert(write.key()) {
                return Err(malformed("a batch writes a row twice"));
            }
        }
        for check in &self.checks {
            check.key.validate()?;
            if written.contains(&check.key) {
                return Err(malformed("a batch checks a row that it writes"));
            }
        }
        if self.bytes() > BATCH_BYTES_MAX { Err(malformed("a batch is too large")) } else { Ok(()) }
    }

    /// The bytes of all bodies.
    pub fn bytes(&self) -> usize {
        self.writes.iter().map(Write::bytes).sum()
    }
}

impl Write {
    fn bytes(&self) -> usize {
        match self {
            Self::Put { body, .. } => body.len(),
            Self::Delete { .. } => 0,
        }
    }

    fn validate(&self) -> Result<(), StorageError> {
        self.key().validate()?;
        let Self::Put { key, tenant, body, indexes, .. } = self else { return Ok(()) };
        if tenant.realm != key.realm {
            return Err(malformed("a row belongs to a realm and stands in another"));
        }
        if body.len() > BODY_BYTES_MAX {
            return Err(malformed("a row is too large"));
        }
        if indexes.len() > INDEXES_MAX {
            return Err(malformed("a row stands in too many indexes"));
        }
        indexes.iter().try_for_each(IndexEntry::validate)
    }
}

impl IndexEntry {
    fn validate(&self) -> Result<(), StorageError> {
        name(self.index)?;
        value(&self.value)
    }
}
