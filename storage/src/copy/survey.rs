//! What a store holds, in numbers that can be compared: rows and a digest for each table.

use protocol::{Realm, Timestamp};

use super::{
    digest::{self, Digest},
    rows::{PAGE, page},
    tables,
};
use crate::{
    engine::{Found, StorageError},
    erasure::Table,
    store::Store,
};

/// What a store holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// Every table whose rows are copied, also where it has none.
    pub tables: Vec<TableSurvey>,
}

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSurvey {
    /// The table.
    pub table: &'static str,
    /// How many rows.
    pub rows: u64,
    digest: Digest,
}

impl Survey {
    /// The rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// SHA-256 over all tables, in hexadecimal.
    pub fn digest(&self) -> String {
        let tables = self.tables.iter();
        let all = tables.fold(digest::NONE, |all, table| digest::chained(&all, &table.digest));
        digest::hexadecimal(&all)
    }

    /// The first table that differs: as it is here, and as it is there.
    pub(super) fn first_difference<'a>(
        &'a self,
        there: &'a Self,
    ) -> Option<(&'a TableSurvey, &'a TableSurvey)> {
        self.tables.iter().zip(&there.tables).find(|(here, there)| here != there)
    }
}

/// Surveys a store as it is at `at`; `look` sees every row.
pub(super) async fn of(
    store: &Store,
    realms: &[Realm],
    at: Timestamp,
    mut look: impl FnMut(&Table, &[Found]) -> Result<(), StorageError> + Send,
) -> Result<Survey, StorageError> {
    let mut surveyed = Vec::new();
    for table in tables() {
        let mut survey = TableSurvey { table: table.name, rows: 0, digest: digest::NONE };
        for realm in realms {
            let mut after = None;
            loop {
                let found = page(store, (table.name, realm), after.as_ref(), (PAGE, at)).await?;
                look(&table, &found)?;
                for found in &found {
                    let row = digest::of(&found.row)?;
                    survey.digest = digest::chained(&survey.digest, &row);
                    survey.rows += 1;
                }
                match found.last() {
                    Some(last) => after = Some(last.position.clone()),
                    None => break,
                }
            }
        }
        surveyed.push(survey);
    }
    Ok(Survey { tables: surveyed })
}
