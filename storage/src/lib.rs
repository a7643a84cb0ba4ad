//! Remembers: what outlives the process, declared once and served by every engine.
//!
//! A stored thing implements [`Record`]. A concern (a file here) is a record and typed functions over [`Store`]; an engine
//! (a crate below this one) implements [`Engine`] and knows no concern.

pub mod account_keys;
pub mod accounts;
pub mod audit;
pub mod client_assertions;
pub mod clients;
pub mod codes;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod consents;
pub mod copy;
pub mod deleted_clients;
pub mod ended_sessions;
pub mod engine;
pub mod erasure;
pub mod events;
pub mod feed;
pub mod grants;
pub mod idempotency_keys;
pub mod identifiers;
pub mod installation;
pub mod leases;
pub mod limit_counters;
pub mod lockouts;
pub mod logouts;
pub mod metrics;
pub mod opaque_tokens;
pub mod operators;
pub mod passwords;
pub mod record;
pub mod refresh_tokens;
pub mod refusals;
pub mod revocations;
pub mod revoked_tokens;
pub mod session_clients;
pub mod sessions;
pub mod settings;
pub mod sign_ins;
pub mod signing_keys;
pub mod snapshots;
pub mod store;
#[cfg(test)]
mod testing;

pub use engine::{CommitError, Engine, Expectation, Refusal, StorageError};
pub use record::{Erasure, Index, Record, Stored};
pub use store::{Batch, Page, Store};
