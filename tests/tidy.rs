//! Promises about the tree itself: who may import whom, what a file may hold, which attacks are tested.
//!
//! Each test names every offence at once, with its place and its remedy.

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot read the tree cannot go on"
)]

#[path = "tidy/attacks.rs"]
mod attacks;
#[path = "tidy/dependencies.rs"]
mod dependencies;
#[path = "tidy/layers.rs"]
mod layers;
#[path = "tidy/machine.rs"]
mod machine;
#[path = "tidy/names.rs"]
mod names;
#[path = "tidy/rust.rs"]
mod rust;
#[path = "tidy/sources.rs"]
mod sources;
#[path = "tidy/tree.rs"]
mod tree;
