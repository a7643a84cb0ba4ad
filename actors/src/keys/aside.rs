//! Work that would hold up whoever shares the thread: drawing an RSA key takes tenths of a second, reading one some
//! milliseconds.

use std::{io, thread};

use tokio::sync::oneshot;

/// Does `work` on a thread of its own. One that nobody waits for any more finishes and is forgotten.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (port, done) = oneshot::channel();
    thread::Builder::new().name("keys".into()).spawn(move || drop(port.send(work())))?;
    done.await.map_err(|_| io::Error::other("the thread ended before its work"))
}
