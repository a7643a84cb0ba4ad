//! What every token says whatever it is for: its type, its times, whom it is meant for (RFC 7519 §4.1).

use std::time::Duration;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::clock::Timestamp;

/// By how much the clocks of two nodes may differ; so long a token is believed after its `exp` and before its `iat`.
pub const LEEWAY: Duration = Duration::from_secs(10);

/// The `typ` of a token's header (RFC 7515 §4.1.9): keeps one kind of token from being taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typ {
    /// An ID token.
    Jwt,
    /// An access token (RFC 9068 §2.1).
    AccessToken,
    /// A logout token (OpenID Connect Back-Channel Logout 1.0 §2.4).
    LogoutToken,
    /// A checkpoint of the audit log. Ours: nobody outside is shown one as a token.
    AuditCheckpoint,
}

impl Typ {
    /// As it stands in the header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jwt => "JWT",
            Self::AccessToken => "at+jwt",
            Self::LogoutToken => "logout+jwt",
            Self::AuditCheckpoint => "audit-checkpoint+jwt",
        }
    }
}

/// The claims of one kind of token. They must hold `iss`, `aud`, `exp` and `iat`.
pub trait Claims: Serialize + DeserializeOwned {
    /// The kind.
    const TYP: Typ;
}

/// Whole seconds since 1970-01-01T00:00:00Z (RFC 7519 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NumericDate(u64);

impl From<Timestamp> for NumericDate {
    /// Rounds down, so that no token lives longer than it was given.
    fn from(at: Timestamp) -> Self {
        Self(at.as_seconds())
    }
}

impl From<NumericDate> for Timestamp {
    fn from(date: NumericDate) -> Self {
        Self::from_seconds(date.0)
    }
}

/// Whom a token is meant for: one text where it is one, else a list (RFC 7519 §4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Audience {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }

    /// Whether `name` is one of them.
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|one| one == name)
    }
}

impl FromIterator<String> for Audience {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        let mut names: Vec<String> = names.into_iter().collect();
        match (names.pop(), names.is_empty()) {
            (Some(one), true) => Self::One(one),
            (last, _) => {
                names.extend(last);
                Self::Many(names)
            }
        }
    }
}
