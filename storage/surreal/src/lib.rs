//! The storage engine for many nodes, on SurrealDB.
//!
//! Every batch is one transaction in one question, and every question is one round trip. The database judges expectations
//! and uniqueness; what two transactions write at once, one of them writes again. The connection is watched by deadlines of
//! our own and made anew when it fails; until then calls are answered `Unavailable`.

mod commit;
mod fault;
mod known;
mod link;
mod log;
pub mod metrics;
mod schema;
mod statements;
mod sweep;
mod value;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

use std::{fmt, path::PathBuf, time::Duration};

use async_trait::async_trait;
use protocol::{Secret, Timestamp};
use storage::{
    StorageError,
    engine::{
        Batch, BatchId, Changes, Cursor, Engine, Found, IndexKey, Key, Outcome, Position, Range,
        Row, Swept,
    },
};
use surrealdb::types::{Object, RecordId, Value, Variables};

use crate::{
    fault::Fault,
    known::Known,
    link::Link,
    value::{instant, key, row, whole},
};

/// The longest that one question may take on any node: others wait so long for what it may have written.
pub const DEADLINE_MAX: Duration = Duration::from_secs(10);

/// Where the database is, and how it is spoken to.
#[derive(Clone)]
pub struct Options {
    /// `ws://host:port` or `wss://host:port`.
    pub url: String,
    /// The namespace and the database in it. They are made where the user may.
    pub namespace: String,
    /// See `namespace`.
    pub database: String,
    /// A user of the database, of the namespace or of the server.
    pub username: String,
    /// Its password.
    pub password: Secret<String>,
    /// Certification authorities for `wss`, in PEM, instead of those of the public web.
    pub ca_file: Option<PathBuf>,
    /// Whether the database tells of changes, so that other nodes look at once. They look anyway.
    pub live: bool,
    /// The longest that one question may take; at most [`DEADLINE_MAX`].
    pub deadline: Duration,
    /// The name of this node, which holds the lease when tables are changed.
    pub node: String,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("url", &self.url)
            .field("namespace", &self.namespace)
            .field("database", &self.database)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// Why a store could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The address is none.
    #[error("the database's URL begins with ws:// or wss:// and names a host and a port")]
    Url,
    /// The certification authorities cannot be read.
    #[error("{}: {reason}", file.display())]
    Ca {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// It does not answer.
    #[error("the database is not reached: {0}")]
    Unreachable(String),
    /// It does not know the user, or the password is another.
    #[error("the database refuses the username and the password")]
    SignIn,
    /// The tables could not be made.
    #[error("the tables cannot be made: {0}")]
    Tables(String),
    /// A later release arranged the tables.
    #[error("the tables have layout {found}, this release reads layout {readable}")]
    Layout {
        /// What they have.
        found: u64,
        /// What is read.
        readable: u64,
    },
    /// A later release wrote rows that this one cannot read.
    #[error("the store has rows of encoding {found}, this release reads up to {readable_max}")]
    Schema {
        /// The latest in it.
        found: u64,
        /// The latest that is read.
        readable_max: u64,
    },
}

/// An open store.
pub struct SurrealDb {
    link: Link,
    known: Known,
    deadline: Duration,
}

impl SurrealDb {
    /// Connects, makes the tables where they are not there, and keeps the connection up until it is dropped.
    ///
    /// # Errors
    /// [`OpenError`]; a database that is out of reach is one after half a minute.
    pub async fn open(options: Options) -> Result<Self, OpenError> {
        let deadline = options.deadline.min(DEADLINE_MAX);
        let options = Options { deadline, ..options };
        Ok(Self { link: Link::open(options).await?, known: Known::default(), deadline })
    }

