//! What every page promises, whoever fills it in.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first fault"
)]

mod escaping;
mod markup;
mod samples;
mod structure;
mod words;
