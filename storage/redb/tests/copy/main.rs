//! Copying a store: what arrives, what is refused, and that a copy which was cut anywhere is finished by another run.
//!
//! From redb to redb, in memory: the copy goes through the engine's contract, which the conformance suite holds engines to.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_lines,
    reason = "a test that cannot go on has failed; one record of each kind is a long list"
)]

mod arrives;
mod cut;
#[path = "../ground/mod.rs"]
mod ground;
mod place;
mod refused;
