//! `[issuer]`: the name under which clients know this provider.

use std::fmt;

use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::{
    load::Rules,
    values::text::{Text, written_as_text},
};

/// The section `[issuer]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// The issuer identifier (OpenID Connect Discovery 1.0 §3, RFC 8414 §2). `serve` needs it.
    pub url: Option<IssuerUrl>,
}

impl Issuer {
    pub(crate) fn check_to_serve(&self, rules: &mut Rules) {
        rules.demand(
            self.url.is_some(),
            "issuer.url",
            "the https URL under which clients reach this provider, such as \"https://id.example.org\"",
        );
    }
}

/// An issuer identifier in its one spelling: https, or http on this machine; no path, query, fragment or trailing slash.
/// Every endpoint stands at the root of its host, so a path would name what is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerUrl(Url);

const LENGTH_MAX: usize = 255;

impl IssuerUrl {
    /// The identifier as clients compare it, byte by byte.
    pub fn as_str(&self) -> &str {
        without_slash(&self.0)
    }

    /// The identifier, taken apart. Its path is `/`.
    pub const fn url(&self) -> &Url {
        &self.0
    }

    /// Whether browsers reach this provider over TLS.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

fn without_slash(url: &Url) -> &str {
    url.as_str().strip_suffix('/').unwrap_or(url.as_str())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Display for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Text for IssuerUrl {
    fn expected() -> String {
        "an https URL without user name, path, query, fragment or trailing slash, such as \"https://id.example.org\" (http \
         only for localhost, 127.0.0.1 or [::1])"
            .into()
    }

    fn read(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|_| Self::expected())?;
        let is_safe = match url.scheme() {
            "https" => url.has_host(),
            "http" => is_loopback(&url),
            _ => false,
        };
        let is_bare = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !is_safe || !is_bare || url.path() != "/" || text.len() > LENGTH_MAX {
            return Err(Self::expected());
        }
        if text != without_slash(&url) {
            let spelling = without_slash(&url).trim_end_matches('/');
            return Err(format!("its one spelling: \"{spelling}\""));
        }
        Ok(Self(url))
    }
}

written_as_text!(
    IssuerUrl,
    json_schema!({ "type": "string", "format": "uri", "pattern": "^https?://[^/?#]+$", "maxLength": LENGTH_MAX })
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_kept_as_it_was_written() {
        for text in [
            "https://id.example.org",
            "https://id.example.org:8443",
            "http://localhost:8080",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
        ] {
            assert_eq!(IssuerUrl::read(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn an_issuer_that_clients_could_not_trust_or_compare_is_refused() {
        for text in [
            "",
            "id.example.org",
            "https://",
            "http://id.example.org",
            "http://localhost.example.org",
            "ftp://localhost",
            "https://user@id.example.org",
            "https://:secret@id.example.org",
            "https://id.example.org?",
            "https://id.example.org/?tenant=1",
            "https://id.example.org#",
            "https://id.example.org//",
            "https://id.example.org/a//",
            "https://example.org/realms/main",
        ] {
            assert!(IssuerUrl::read(text).is_err(), "{text:?} was read");
        }
    }

    #[test]
    fn another_spelling_of_an_issuer_is_refused_and_told_the_one() {
        for (text, spelling) in [
            ("https://id.example.org/", "https://id.example.org"),
            ("HTTPS://ID.Example.org", "https://id.example.org"),
            ("https://id.example.org:443", "https://id.example.org"),
            (" https://id.example.org", "https://id.example.org"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            let instead = IssuerUrl::read(text).unwrap_err();
            assert!(instead.contains(&format!("\"{spelling}\"")), "{text:?}: {instead}");
        }
    }

    #[test]
    fn an_issuer_longer_than_a_column_of_names_is_refused() {
        let text = format!("https://{}example.org", "a.".repeat(LENGTH_MAX / 2));
        assert!(IssuerUrl::read(&text).is_err());
    }
}
