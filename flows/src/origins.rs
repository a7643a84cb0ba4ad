//! From which pages of others we may be called: those of the applications that are registered (Fetch §3.2).

use crate::{Context, Failure, Flows};

/// Clients of one origin that are looked at.
const CLIENTS_MAX: usize = 16;

impl Flows {
    /// Whether scripts of `origin` may read what we answer: a client that may do anything is sent its answers there.
    pub async fn admits_origin(&self, context: &Context, origin: &str) -> Result<bool, Failure> {
        let clients = self.store.clients_at(&context.realm, origin, CLIENTS_MAX).await?;
        Ok(clients.items.iter().any(|client| !client.is_disabled()))
    }
}
