//! Starts: the only crate that knows every other, as a library, so that tests can put a provider together without a
//! process.

pub mod commands;
pub mod control;
pub mod dev;
pub mod start;
pub mod telemetry;
