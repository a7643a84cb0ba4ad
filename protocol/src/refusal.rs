//! Errors that help: what is kept of a refusal for operators, and never told to whoever was refused (MISSION A2, A5).
//!
//! A refusal has a [`Reason`] with a stable name. What is kept beside it is an [`Explanation`]: what was received, what was
//! expected, and the registered value that comes nearest. Nothing that may be a secret is in it, whatever field it was sent
//! in ([`Received`], `shown`).

mod compared;
mod explain;
mod of_errors;
mod peeked;
mod reasons;
mod received;
mod shown;
#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{clock::Timestamp, oauth_error::ErrorCode};

pub use compared::{Comparison, Segment};
pub use explain::{Found, Known, explain};
pub use peeked::Peeked;
pub use reasons::{Reason, page};
pub use received::{Received, ReceivedParameter};

/// Where a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusedAt {
    /// `/oauth2/authorize`.
    Authorize,
    /// The pages of a sign-in.
    SignIn,
    /// `/oauth2/logout` and its page.
    Logout,
    /// `/oauth2/token`.
    Token,
    /// `/oauth2/introspect`.
    Introspect,
    /// `/oauth2/revoke`.
    Revoke,
    /// `/oauth2/userinfo`.
    Userinfo,
    /// `/admin/v1`.
    Admin,
}

impl RefusedAt {
    /// Its name, in records and in the table of reasons.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::SignIn => "sign_in",
            Self::Logout => "logout",
            Self::Token => "token",
            Self::Introspect => "introspect",
            Self::Revoke => "revoke",
            Self::Userinfo => "userinfo",
            Self::Admin => "admin",
        }
    }
}

/// A typed error that says of itself why it refuses. A new variant needs its line in `reason`, and its row in the table.
pub trait Explained {
    /// Why.
    fn reason(&self) -> Reason;

    /// What the client is told.
    fn error(&self) -> ErrorCode;

    /// What the error itself knows beyond its reason.
    fn facts(&self) -> Vec<Fact> {
        Vec::new()
    }
}

/// Names a refusal: the request's own id, on the page or in the answer, in the log and in the audit log.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RefusalId(u128);

/// A text that is no id of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the id of a refusal is 32 hexadecimal digits in lower case")]
pub struct NotARefusalId;

impl FromStr for RefusalId {
    type Err = NotARefusalId;

    fn from_str(text: &str) -> Result<Self, NotARefusalId> {
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() != 32 || !digits {
            return Err(NotARefusalId);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| NotARefusalId)
    }
}

impl fmt::Display for RefusalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for RefusalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for RefusalId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RefusalId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What an operator is shown of a refusal. Bounded: some 20 KiB at most.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// What was received, by the names of the parameters that are known here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub received: Vec<ReceivedParameter>,
    /// What was compared and differs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compared: Vec<Comparison>,
    /// What else is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
}

/// Something that is known of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// Its value.
    pub value: FactValue,
}

/// The value of a [`Fact`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactValue {
    /// A name or an id.
    Text(String),
    /// An instant.
    At(Timestamp),
    /// A length or a count.
    Number(u64),
    /// Whether it is so.
    Is(bool),
}

impl Fact {
    /// A name or an id; cut to 256 bytes.
    pub fn text(name: &str, value: impl fmt::Display) -> Self {
        let mut value = value.to_string();
        value.truncate(value.floor_char_boundary(256));
        Self { name: name.to_owned(), value: FactValue::Text(value) }
    }

    /// An instant.
    pub fn at(name: &str, at: Timestamp) -> Self {
        Self { name: name.to_owned(), value: FactValue::At(at) }
    }

    /// A length or a count.
    pub fn number(name: &str, number: usize) -> Self {
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        Self { name: name.to_owned(), value: FactValue::Number(number) }
    }

    /// Whether it is so.
    pub fn is(name: &str, is: bool) -> Self {
        Self { name: name.to_owned(), value: FactValue::Is(is) }
    }
}
