//! Where an answer may be sent: which URIs may be registered, and which presented one is a registered one (RFC 6749
//! §3.1.2, RFC 9700 §2.1, RFC 8252 §7; ATTACKS 21).

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Serialize};
use url::{Position, Url};

use crate::{form::encode_pairs, secret::Secret};

#[cfg(test)]
mod corpus;

/// Bytes of a redirect URI.
pub const REDIRECT_URI_BYTES_MAX: usize = 2048;

/// Schemes that a browser runs, opens from its disk or hands to a program which is nobody's redirection endpoint.
const REFUSED_SCHEMES: &[&str] = &[
    "about",
    "android-app",
    "blob",
    "chrome",
    "chrome-extension",
    "cid",
    "content",
    "data",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "jar",
    "javascript",
    "livescript",
    "mailto",
    "mhtml",
    "mid",
    "moz-extension",
    "res",
    "resource",
    "sms",
    "tel",
    "urn",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// A redirection endpoint: absolute, ASCII, without fragment or user, and in the one spelling that browsers keep.
/// `https` anywhere, `http` on the machine itself only, or a private-use scheme. At most 2048 bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri(String);

/// What may be registered beyond what is always safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RegistrationPolicy {
    /// `http://localhost`, which RFC 8252 §8.3 advises against: another program may answer to the name.
    pub http_localhost: bool,
    /// Private-use schemes without a dot, which nobody can be shown to own (RFC 8252 §7.1).
    pub schemes_without_dot: bool,
}

/// A URI to which no answer may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotARedirectUri {
    /// More than 2048 bytes.
    #[error("a redirect URI is at most 2048 bytes long")]
    TooLong,
    /// No scheme.
    #[error("a redirect URI must be absolute: it begins with a scheme")]
    NotAbsolute,
    /// It has a fragment (RFC 6749 §3.1.2).
    #[error("a redirect URI must not have a fragment")]
    Fragment,
    /// A character that RFC 3986 does not allow in a URI, or a `%` without two hexadecimal digits.
    #[error("a redirect URI has only the characters of RFC 3986, others percent-encoded")]
    Character,
    /// It names a user before the host.
    #[error("a redirect URI must not have a user or password")]
    User,
    /// A scheme that is none, or that browsers treat as something else than an address.
    #[error("a redirect URI has the scheme https, or a private-use scheme in lower case")]
    Scheme,
    /// A private-use scheme without a dot, where the policy asks for one (RFC 8252 §7.1).
    #[error("a private-use scheme must be a reversed domain name, such as com.example.app")]
    SchemeWithoutDot,
    /// `http` to another machine, or to `localhost` where the policy forbids it.
    #[error("http is only for 127.0.0.1 and [::1]: use https")]
    Http,
    /// A host or port that is none, or is spelled as no browser would.
    #[error(
        "the host and port must be spelled as a browser does: lower case, IDNA's ASCII form, plain numbers"
    )]
    Host,
    /// Nothing after the scheme, or dot segments and the like, which a browser changes before it sends.
    #[error("the path and query must be spelled as a browser does, without dot segments")]
    Path,
}

impl RedirectUri {
    /// Accepts `text` for registration.
    pub fn register(text: &str, policy: RegistrationPolicy) -> Result<Self, NotARedirectUri> {
        let uri: Self = text.parse()?;
        let (scheme, rest) = uri.split();
        match scheme {
            "https" => Ok(uri),
            "http" if is_localhost(rest) && !policy.http_localhost => Err(NotARedirectUri::Http),
            "http" => Ok(uri),
            _ if scheme.contains('.') || policy.schemes_without_dot => Ok(uri),
            _ => Err(NotARedirectUri::SchemeWithoutDot),
        }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URI to answer to when a request presents `presented` and this one is registered: the same bytes, or for
    /// `http://127.0.0.1` and `http://[::1]` another port (RFC 8252 §7.3).
    pub fn accept(&self, presented: &str) -> Option<Self> {
        if self.0 == presented {
            return Some(self.clone());
        }
        let registered = loopback_parts(&self.0)?;
        if loopback_parts(presented)? == registered { presented.parse().ok() } else { None }
    }

    /// Whether it leads to a program on the end-user's own machine, where any other can take its place: a loopback
    /// address by number or name, or a private-use scheme (RFC 8252 §7.1, §7.3, §8.6).
    pub fn is_native(&self) -> bool {
        let (scheme, rest) = self.split();
        let is_web = matches!(scheme, "https" | "http");
        !is_web || split_port(authority_of(rest)).is_none_or(|(host, _)| is_loopback(host))
    }

    /// The host that it leads to; nothing for an application on a device.
    pub fn host(&self) -> Option<String> {
        let url = (!self.is_native()).then(|| Url::parse(&self.0).ok()).flatten()?;
        url.host_str().map(str::to_owned)
    }

    /// The origin of the page that it leads to (RFC 6454 §6.2); nothing for an application on a device.
    pub fn origin(&self) -> Option<String> {
        let url = Url::parse(&self.0).ok()?;
        matches!(url.scheme(), "https" | "http").then(|| url.origin().ascii_serialization())
    }

    /// What people are told of where they go: its origin, or its scheme where it has none.
    pub fn origin_or_scheme(&self) -> String {
        let (scheme, rest) = self.split();
        let authority = authority_of(rest);
        // An address of IPv6 tells nobody anything.
        if matches!(scheme, "https" | "http") && !authority.starts_with('[') {
            format!("{scheme}://{authority}")
        } else {
            format!("{scheme}:")
        }
    }

    /// This URI with `answer` added to its query, which is kept (RFC 6749 §3.1.2, §4.1.2).
    pub fn with_query(&self, answer: &[(&str, &str)]) -> Secret<String> {
        let separator = match self.0.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some((_, query)) if query.ends_with('&') => "",
            Some(_) => "&",
        };
        Secret::new(format!("{}{separator}{}", self.0, encode_pairs(answer)))
    }

