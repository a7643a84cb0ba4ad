//! Promises of the provider to whoever stands outside: relying parties, browsers, attackers, and operators on a bad day.
//!
//! One target for all of them, because each links the whole provider. `cargo test --test provider attacks` runs the pack
//! of docs/attacks.md alone.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod admin;
mod attacks;
mod faults;
mod journeys;
mod limits;
mod token;
mod world;
