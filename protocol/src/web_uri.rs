//! Addresses of pages and pictures that are shown as links or images, and so must never run (ATTACKS 31).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::Url;

/// Bytes of such an address.
const BYTES_MAX: usize = 2048;

/// An absolute `https` or `http` address without a user, as a browser spells it. At most 2048 bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebUri(String);

/// A text that is not the address of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an absolute https or http address without a user, of at most 2048 bytes, is needed")]
pub struct NotAWebUri;

impl WebUri {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host that it names.
    pub fn host(&self) -> Option<String> {
        Url::parse(&self.0).ok()?.host_str().map(str::to_owned)
    }
}

impl FromStr for WebUri {
    type Err = NotAWebUri;

    fn from_str(text: &str) -> Result<Self, NotAWebUri> {
        if text.len() > BYTES_MAX {
            return Err(NotAWebUri);
        }
        let url = Url::parse(text).map_err(|_| NotAWebUri)?;
        let fits = matches!(url.scheme(), "https" | "http")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.as_str().len() <= BYTES_MAX;
        // Without a path the address stays as it was typed: relying parties compare it.
        let same = url.as_str().strip_suffix('/') == Some(text);
        if !fits {
            Err(NotAWebUri)
        } else if same {
            Ok(Self(text.to_owned()))
        } else {
            Ok(Self(url.into()))
        }
    }
}

impl TryFrom<String> for WebUri {
    type Error = NotAWebUri;

    fn try_from(text: String) -> Result<Self, NotAWebUri> {
        text.parse()
    }
}

impl From<WebUri> for String {
    fn from(uri: WebUri) -> Self {
        uri.0
    }
}

impl fmt::Display for WebUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for WebUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_run_or_mislead_is_refused() {
        let refused = [
            "javascript:alert(1)",
            "data:text/html,x",
            "//example.com/logo.png",
            "/logo.png",
            "ftp://example.com/",
            "",
            "https://user@example.com/",
            "https://:secret@example.com/",
            "https://",
            " javascript:alert(1)",
            "file:///etc/passwd",
        ];
        for text in refused {
            assert_eq!(text.parse::<WebUri>(), Err(NotAWebUri), "{text}");
        }
        assert_eq!(
            format!("https://example.com/{}", "a".repeat(BYTES_MAX)).parse::<WebUri>(),
            Err(NotAWebUri)
        );
    }

    #[test]
    fn an_address_is_kept_as_a_browser_spells_it() {
        let cases = [
            ("https://example.com", "https://example.com"),
            ("https://Example.com/a b", "https://example.com/a%20b"),
            ("http://example.com/?q=\"><script>", "http://example.com/?q=%22%3E%3Cscript%3E"),
        ];
        for (text, kept) in cases {
            assert_eq!(text.parse::<WebUri>().unwrap().as_str(), kept);
        }
    }
}
