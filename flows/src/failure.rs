//! What is nobody's mistake outside: a part that does not answer, or a fault of ours. The client learns a request id.

use std::time::Duration;

use actors::{Unavailable, identity::IdentityError};
use protocol::{client::OfALaterRelease, jose::SignError, master_key::SealError};
use storage::{CommitError, StorageError};

/// Why a flow could not come to an answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A part is down, full or too slow: 503 with `Retry-After`. Nothing that was acknowledged is lost.
    #[error("not available: {cause}")]
    Unavailable {
        /// How long a client should wait.
        retry_after: Duration,
        /// For the log.
        cause: String,
    },
    /// Something that must hold does not: 500, and the log says what.
    #[error("a fault: {cause}")]
    Fault {
        /// For the log.
        cause: String,
    },
}

const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Failure {
    /// A part that will be back.
    pub(crate) fn unavailable(cause: impl ToString) -> Self {
        Self::Unavailable { retry_after: RETRY_AFTER, cause: cause.to_string() }
    }

    /// A fault of ours.
    pub(crate) fn fault(cause: impl ToString) -> Self {
        Self::Fault { cause: cause.to_string() }
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Unavailable { .. } => Self::unavailable(error),
            StorageError::Unreadable { .. } | StorageError::Malformed { .. } => Self::fault(error),
        }
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::NotApplied(error) => error.into(),
            // What a flow expects to be refused it handles; what is left lost a race, and may be tried again.
            CommitError::Refused(_) | CommitError::Unknown => Self::unavailable(error),
        }
    }
}

impl From<Unavailable> for Failure {
    fn from(error: Unavailable) -> Self {
        Self::unavailable(error)
    }
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Unavailable(error) => error.into(),
            IdentityError::Storage(error) => error.into(),
        }
    }
}

impl From<SealError> for Failure {
    fn from(error: SealError) -> Self {
        Self::fault(error)
    }
}

impl From<OfALaterRelease> for Failure {
    fn from(error: OfALaterRelease) -> Self {
        Self::fault(error)
    }
}

impl From<SignError> for Failure {
    fn from(error: SignError) -> Self {
        Self::fault(error)
    }
}

/// An answer that refuses, or none at all.
#[derive(Debug, thiserror::Error)]
pub enum Error<R> {
    /// The request is refused, for this reason.
    #[error("refused")]
    Refused(R),
    /// It could not be judged.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl<R> Error<R> {
    /// Refuses for what `reason` says.
    pub(crate) fn refused(reason: impl Into<R>) -> Self {
        Self::Refused(reason.into())
    }
}

macro_rules! failures {
    ($($error:ty),*) => {$(
        impl<R> From<$error> for Error<R> {
            fn from(error: $error) -> Self {
                Self::Failed(error.into())
            }
        }
    )*};
}

failures!(StorageError, CommitError, Unavailable, IdentityError, SealError, SignError);
