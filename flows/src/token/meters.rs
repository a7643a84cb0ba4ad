//! What the token endpoint gave, in numbers.
//!
//! Not every grant is an event: one that writes nothing leaves none. So what was given is counted here, in the one place
//! that all grants end at, after what had to be committed was.

use actors::metrics::{Kind, Metric};
use metrics::counter;

const ISSUED: &str = "doorward_tokens_issued_total";

/// What is measured here.
pub const METRICS: &[Metric] = &[Metric {
    name: ISSUED,
    kind: Kind::Counter,
    labels: &["grant_type"],
    description: "Answers of the token endpoint that gave tokens, by grant type",
}];

/// Counts an answer that gave tokens.
pub(super) fn issued(grant_type: &'static str) {
    counter!(ISSUED, "grant_type" => grant_type).increment(1);
}
