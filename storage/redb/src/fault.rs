//! What redb answers when it cannot, and what follows from it for the handle.

use storage::StorageError;

/// Why a transaction did not go through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The handle is of no use any more: redb fails every later call on it, reads too, until it is closed and opened.
    Handle(String),
    /// What was read makes no sense; opening again would not help.
    Damage(String),
}

impl Fault {
    /// A row that cannot be read.
    pub(crate) fn damaged(what: &'static str) -> Self {
        Self::Damage(format!("{what} is damaged"))
    }

    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Handle(reason) | Self::Damage(reason) => reason,
        }
    }
}

impl From<Fault> for StorageError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Handle(reason) | Fault::Damage(reason) => Self::Unavailable { reason },
        }
    }
}

impl From<redb::StorageError> for Fault {
    fn from(error: redb::StorageError) -> Self {
        redb::Error::from(error).into()
    }
}

impl From<redb::TableError> for Fault {
    fn from(error: redb::TableError) -> Self {
        redb::Error::from(error).into()
    }
}

impl From<redb::TransactionError> for Fault {
    fn from(error: redb::TransactionError) -> Self {
        redb::Error::from(error).into()
    }
}

impl From<redb::CommitError> for Fault {
    fn from(error: redb::CommitError) -> Self {
        redb::Error::from(error).into()
    }
}

impl From<redb::Error> for Fault {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Corrupted(_) => Self::Damage(error.to_string()),
            _ => Self::Handle(error.to_string()),
        }
    }
}