    /// The rows of one statement, as documents.
    async fn documents(
        &self,
        (table, statement): (&str, &'static str),
        variables: Variables,
    ) -> Result<Vec<Object>, StorageError> {
        let mut answer = match self.link.ask(statement, variables).await {
            Ok(answer) => answer,
            // A table that nobody has written is empty; one that was there and is gone is not.
            Err(Fault::NoTable) if !self.known.has_table(table) => return Ok(Vec::new()),
            Err(fault) => return Err(fault.into()),
        };
        objects(answer.take::<Value>(0))
    }
}

/// The objects in an answer.
pub(crate) fn objects(
    answer: Result<Value, surrealdb::Error>,
) -> Result<Vec<Object>, StorageError> {
    let odd = |reason: &str| StorageError::Unavailable {
        reason: format!("the database answered something else: {reason}"),
    };
    let rows = match answer.map_err(|error| odd(error.message()))? {
        Value::Array(rows) => rows,
        Value::None => return Ok(Vec::new()),
        _ => return Err(odd("no list")),
    };
    let rows = rows.into_iter().map(|row| match row {
        Value::Object(object) => Ok(object),
        _ => Err(odd("no row")),
    });
    rows.collect()
}

/// Named values for a statement.
pub(crate) fn variables<const N: usize>(values: [(&str, Value); N]) -> Variables {
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(crate) fn record(id: RecordId) -> Value {
    Value::RecordId(id)
}

/// The record's own id in its document.
fn id_of(document: &mut Object) -> Option<RecordId> {
    match document.remove("id") {
        Some(Value::RecordId(id)) => Some(id),
        _ => None,
    }
}

fn unreadable(table: &str) -> StorageError {
    StorageError::Unreadable {
        table: table.into(),
        id: String::new(),
        reason: "its id is none of ours".into(),
    }
}

#[async_trait]
impl Engine for SurrealDb {
    async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<Row>, StorageError> {
        key.validate()?;
        let asked = variables([("row", record(value::row_id(key))), ("now", instant(now))]);
        let found = self.documents((key.table, statements::GET), asked).await?.into_iter().next();
        found.map(|document| row(key.clone(), document)).transpose()
    }

    async fn find(&self, index: &IndexKey, now: Timestamp) -> Result<Option<Row>, StorageError> {
        index.validate()?;
        let entry = record(value::unique_entry(index));
        let asked = variables([("entry", entry), ("now", instant(now))]);
        let Some(mut document) =
            self.documents((index.table, statements::FIND), asked).await?.into_iter().next()
        else {
            return Ok(None);
        };
        let id = id_of(&mut document).and_then(|id| key(index.table, &id));
        row(id.ok_or_else(|| unreadable(index.table))?, document).map(Some)
    }

    async fn scan(
        &self,
        range: &Range,
        after: Option<&Position>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Found>, StorageError> {
        range.validate(after, limit)?;
        if limit == 0 {
            return Ok(Vec::new());
        }
        let asked = variables([
            ("range", record(value::range(range, after))),
            ("limit", whole(limit as u64)),
            ("now", instant(now)),
        ]);
        let statement =
            if range.index.is_some() { statements::SCAN_INDEX } else { statements::SCAN };
        let documents = self.documents((range.table, statement), asked).await?;
        documents.into_iter().map(|document| found(range, document)).collect()
    }

    async fn commit(&self, batch: Batch) -> Outcome {
        self.write(batch).await
    }

    async fn is_committed(&self, batch_id: BatchId) -> Result<bool, StorageError> {
        self.what_became_of(batch_id).await
    }

    async fn changes(&self, after: Option<Cursor>, limit: usize) -> Result<Changes, StorageError> {
        self.read_log(after, limit).await
    }

    fn changes_overlap(&self) -> Duration {
        log::OVERLAP
    }

    async fn hint(&self) {
        self.link.hint().await;
    }

    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<Swept, StorageError> {
        self.remove_what_is_over(now, limit).await
    }

    fn is_available(&self) -> bool {
        self.link.is_up()
    }
}

/// A row of a scan, and where it stands.
fn found(range: &Range, mut document: Object) -> Result<Found, StorageError> {
    let unreadable = || unreadable(range.table);
    let id = id_of(&mut document).ok_or_else(unreadable)?;
    if range.index.is_none() {
        let key = key(range.table, &id).ok_or_else(unreadable)?;
        let position = Position { value: key.id.clone(), id: key.id.clone() };
        return Ok(Found { position, row: row(key, document)? });
    }
    let value = value::texts(&id).into_iter().nth(4).ok_or_else(unreadable)?;
    let Some(Value::Object(mut document)) = document.remove("row") else {
        return Err(unreadable());
    };
    let key = id_of(&mut document).and_then(|id| key(range.table, &id)).ok_or_else(unreadable)?;
    let position = Position { value, id: key.id.clone() };
    Ok(Found { position, row: row(key, document)? })
}
