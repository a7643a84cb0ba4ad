//! The border to the back channels of clients: what is asked of whatever sends our requests.

use async_trait::async_trait;
use protocol::{Secret, client::LogoutUri};

/// Why a request was not answered. Only for the log: it is tried again whatever it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotPosted(pub String);

/// Posts forms to clients.
#[async_trait]
pub trait BackChannel: Send + Sync {
    /// Posts `form`, encoded as `application/x-www-form-urlencoded`, and gives the status of the answer. Follows no
    /// redirect and reads no body. The caller sets the deadline by dropping it.
    async fn post(&self, to: &LogoutUri, form: Secret<String>) -> Result<u16, NotPosted>;
}
