//! What every request brings, whatever it asks: whose it is, under which issuer, and from where.

use std::net::IpAddr;

use protocol::{Realm, event::Personal};

use crate::limits::Tally;

/// The surroundings of one request.
#[derive(Debug, Clone)]
pub struct Context {
    /// The realm that is asked.
    pub realm: Realm,
    /// The issuer that answers: a value of the request, never a global.
    pub issuer: String,
    /// The address of the peer, behind proxies that are trusted.
    pub address: IpAddr,
    /// The `User-Agent` header, at most 256 bytes.
    pub user_agent: Option<String>,
    /// Names the request in the log, in events and on the error page.
    pub request_id: String,
    /// What limits say of it.
    pub tally: Tally,
}

impl Context {
    /// Whether browsers reach the issuer by https.
    pub(crate) fn is_https(&self) -> bool {
        self.issuer.starts_with("https:")
    }

    /// What of it an event keeps, sealed.
    pub(crate) fn personal(&self) -> Personal {
        let (address, user_agent) = (Some(self.address), self.user_agent.clone());
        Personal { address, user_agent, note: None }
    }
}
