//! What this process knows to be in the database, so that it is not asked for again.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use storage::erasure::TABLES;

/// Tables, and the latest encoding of rows that was announced.
pub(crate) struct Known {
    tables: Mutex<HashSet<&'static str>>,
    encoding: Mutex<u16>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            tables: Mutex::new(TABLES.iter().map(|table| table.name).collect()),
            encoding: Mutex::new(0),
        }
    }
}

impl Known {
    pub(crate) fn has_table(&self, name: &str) -> bool {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    pub(crate) fn add_table(&self, name: &'static str) {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
    }

    /// All tables, in the order of their names.
    pub(crate) fn tables(&self) -> Vec<&'static str> {
        let known = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tables: Vec<_> = known.iter().copied().collect();
        tables.sort_unstable();
        tables
    }

    pub(crate) fn has_encoding(&self, schema: u16) -> bool {
        *self.encoding.lock().unwrap_or_else(PoisonError::into_inner) >= schema
    }

    pub(crate) fn add_encoding(&self, schema: u16) {
        let mut known = self.encoding.lock().unwrap_or_else(PoisonError::into_inner);
        *known = schema.max(*known);
    }
}
