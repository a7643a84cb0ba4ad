//! Why a question was not answered, and what is known then.

use storage::StorageError;
use surrealdb::{
    Error,
    types::{ErrorDetails, NotFoundError, QueryError},
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
    /// Another statement of the same transaction failed, and says why.
    Follows(String),
}

/// What our own statements throw begins with this.
const MARK: &str = "doorward:";

/// What the database says of a COMMIT that it could not carry out.
const COMMIT: &str = "Cannot COMMIT";

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
        match worst {
            // Nothing says why, so nothing says that nothing was done.
            Some(Self::Follows(message)) => Some(Self::Lost(message)),
            worst => worst,
        }
    }

    pub(crate) fn one(error: &Error) -> Self {
        let message = || error.message().to_owned();
        match error.details() {
            ErrorDetails::Thrown => match error.message().split_once(MARK) {
                Some((_, thrown)) => Self::Thrown(thrown.trim_end_matches(['\'', '"', '.']).into()),
                None => Self::Failed(message()),
            },
            ErrorDetails::Query(Some(QueryError::TransactionConflict)) => Self::Conflict,
            // What a failed transaction leaves of its other statements. Of COMMIT itself it means that the database does not
            // say what it did: an engine may have applied what it could not make durable.
            ErrorDetails::Query(Some(QueryError::Cancelled | QueryError::NotExecuted)) => {
                if error.message().contains(COMMIT) {
                    Self::Lost(message())
                } else {
                    Self::Follows(message())
                }
            }
            ErrorDetails::Query(_) | ErrorDetails::Connection(_) | ErrorDetails::Internal => {
                Self::Lost(message())
            }
            ErrorDetails::NotFound(Some(NotFoundError::Table { .. })) => Self::NoTable,
            _ => Self::Failed(message()),
        }
    }

    /// How much it says of why an answer has errors.
    fn weight(&self) -> u8 {
        match self {
            Self::Follows(_) => 0,
            Self::Failed(_) => 1,
            Self::NoTable => 2,
            Self::Conflict => 3,
            Self::Lost(_) | Self::NotAsked(_) => 4,
            Self::Thrown(_) => 5,
        }
    }

    fn reason(self) -> String {
        match self {
            Self::NotAsked(reason)
            | Self::Lost(reason)
            | Self::Failed(reason)
            | Self::Follows(reason) => reason,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(errors: &[Error]) -> Fault {
        Fault::of(errors).unwrap()
    }

    #[test]
    fn a_commit_of_which_nothing_is_known_is_lost_and_not_undone() {
        for error in [
            Error::query("Cannot COMMIT: the disk failed".into(), QueryError::NotExecuted),
            Error::query("The outcome is not known".into(), None),
            Error::query("Too slow".into(), QueryError::TimedOut { duration: Default::default() }),
            Error::internal("something else".into()),
        ] {
            assert!(matches!(of(&[error]), Fault::Lost(_)));
        }
    }

    #[test]
    fn of_a_failed_transaction_the_statement_counts_that_failed() {
        let follows = || Error::query("not executed".into(), QueryError::NotExecuted);
        let cancelled = || Error::query("cancelled".into(), QueryError::Cancelled);
        let conflict = Error::query("conflict".into(), QueryError::TransactionConflict);
        assert_eq!(of(&[follows(), conflict, cancelled()]), Fault::Conflict);
        let thrown = Error::thrown("An error occurred: doorward:expected:3".into());
        assert_eq!(of(&[thrown, cancelled()]), Fault::Thrown("expected:3".into()));
        assert!(matches!(of(&[follows(), cancelled()]), Fault::Lost(_)));
    }

    #[test]
    fn what_quotes_our_words_is_not_thrown_by_us() {
        let quotes = Error::validation("found 'doorward:committed'".into(), None);
        assert!(matches!(of(&[quotes]), Fault::Failed(_)));
    }
}
