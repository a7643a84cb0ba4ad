//! That the process is about to stop, for answers that would go on until then.

use poem::Request;
use tokio::sync::watch;

/// Tells when no further request may begin, and those under way should end. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stopping(watch::Receiver<bool>);

impl Stopping {
    pub(super) const fn new(stopping: watch::Receiver<bool>) -> Self {
        Self(stopping)
    }

    /// Of the border that `request` came through; nothing for one that came another way.
    pub fn of(request: &Request) -> Option<&Self> {
        request.extensions().get()
    }

    /// Whether it is so.
    pub fn is_told(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is so.
    pub async fn told(&mut self) {
        // An error means that nobody is left to tell: that is an end too.
        let _ = self.0.wait_for(|is_told| *is_told).await;
    }
}
