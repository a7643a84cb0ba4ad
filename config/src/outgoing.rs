//! `[outgoing]`: the requests that this process sends by itself to addresses that clients have registered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    listen::Listen,
    load::Rules,
    values::{Count, FilePath, List, Opening, SECOND, Span},
};

/// The section `[outgoing]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outgoing {
    /// Places outside of the public internet to which requests may go: hosts with their port, by plain http too, and
    /// networks, by https alone but for this machine. Reloaded on SIGHUP.
    #[schemars(extend("x-reloadable" = true))]
    pub allow: List<Opening, 0, 64>,
    /// Certification authorities in PEM that are trusted besides those of the public web. Reloaded on SIGHUP.
    #[schemars(extend("x-reloadable" = true))]
    pub ca_file: Option<FilePath>,
    /// The longest that one request may take, from the wait for its turn to the last byte of its answer.
    pub deadline: Span<{ SECOND / 10 }, { 30 * SECOND }>,
    /// Requests that are under way at once; as many more wait.
    pub requests_max: Count<1, 10_000>,
    /// Requests that are under way to one host at once.
    pub requests_per_host_max: Count<1, 10_000>,
}

impl Outgoing {
    pub(crate) fn check(&self, listen: &Listen, rules: &mut Rules) {
        rules.hold(
            self.requests_per_host_max.get() <= self.requests_max.get(),
            &["outgoing.requests_per_host_max", "outgoing.requests_max"],
            "make requests_per_host_max at most requests_max",
        );
        rules.hold(
            self.deadline.get() < listen.request_timeout.get(),
            &["outgoing.deadline", "listen.request_timeout"],
            "make deadline shorter than request_timeout, as who asks waits for what is fetched",
        );
    }
}
