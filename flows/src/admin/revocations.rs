//! What operators take back: one thing, a list of things, or all that a client or an account was given.
//!
//! All of a client or of an account is one write: whatever was given before is judged by it at each use, so that no number
//! of grants, no race and no crash leaves one behind. What is taken back twice was taken back the first time: the first
//! reason and the first instant stay.

mod everything;
mod items;
mod pages;
mod taken_back;

pub(super) use everything::Owner;
pub use everything::{Everything, NotEverything, Progress};
pub use items::{REVOKED_MAX, Revocable, Revoked};
pub use taken_back::{OfWhom, RevokedGrant, Statistics, WINDOW_MAX, WindowRefused};

/// How often a revocation may lose a race against another write of the same record.
const ATTEMPTS_MAX: usize = 32;
