//! Why a request of ours has no answer. For operators: nothing of what was answered is in it.

use super::{Forbidden, NotADestination};

/// Why nothing was sent, or nothing came back that is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnswered {
    /// The text is no address.
    #[error(transparent)]
    NotADestination(#[from] NotADestination),
    /// Nothing may be sent there.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// As many requests as may be are under way, and as many wait.
    #[error("too many requests are under way")]
    Busy,
    /// The name leads nowhere.
    #[error("its name leads to no address")]
    Unresolved,
    /// Nobody accepts a connection.
    #[error("it cannot be connected to")]
    Unreachable,
    /// Its certificate is of nobody who is trusted (`outgoing.ca_file`).
    #[error(
        "its certificate is from an authority that is not trusted; outgoing.ca_file names others"
    )]
    Untrusted,
    /// Its certificate is for another name.
    #[error("its certificate is for another name")]
    OtherName,
    /// Its certificate is not valid now.
    #[error("its certificate has expired, or is not valid yet")]
    CertificateTime,
    /// It speaks no TLS that is accepted here.
    #[error("it speaks no TLS that is accepted here")]
    Tls,
    /// It answered too slowly.
    #[error("it did not answer in time")]
    TimedOut,
    /// It sent us elsewhere, where we do not go.
    #[error("it answered with a redirect, which is not followed")]
    Redirected,
    /// It did not say that all is well.
    #[error("it answered with the status {0}")]
    Status(u16),
    /// The head or the body of its answer is larger than is read.
    #[error("its answer is too large")]
    TooLarge,
    /// Its answer is encoded, and nothing is decompressed.
    #[error("its answer has a content encoding")]
    Encoded,
    /// It answered something else than HTTP, or broke off.
    #[error("its answer broke off, or is not HTTP")]
    Malformed,
}
