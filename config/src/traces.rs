//! `[traces]`: where the steps of requests are told, and of how many requests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    load::Rules,
    surreal::is_loopback,
    values::{Count, FilePath, SECOND, Span},
};

/// The section `[traces]`; without an endpoint nothing is told and nothing is made.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// Where a collector takes OTLP over HTTP; `/v1/traces` is added to it.
    pub otlp_endpoint: Option<String>,
    /// Of how many requests one is traced; one that a configured proxy traces already is as the proxy says.
    pub sample_one_in: Count<1, 1_000_000>,
    /// A file of headers that the collector asks for, each on a line of its own as `name: value`.
    pub headers_file: Option<FilePath>,
    /// Certification authorities in PEM that are trusted for the collector, instead of those of the public web.
    pub ca_file: Option<FilePath>,
    /// Steps that may wait to be sent; what comes on top is dropped.
    pub queue_max: Count<512, 65_536>,
    /// The longest that sending may take, at the end too.
    pub timeout: Span<{ SECOND }, { 10 * SECOND }>,
}

impl Traces {
    pub(crate) fn check(&self, rules: &mut Rules) {
        let Some(endpoint) = &self.otlp_endpoint else {
            rules.hold(
                self.headers_file.is_none() && self.ca_file.is_none(),
                &["traces.headers_file", "traces.ca_file", "traces.otlp_endpoint"],
                "give otlp_endpoint, or neither file, so that it is clear whether traces are wanted",
            );
            return;
        };
        let parsed = Url::parse(endpoint).ok();
        let parsed = parsed.filter(|url| matches!(url.scheme(), "http" | "https"));
        let is_address = parsed.as_ref().is_some_and(|url| {
            url.has_host()
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        });
        rules.hold(
            is_address,
            &["traces.otlp_endpoint"],
            "give http:// or https://, a host, a port and perhaps a path; secrets belong into headers_file",
        );
        let is_plain = parsed.is_some_and(|url| url.scheme() == "http" && !is_loopback(&url));
        rules.hold(
            !is_plain || self.headers_file.is_none(),
            &["traces.otlp_endpoint", "traces.headers_file"],
            "use https://: the headers are a secret, and plain http shows them to the network",
        );
    }
}
