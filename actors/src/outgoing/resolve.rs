//! Where names lead: as the machine's own resolver says, so that its files and its DNS hold here too.

use std::{
    io,
    net::{IpAddr, ToSocketAddrs},
    sync::Arc,
    thread,
};

use async_trait::async_trait;
use tokio::sync::{Semaphore, oneshot};

/// Questions at once: one cannot be cancelled, and a thread waits for its answer however long that takes.
const QUESTIONS_MAX: usize = 32;

/// Who knows where names lead.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// Every address that `name` leads to; none where it is no name.
    ///
    /// # Errors
    /// Nobody answers.
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The machine's own resolver.
#[derive(Debug, Clone)]
pub struct SystemResolver(Arc<Semaphore>);

impl Default for SystemResolver {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(QUESTIONS_MAX)))
    }
}

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let permit = Arc::clone(&self.0).acquire_owned().await.map_err(io::Error::other)?;
        let (port, answered) = oneshot::channel();
        let name = name.to_owned();
        let ask = move || {
            let _permit = permit;
            let found = (name.as_str(), 0).to_socket_addrs();
            let found = found.map(|found| found.map(|at| at.ip()).collect());
            // Nobody waits for it any more.
            drop(port.send(found));
        };
        thread::Builder::new().name("resolve".into()).spawn(ask)?;
        answered.await.map_err(io::Error::other)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_machine_knows_itself() {
        let found = SystemResolver::default().resolve("localhost").await.unwrap();
        assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
    }
}