    /// This URI with `answer` as its fragment (OAuth 2.0 Multiple Response Type Encoding Practices §2.1).
    pub fn with_fragment(&self, answer: &[(&str, &str)]) -> Secret<String> {
        Secret::new(format!("{}#{}", self.0, encode_pairs(answer)))
    }

    fn split(&self) -> (&str, &str) {
        self.0.split_once(':').unwrap_or((&self.0, ""))
    }
}

impl FromStr for RedirectUri {
    type Err = NotARedirectUri;

    fn from_str(text: &str) -> Result<Self, NotARedirectUri> {
        judge(text)?;
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for RedirectUri {
    type Error = NotARedirectUri;

    fn try_from(text: String) -> Result<Self, NotARedirectUri> {
        judge(&text)?;
        Ok(Self(text))
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.0
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn judge(text: &str) -> Result<(), NotARedirectUri> {
    if text.len() > REDIRECT_URI_BYTES_MAX {
        return Err(NotARedirectUri::TooLong);
    }
    if text.contains('#') {
        return Err(NotARedirectUri::Fragment);
    }
    if !has_only_uri_characters(text) {
        return Err(NotARedirectUri::Character);
    }
    let (scheme, rest) = text.split_once(':').ok_or(NotARedirectUri::NotAbsolute)?;
    if authority_of(rest).contains('@') {
        return Err(NotARedirectUri::User);
    }
    match scheme {
        "https" | "http" => judge_web(text, scheme, rest),
        _ => judge_private_use(text, scheme, rest),
    }
}

fn judge_web(text: &str, scheme: &str, rest: &str) -> Result<(), NotARedirectUri> {
    let authority = authority_of(rest);
    let (host, port) = split_port(authority).ok_or(NotARedirectUri::Host)?;
    let plain = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    // The characters are ours to check: browsers let `;` and `*` pass in a host, and CSP reads them otherwise.
    if !host.starts_with('[') && !host.bytes().all(plain) || port.is_some_and(|port| !is_port(port))
    {
        return Err(NotARedirectUri::Host);
    }
    let url = Url::parse(text).map_err(|_| NotARedirectUri::Host)?;
    if url.host_str() != Some(host) {
        return Err(NotARedirectUri::Host);
    }
    if scheme == "http" && !matches!(host, "127.0.0.1" | "[::1]" | "localhost") {
        return Err(NotARedirectUri::Http);
    }
    let tail =
        rest.strip_prefix("//").and_then(|rest| rest.strip_prefix(authority)).unwrap_or_default();
    let as_sent = &url[Position::BeforePath..];
    if tail == as_sent || format!("/{tail}") == as_sent {
        Ok(())
    } else {
        Err(NotARedirectUri::Path)
    }
}

fn judge_private_use(text: &str, scheme: &str, rest: &str) -> Result<(), NotARedirectUri> {
    let first = scheme.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    let others =
        scheme.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.'));
    if !first || !others || REFUSED_SCHEMES.contains(&scheme) {
        return Err(NotARedirectUri::Scheme);
    }
    let as_sent = Url::parse(text).map_err(|_| NotARedirectUri::Host)?;
    if rest.is_empty() || as_sent.as_str() != text { Err(NotARedirectUri::Path) } else { Ok(()) }
}

/// RFC 3986 §2, without the `#` that begins a fragment.
fn has_only_uri_characters(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let allowed = match byte {
            b'%' => [bytes.next(), bytes.next()]
                .iter()
                .all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit())),
            _ => byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=".contains(&byte),
        };
        if !allowed {
            return false;
        }
    }
    true
}

/// What stands between `//` and the path, after the scheme; empty where there is no `//`.
fn authority_of(rest: &str) -> &str {
    rest.strip_prefix("//").and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default()
}

fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let host_end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, rest) = authority.split_at_checked(host_end)?;
    match rest {
        "" => Some((host, None)),
        _ => Some((host, Some(rest.strip_prefix(':')?))),
    }
}

/// 1 to 65535, in the one way to write it.
fn is_port(digits: &str) -> bool {
    digits.parse::<u16>().is_ok_and(|port| port != 0 && port.to_string() == digits)
}

fn is_localhost(rest: &str) -> bool {
    split_port(authority_of(rest)).is_some_and(|(host, _)| host == "localhost")
}

/// Addresses that reach this machine, and names that browsers take for one (RFC 6761 §6.3).
fn is_loopback(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => {
            let name = host.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

/// The host and what follows the port, of `http` to a loopback address.
fn loopback_parts(text: &str) -> Option<(&'static str, &str)> {
    let host =
        ["http://127.0.0.1", "http://[::1]"].into_iter().find(|host| text.starts_with(host))?;
    let rest = text.strip_prefix(host)?;
    let Some(from_port) = rest.strip_prefix(':') else { return Some((host, rest)) };
    let end = from_port.find(['/', '?']).unwrap_or(from_port.len());
    let (port, tail) = from_port.split_at_checked(end)?;
    is_port(port).then_some((host, tail))
}
