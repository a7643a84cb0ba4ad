//! The side that asks: a command.

use std::{io, path::Path, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::BufReader,
    net::UnixStream,
    time::{error::Elapsed, timeout},
};

use super::{
    ANSWER_BYTES_MAX,
    wire::{self, WireError},
};

/// How long an answer may take: an audit log may be long.
const ANSWER_MAX: Duration = Duration::from_secs(600);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NotAsked {
    /// Nobody listens: there is no socket, or one that a process left behind when it died.
    #[error("no process is listening")]
    Nobody,
    /// The socket is somebody else's.
    #[error(
        "the control socket belongs to another user: run this as the user that runs doorward, or as root"
    )]
    Forbidden,
    /// The answer did not come.
    #[error("the running process did not answer within {} seconds", ANSWER_MAX.as_secs())]
    TimedOut(#[from] Elapsed),
    /// It closed the connection, or speaks otherwise.
    #[error("the running process did not answer: {0}")]
    Broken(String),
}

/// Asks the process that listens at `path`.
///
/// # Errors
/// [`NotAsked`]; after any but [`NotAsked::Nobody`] the request may have been carried out.
pub async fn ask<Q: Serialize, A: DeserializeOwned>(
    path: &Path,
    request: &Q,
) -> Result<A, NotAsked> {
    let stream = UnixStream::connect(path).await.map_err(not_connected)?;
    timeout(ANSWER_MAX, converse(stream, request)).await?
}

async fn converse<Q: Serialize, A: DeserializeOwned>(
    stream: UnixStream,
    request: &Q,
) -> Result<A, NotAsked> {
    let mut stream = BufReader::new(stream);
    // Refused for who we are, the other side closes without an answer.
    wire::write(&mut stream, request).await.map_err(broken)?;
    let answer = wire::read(&mut stream, ANSWER_BYTES_MAX).await.map_err(broken)?;
    answer.ok_or_else(|| NotAsked::Broken("it closed the connection".into()))
}

fn not_connected(error: io::Error) -> NotAsked {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => NotAsked::Nobody,
        io::ErrorKind::PermissionDenied => NotAsked::Forbidden,
        _ => NotAsked::Broken(error.to_string()),
    }
}

fn broken(error: WireError) -> NotAsked {
    NotAsked::Broken(error.to_string())
}
