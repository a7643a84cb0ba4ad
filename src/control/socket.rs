//! The side that answers: the process that holds the store.

use std::{
    fs::{self, Permissions},
    future::Future,
    io,
    os::unix::{fs::PermissionsExt, net::UnixListener as StdUnixListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use nix::unistd::Uid;
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::BufReader,
    net::{UnixListener, UnixStream},
    task::JoinSet,
    time::timeout,
};

use super::{
    REQUEST_BYTES_MAX,
    wire::{self, WireError},
};

/// Connections at once; a further one waits until another has ended.
const CONNECTIONS_MAX: usize = 8;

/// How long a connection may be silent.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// How long the system is left alone when it gives no further connection.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// Why the socket could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the control socket {} cannot be made: {source}", path.display())]
pub struct NotBound {
    path: PathBuf,
    source: io::Error,
}

/// The socket, bound. Its file is removed when this is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl ControlSocket {
    /// Binds the socket of a data directory whose store this process holds: what another left behind is removed.
    pub fn bind(directory: &Path) -> Result<Self, NotBound> {
        let path = super::path(directory);
        let listener = bind(&path).map_err(|source| NotBound { path: path.clone(), source })?;
        Ok(Self { listener, path })
    }

    /// Answers for ever. Dropped, it lets go of what it is answering.
    pub async fn serve<Q, A, F>(&self, answer: impl Fn(Q) -> F + Send + Sync + 'static)
    where
        Q: DeserializeOwned + Send + 'static,
        A: Serialize + Send + Sync + 'static,
        F: Future<Output = A> + Send + 'static,
    {
        let answer = Arc::new(answer);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept(), if connections.len() < CONNECTIONS_MAX => match accepted {
                    Ok((stream, _)) if is_ours(&stream) => {
                        connections.spawn(converse(stream, Arc::clone(&answer)));
                    }
                    Ok(_) => tracing::warn!("another user was turned away from the control socket"),
                    Err(error) => {
                        tracing::warn!(%error, "no connection to the control socket can be accepted");
                        tokio::time::sleep(EXHAUSTED_PAUSE).await;
                    }
                },
            }
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // Left behind, it is taken for what it is: nobody answers there.
        let _ = fs::remove_file(&self.path);
    }
}

/// Bound under another name first, so that nobody ever finds it with the permissions that the system gives by itself.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let unfinished = path.with_extension("new");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = StdUnixListener::bind(&unfinished)?;
    fs::set_permissions(&unfinished, Permissions::from_mode(0o600))?;
    fs::rename(&unfinished, path)?;
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener)
}

fn is_ours(stream: &UnixStream) -> bool {
    let Ok(peer) = stream.peer_cred() else { return false };
    let peer = Uid::from_raw(peer.uid());
    peer == Uid::effective() || peer.is_root()
}

async fn converse<Q, A, F>(stream: UnixStream, answer: Arc<impl Fn(Q) -> F>)
where
    Q: DeserializeOwned,
    A: Serialize,
    F: Future<Output = A>,
{
    let mut stream = BufReader::new(stream);
    if let Err(error) = answer_all(&mut stream, &*answer).await {
        tracing::warn!(%error, "a conversation over the control socket broke off");
    }
}

async fn answer_all<Q, A, F>(
    stream: &mut BufReader<UnixStream>,
    answer: &impl Fn(Q) -> F,
) -> Result<(), WireError>
where
    Q: DeserializeOwned,
    A: Serialize,
    F: Future<Output = A>,
{
    let silence = || WireError::Io(io::ErrorKind::TimedOut.into());
    loop {
        let request = timeout(SILENCE_MAX, wire::read(stream, REQUEST_BYTES_MAX))
            .await
            .map_err(|_| silence())??;
        let Some(request) = request else { return Ok(()) };
        let answer = answer(request).await;
        timeout(SILENCE_MAX, wire::write(stream, &answer)).await.map_err(|_| silence())??;
    }
}
