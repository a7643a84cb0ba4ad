//! How logout tokens leave this process.

use actors::logouts::{BackChannel, NotPosted};
use async_trait::async_trait;
use protocol::{Secret, client::LogoutUri};

/// Sends nothing: requests to addresses that clients registered need a guard before them, and there is none in this
/// release. What is to be told is kept, tried again and given up as if no client answered.
pub(super) struct Guarded;

#[async_trait]
impl BackChannel for Guarded {
    async fn post(&self, _: &LogoutUri, _: Secret<String>) -> Result<u16, NotPosted> {
        Err(NotPosted("this release sends no requests of its own".into()))
    }
}
