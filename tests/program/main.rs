//! Promises of the program: its commands, its control socket, its signals, and what it says when something is wrong.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod audit;
mod bootstrap;
#[path = "../walk/collector.rs"]
mod collector;
mod configuration;
mod demo;
mod dev;
mod doctor;
mod keys;
#[path = "../walk/login.rs"]
mod login;
mod metrics;
mod place;
mod process;
mod serve;
mod storage_copy;
#[path = "../walk/story.rs"]
mod story;
mod traces;
mod visitor;
