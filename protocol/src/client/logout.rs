//! How a client is told that a session is over (OpenID Connect Back-Channel Logout 1.0 §2.2, Front-Channel Logout 1.0 §2).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::NotAClient;
use crate::redirect_uri::{NotARedirectUri, RedirectUri, RegistrationPolicy};

/// The ways in which a client wants to be told. Most clients have none, and nothing is kept for them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutChannels {
    /// We post a logout token there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel: Option<LogoutChannel>,
    /// The end-user's browser loads it in a frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frontchannel: Option<LogoutChannel>,
}

/// One of the ways.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutChannel {
    /// Where.
    pub uri: LogoutUri,
    /// Whether the client must be told which session it is (`sid`).
    #[serde(default)]
    pub session_required: bool,
}

/// An address at which a client is told: `https`, or `http` on the machine itself; without fragment or user, in the one
/// spelling that browsers keep. At most 2048 bytes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogoutUri(RedirectUri);

/// A text at which no client can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotALogoutUri {
    /// It is no address that a browser or we could go to.
    #[error("{0}")]
    Malformed(#[from] NotARedirectUri),
    /// It leads to an application on a device.
    #[error("a logout URI has the scheme https")]
    Scheme,
    /// `http`, where the policy forbids it.
    #[error("a logout URI has the scheme https; http is only for applications under development")]
    Http,
}

impl LogoutChannels {
    /// Whether the client is never told.
    pub fn is_none(&self) -> bool {
        self.backchannel.is_none() && self.frontchannel.is_none()
    }

    /// Refuses a page in a frame that is not of the client's own origin (Front-Channel Logout 1.0 §2): our page after a
    /// logout would load it.
    pub(super) fn judge(&self, redirect_uris: &[RedirectUri]) -> Result<(), NotAClient> {
        let Some(channel) = &self.frontchannel else { return Ok(()) };
        let origin = channel.uri.0.origin();
        let is_own = redirect_uris.iter().any(|uri| uri.origin() == origin);
        if is_own { Ok(()) } else { Err(NotAClient::ForeignLogoutUri) }
    }
}

impl LogoutUri {
    /// Accepts `text` for registration.
    pub fn register(text: &str, policy: RegistrationPolicy) -> Result<Self, NotALogoutUri> {
        let uri: Self = text.parse()?;
        if uri.as_str().starts_with("https:") || policy.http_localhost {
            Ok(uri)
        } else {
            Err(NotALogoutUri::Http)
        }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Where a frame may load from, as a Content-Security-Policy names it.
    pub fn source(&self) -> String {
        self.0.origin_or_scheme()
    }

    /// This address with `told` added to its query, which is kept.
    pub fn with_query(&self, told: &[(&str, &str)]) -> String {
        self.0.with_query(told).expose().clone()
    }
}

impl FromStr for LogoutUri {
    type Err = NotALogoutUri;

    fn from_str(text: &str) -> Result<Self, NotALogoutUri> {
        let uri: RedirectUri = text.parse()?;
        if uri.origin().is_some() { Ok(Self(uri)) } else { Err(NotALogoutUri::Scheme) }
    }
}

impl TryFrom<String> for LogoutUri {
    type Error = NotALogoutUri;

    fn try_from(text: String) -> Result<Self, NotALogoutUri> {
        text.parse()
    }
}

impl From<LogoutUri> for String {
    fn from(uri: LogoutUri) -> Self {
        uri.0.into()
    }
}

impl fmt::Display for LogoutUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for LogoutUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Client, tests::client};

    const SERVE: RegistrationPolicy =
        RegistrationPolicy { http_localhost: false, schemes_without_dot: false };
    const DEV: RegistrationPolicy =
        RegistrationPolicy { http_localhost: true, schemes_without_dot: true };

    #[test]
    fn a_client_is_told_over_https_and_on_a_developers_machine_over_http() {
        let of = |text, policy| LogoutUri::register(text, policy).map(|uri| uri.to_string());
        let https = "https://client.example:8443/logout?a=b";
        assert_eq!(of(https, SERVE), Ok(https.to_owned()));
        for http in ["http://localhost:3000/logout", "http://127.0.0.1/logout"] {
            assert_eq!(of(http, SERVE), Err(NotALogoutUri::Http));
            assert_eq!(of(http, DEV), Ok(http.to_owned()));
        }
    }

    #[test]
    fn nobody_is_told_where_no_browser_would_go() {
        let refused = [
            "http://client.example/logout",
            "com.example.app:/logout",
            "https://client.example/logout#now",
            "https://user@client.example/logout",
            "https://client.example/a/../logout",
            "javascript:alert(1)",
            "/logout",
            "",
        ];
        for text in refused {
            assert!(LogoutUri::register(text, DEV).is_err(), "{text}");
        }
    }

    #[test]
    fn a_page_in_a_frame_is_of_the_origin_of_a_redirect_uri() {
        let with = |uri: &str| {
            let channel = LogoutChannel { uri: uri.parse().unwrap(), session_required: true };
            let logout = LogoutChannels { frontchannel: Some(channel), backchannel: None };
            Client { logout, ..client() }.judge()
        };
        assert_eq!(with("https://client.example/elsewhere?a=b"), Ok(()));
        for uri in ["https://other.example/cb", "https://client.example:8443/cb"] {
            assert_eq!(with(uri), Err(NotAClient::ForeignLogoutUri), "{uri}");
        }
    }

    #[test]
    fn what_is_told_is_added_to_the_query_that_is_there() {
        let uri: LogoutUri = "https://client.example/logout?a=b".parse().unwrap();
        let told = uri.with_query(&[("iss", "https://id.example"), ("sid", "ses_1")]);
        assert_eq!(
            told,
            "https://client.example/logout?a=b&iss=https%3A%2F%2Fid.example&sid=ses_1"
        );
        assert_eq!(uri.source(), "https://client.example");
    }
}
