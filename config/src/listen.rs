//! `[listen]`: where people and clients are heard, and how much of them at once.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    issuer::Issuer,
    load::Rules,
    values::{Count, FilePath, KIB, List, MIB, MINUTE, Network, SECOND, Size, Span},
};

/// The section `[listen]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Addresses and ports to listen on.
    pub address: List<SocketAddr, 1, 16>,
    /// PEM file of the certificate chain; together with `tls_key_file`. Reloaded on SIGHUP.
    #[schemars(extend("x-reloadable" = true))]
    pub tls_certificate_file: Option<FilePath>,
    /// PEM file of the certificate's private key; together with `tls_certificate_file`. Reloaded on SIGHUP.
    #[schemars(extend("x-reloadable" = true))]
    pub tls_key_file: Option<FilePath>,
    /// Connections at once. Reloaded on SIGHUP.
    #[schemars(extend("x-reloadable" = true))]
    pub connections_max: Count<1, 1_000_000>,
    /// Connections at once from one address. Reloaded on SIGHUP.
    #[schemars(extend("x-reloadable" = true))]
    pub connections_per_address_max: Count<1, 1_000_000>,
    /// Until all headers of a request have arrived.
    pub header_timeout: Span<{ SECOND / 10 }, { 5 * MINUTE }>,
    /// From the first byte of a request to the last of its answer.
    pub request_timeout: Span<{ SECOND / 10 }, { 10 * MINUTE }>,
    /// Requests that are answered at once; as many more wait.
    pub requests_in_flight_max: Count<1, 1_000_000>,
    /// How long a request waits at most for its turn when as many are answered at once as may be.
    pub request_wait_max: Span<0, { 10 * SECOND }>,
    /// Bytes in the body of a request.
    pub body_size_max: Size<{ KIB }, { 16 * MIB }>,
    /// How long a stopping process waits for requests under way.
    pub drain: Span<0, { 10 * MINUTE }>,
    /// Proxies whose `Forwarded` and `X-Forwarded-*` headers are believed. Reloaded on SIGHUP.
    #[schemars(extend("x-reloadable" = true))]
    pub forwarded_from: List<Network, 0, 64>,
    /// Serve without TLS although neither a certificate nor a proxy protects what people type.
    pub danger_plain_http: bool,
}

impl Listen {
    /// The certificate chain and its key, when TLS ends here.
    pub fn tls(&self) -> Option<(&FilePath, &FilePath)> {
        self.tls_certificate_file.as_ref().zip(self.tls_key_file.as_ref())
    }

    pub(crate) fn check(&self, issuer: &Issuer, rules: &mut Rules) {
        rules.hold(
            self.tls_certificate_file.is_some() == self.tls_key_file.is_some(),
            &["listen.tls_certificate_file", "listen.tls_key_file"],
            "give both files, or neither",
        );
        rules.hold(
            self.connections_per_address_max.get() <= self.connections_max.get(),
            &["listen.connections_per_address_max", "listen.connections_max"],
            "make connections_per_address_max at most connections_max",
        );
        rules.hold(
            self.header_timeout.get() <= self.request_timeout.get(),
            &["listen.header_timeout", "listen.request_timeout"],
            "make header_timeout at most request_timeout",
        );
        self.check_transport(issuer, rules);
    }

    /// What people type must not cross a network in clear text, and the issuer must say what really listens.
    fn check_transport(&self, issuer: &Issuer, rules: &mut Rules) {
        let has_certificate = self.tls_certificate_file.is_some() || self.tls_key_file.is_some();
        let is_protected =
            has_certificate || !self.forwarded_from.is_empty() || self.danger_plain_http;
        let Some(url) = &issuer.url else {
            rules.hold(
                is_protected || self.is_loopback(),
                &["listen.address", "listen.tls_certificate_file", "listen.forwarded_from"],
                PLAIN_HTTP,
            );
            return;
        };
        rules.hold(
            is_protected || (!url.is_https() && self.is_loopback()),
            &[
                "issuer.url",
                "listen.address",
                "listen.tls_certificate_file",
                "listen.forwarded_from",
            ],
            PLAIN_HTTP,
        );
        rules.hold(
            url.is_https() || !has_certificate,
            &["issuer.url", "listen.tls_certificate_file", "listen.tls_key_file"],
            "make the issuer https, or take the TLS files away",
        );
    }

    fn is_loopback(&self) -> bool {
        self.address.iter().all(|address| address.ip().is_loopback())
    }
}

const PLAIN_HTTP: &str = "set listen.tls_certificate_file and listen.tls_key_file, or name the proxy that ends TLS in \
                          listen.forwarded_from; listen.danger_plain_http = true serves passwords in clear text";
