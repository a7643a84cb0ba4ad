//! Messages as they go over the socket: one line of JSON each, of bounded length.

use std::io;

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Why a message could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    /// The other side is gone, or the system says no.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Longer than it may be.
    #[error("a message is longer than {0} bytes")]
    TooLong(usize),
    /// Not what is spoken here, perhaps by another release.
    #[error("a message cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
}

/// The next message; nothing when the other side has closed.
pub(crate) async fn read<T: DeserializeOwned>(
    from: &mut (impl AsyncBufRead + Unpin),
    bytes_max: usize,
) -> Result<Option<T>, WireError> {
    let mut line = Vec::new();
    from.take(bytes_max as u64 + 1).read_until(b'\n', &mut line).await?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(serde_json::from_slice(&line)?)),
        Some(_) if line.len() >= bytes_max => Err(WireError::TooLong(bytes_max)),
        Some(_) => Err(WireError::Io(io::ErrorKind::UnexpectedEof.into())),
    }
}

/// Sends a message.
pub(crate) async fn write(
    to: &mut (impl AsyncWrite + Unpin),
    message: &impl Serialize,
) -> Result<(), WireError> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line).await?;
    Ok(to.flush().await?)
}
