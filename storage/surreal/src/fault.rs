//! Why a question was not answered, and what is known then.

use storage::StorageError;
use surrealdb::{
    Error,
    types::{ConnectionError, QueryError},
};

/// What came instead of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It was not asked: nothing is connected.
    NotAsked(String),
    /// The connection or the time was lost between question and answer: what was asked may have been done.
    Lost(String),
    /// Another transaction wrote what this one did; it may be tried again.
    Conflict,
    /// A statement of ours ended the transaction, and this is why.
    Thrown(String),
    /// The table is not there.
    NoTable,
    /// The database answered that it cannot; nothing was done.
    Failed(String),
}

/// What our own statements throw begins with this.
const MARK: &str = "doorward:";

impl Fault {
    /// Reads the errors of one answer: of the statements of a transaction, one says why and the others that it was so.
    pub(crate) fn of<'e>(errors: impl IntoIterator<Item = &'e Error>) -> Option<Self> {
        let mut worst: Option<Self> = None;
        for error in errors {
            let fault = Self::one(error);
            if worst.as_ref().is_none_or(|worst| fault.weight() > worst.weight()) {
                worst = Some(fault);
            }
        }
        worst
    }

    pub(crate) fn one(error: &Error) -> Self {
        if let Some((_, thrown)) = error.message().split_once(MARK) {
            return Self::Thrown(thrown.trim_end_matches(['\'', '"', '.']).to_owned());
        }
        match error.query_details() {
            Some(QueryError::TransactionConflict) => return Self::Conflict,
            Some(QueryError::TimedOut { .. } | QueryError::Cancelled) => {
                return Self::Lost(error.message().to_owned());
            }
            _ => {}
        }
        if let Some(ConnectionError::ConnectionFailed | ConnectionError::Uninitialised) =
            error.connection_details()
        {
            return Self::Lost(error.message().to_owned());
        }
        if error.is_connection() || error.is_internal() {
            return Self::Lost(error.message().to_owned());
        }
        if error.is_not_found() {
            return Self::NoTable;
        }
        Self::Failed(error.message().to_owned())
    }

    /// How much it says of why an answer has errors.
    fn weight(&self) -> u8 {
        match self {
            Self::Failed(_) => 0,
            Self::NoTable => 1,
            Self::Conflict => 2,
            Self::Lost(_) | Self::NotAsked(_) => 3,
            Self::Thrown(_) => 4,
        }
    }

    fn reason(self) -> String {
        match self {
            Self::NotAsked(reason) | Self::Lost(reason) | Self::Failed(reason) => reason,
            Self::Thrown(reason) => format!("the database refused with {reason}"),
            Self::Conflict => "other transactions kept writing the same rows".into(),
            Self::NoTable => "a table is missing".into(),
        }
    }
}

impl From<Fault> for StorageError {
    fn from(fault: Fault) -> Self {
        Self::Unavailable { reason: fault.reason() }
    }
}
