//! Where a page may lead: an address that a browser opens and never runs.

use std::fmt;

use protocol::end_session::Destination;
use url::Url;

/// The longest address a page links to, in bytes.
const LENGTH_MAX: usize = 2048;

/// An address fit for `href` and `src`: `http`, `https`, or a path of this provider.
///
/// Client metadata are only as honest as whoever registered them, so `javascript:` and its kin
/// never become a link (OpenID Connect Dynamic Client Registration 1.0 §9.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link(String);

impl Link {
    /// Reads an address; `None` when a page must not link to it.
    #[must_use]
    pub fn parse(address: &str) -> Option<Self> {
        // Browsers drop these silently, which turns "/\t/host" into another host.
        let is_odd = |character: char| {
            character.is_control() || character.is_whitespace() || character == '\\'
        };
        if address.len() > LENGTH_MAX || address.contains(is_odd) {
            return None;
        }
        if address.starts_with('/') {
            return (!address.starts_with("//")).then(|| Self(address.to_owned()));
        }
        let url = Url::parse(address).ok()?;
        let is_web = matches!(url.scheme(), "http" | "https");
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        // As it was written: an issuer must not gain a slash.
        (is_web && is_anonymous).then(|| Self(address.to_owned()))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme, host and port, as `img-src` of a Content-Security-Policy names them; `None` for a
    /// path of this provider.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        Some(Url::parse(&self.0).ok()?.origin().ascii_serialization())
    }
}

/// What a client registered for its browsers to be sent to is judged there: it may be of a scheme of an application on a
/// device, and it never runs here.
impl From<&Destination> for Link {
    fn from(destination: &Destination) -> Self {
        Self(destination.location().expose().clone())
    }
}

impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Link;

    #[test]
    fn only_the_web_and_our_own_paths_become_links() {
        for good in ["https://shop.example/terms?a=1&b=2", "http://localhost:3000", "/", "/docs"] {
            assert_eq!(Link::parse(good).as_ref().map(Link::as_str), Some(good));
        }
        let bad = [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:x",
            "file:///etc/passwd",
            "com.example.app:/callback",
            "//evil.example/",
            "/\\evil.example/",
            "/\t/evil.example/",
            "https://user:password@shop.example/",
            "shop.example",
            "",
        ];
        for bad in bad {
            assert_eq!(Link::parse(bad), None, "{bad}");
        }
        assert_eq!(Link::parse(&format!("https://a.example/{}", "a".repeat(2048))), None);
    }

    #[test]
    fn a_link_names_the_origin_that_the_policy_must_allow() {
        let origin = |address| Link::parse(address).and_then(|link| link.origin());
        assert_eq!(
            origin("https://cdn.example:8443/logo.png").as_deref(),
            Some("https://cdn.example:8443")
        );
        assert_eq!(origin("/logo.png"), None);
    }
}
