//! How logout tokens leave this process: by the one way out.

use actors::{
    logouts::{BackChannel, NotPosted},
    outgoing::{Outbound, Outgoing, Purpose},
};
use async_trait::async_trait;
use protocol::{Secret, client::LogoutUri, outgoing::NotAnswered};

/// Posts to where outgoing requests may go.
pub(super) struct Guarded(pub(super) Outgoing);

/// Of an answer that nobody reads.
const BODY_BYTES_MAX: usize = 64 * 1024;

#[async_trait]
impl BackChannel for Guarded {
    async fn post(&self, to: &LogoutUri, form: Secret<String>) -> Result<u16, NotPosted> {
        let outbound = Outbound {
            purpose: Purpose::BackchannelLogout,
            uri: to.as_str(),
            form: Some(form.expose()),
            accept: "*/*",
            body_bytes_max: BODY_BYTES_MAX,
        };
        match self.0.send(outbound).await {
            Ok(answered) => Ok(answered.status),
            Err(NotAnswered::Status(status)) => Ok(status),
            Err(why) => Err(NotPosted(why.to_string())),
        }
    }
}
