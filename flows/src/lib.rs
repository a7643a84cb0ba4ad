//! Leads: what happens on a request, step by step.
//!
//! A flow takes types of `protocol`, asks actors through their handles and concerns through the store, and answers with
//! an outcome. It sees no HTTP type, no message and no query.

mod access_tokens;
pub mod admin;
pub mod answers;
pub mod authorize;
mod browser;
mod client_authentication;
mod client_keys;
mod context;
mod discovery;
mod documentation;
pub mod end_session;
mod failure;
mod fetched_keys;
mod finish;
mod grants;
mod id_tokens;
pub mod introspect;
mod lifetimes;
pub mod limits;
mod origins;
mod refusals;
mod remembered;
pub mod revoke;
mod session_clients;
pub mod sign_in;
mod subjects;
pub mod token;
pub mod userinfo;

use std::sync::Arc;

use actors::{
    audit::{Audit, Events},
    identity::Identity,
    keys::Keys,
    limits::Limits,
    lockout::Lockout,
    logouts::Logouts,
    outgoing::Outgoing,
    refusals::Refusals,
    sessions::Sessions,
};
use protocol::{KeyRing, Timestamp};
use storage::Store;

pub use actors::sessions::SessionCookie;
pub use browser::{Browser, Cookies, SessionChange, StateCookie};
pub use context::Context;
pub use failure::{Error, Failure};
pub use lifetimes::Lifetimes;
pub use remembered::Remembered;
pub use session_clients::LogoutFrame;

/// Every flow. Cheap to clone.
#[derive(Clone)]
pub struct Flows(Arc<Parts>);

/// What flows lead.
pub struct Parts {
    /// What outlives the process.
    pub store: Store,
    /// What is kept of it in memory.
    pub remembered: Remembered,
    /// The way into the audit log.
    pub events: Events,
    /// The chain of this node.
    pub audit: Audit,
    /// The keys that sign.
    pub keys: Keys,
    /// What is too much.
    pub limits: Limits,
    /// The way of refusals into the store.
    pub refusals: Refusals,
    /// Who must wait.
    pub lockout: Lockout,
    /// Who is signed in where.
    pub sessions: Sessions,
    /// The way of logouts to clients.
    pub logouts: Logouts,
    /// Who people are.
    pub identity: Identity,
    /// The way of requests of our own.
    pub outgoing: Outgoing,
    /// What seals, and from which keys for one purpose come.
    pub ring: Arc<KeyRing>,
    /// For how long what is given holds.
    pub lifetimes: Lifetimes,
}

impl Flows {
    /// Over these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The present instant, as flows judge by it.
    pub fn now(&self) -> Timestamp {
        self.store.now()
    }
}

impl std::ops::Deref for Flows {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
