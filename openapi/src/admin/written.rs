//! Values that JSON has as strings: words of the RFCs, addresses, ids and instants, each read by its own rule.

use std::{borrow::Cow, fmt};

use flows::admin::accounts::AccountState;
use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type},
};
use protocol::{
    AccountId, ClientId, Timestamp,
    client::{
        AccessTokenFormat, AssertionAudience, AssertionSigningAlgorithm, ConsentPolicy, GrantType,
        IdTokenSigningAlgorithm, Registered, ResponseType, SigningAlgorithm, SubjectType,
        TokenEndpointAuthMethod, ToldIn,
    },
    jose::{Algorithm, ClientAlgorithm, ContentEncryption, EncryptionAlgorithm, IdTokenAlgorithm},
    permission::Permission,
    resource::Resource,
    revocation::RevocationReason,
    scope::ScopeSet,
    web_uri::WebUri,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A value that JSON has as a string.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Written<T>(pub(crate) T);

/// How a value is written as a string, and read.
pub(crate) trait Writing: Sized + Send + Sync {
    /// Its `format` in the document, if it has one.
    const FORMAT: Option<&'static str> = None;

    /// Every text that there is, where they can be listed.
    fn texts() -> Vec<Value> {
        Vec::new()
    }

    /// Its text; nothing where it has none.
    fn write(&self) -> Option<String>;

    /// The value that a text stands for, or what is expected instead.
    fn read(text: &str) -> Result<Self, String>;
}

impl<T> From<T> for Written<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Writing> Type for Written<T> {
    const IS_REQUIRED: bool = true;

    type RawValueType = T;
    type RawElementValueType = T;

    fn name() -> Cow<'static, str> {
        T::FORMAT.map_or("string".into(), |format| format!("string_{format}").into())
    }

    fn schema_ref() -> MetaSchemaRef {
        let schema = MetaSchema { format: T::FORMAT, ..MetaSchema::new("string") };
        MetaSchemaRef::Inline(Box::new(MetaSchema { enum_items: T::texts(), ..schema }))
    }

    fn as_raw_value(&self) -> Option<&T> {
        Some(&self.0)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a T> + 'a> {
        Box::new(std::iter::once(&self.0))
    }
}

impl<T: Writing> ParseFromJSON for Written<T> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value.unwrap_or_default() {
            Value::String(text) => T::read(&text).map(Self).map_err(ParseError::custom),
            value => Err(ParseError::expected_type(value)),
        }
    }
}

impl<T: Writing> ParseFromParameter for Written<T> {
    fn parse_from_parameter(text: &str) -> ParseResult<Self> {
        T::read(text).map(Self).map_err(ParseError::custom)
    }
}

impl<T: Writing> ToJSON for Written<T> {
    fn to_json(&self) -> Option<Value> {
        self.0.write().map(Value::String)
    }
}

/// A word that serde writes and reads; only those of `known` are taken from outside.
fn word<T: Serialize + DeserializeOwned>(known: &[T], text: &str) -> Result<T, String> {
    let known = words(known);
    let read = serde_json::from_value(Value::from(text));
    let read = read.ok().filter(|_| known.iter().any(|one| one == text));
    let or = || known.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    read.ok_or_else(|| format!("expected one of: {}", or()))
}

fn words<T: Serialize>(known: &[T]) -> Vec<Value> {
    known.iter().filter_map(|one| serde_json::to_value(one).ok()).collect()
}

macro_rules! words {
    ($($ty:ty = $known:expr;)*) => {$(
        impl Writing for $ty {
            fn texts() -> Vec<Value> {
                words(&$known)
            }

            fn write(&self) -> Option<String> {
                serde_json::to_value(self).ok()?.as_str().map(str::to_owned)
            }

            fn read(text: &str) -> Result<Self, String> {
                word(&$known, text)
            }
        }
    )*};
}

words! {
    RevocationReason = [
        Self::Compromised,
        Self::NoLongerNeeded,
        Self::Policy,
        Self::Requested,
        Self::Unspecified,
    ];
    AccountState = [Self::Active, Self::Disabled];
    TokenEndpointAuthMethod = [
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::ClientSecretJwt,
        Self::PrivateKeyJwt,
        Self::None,
    ];
    GrantType = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::Implicit,
    ];
    IdTokenSigningAlgorithm = IdTokenAlgorithm::all().map(Self::Known).collect::<Vec<_>>();
    SigningAlgorithm = Algorithm::ALL.iter().copied().map(Self::Known).collect::<Vec<_>>();
    Registered<EncryptionAlgorithm> =
        EncryptionAlgorithm::ALL.iter().copied().map(Self::Known).collect::<Vec<_>>();
    Registered<ContentEncryption> =
        ContentEncryption::ALL.iter().copied().map(Self::Known).collect::<Vec<_>>();
    AssertionSigningAlgorithm =
        ClientAlgorithm::ALL.iter().copied().map(Self::Known).collect::<Vec<_>>();
    SubjectType = [Self::Public, Self::Pairwise];
    ConsentPolicy = [Self::Required, Self::Skip];
    AssertionAudience = [Self::IssuerOrEndpoint, Self::Issuer];
    AccessTokenFormat = [Self::Jwt, Self::Opaque];
    ToldIn = [Self::AccessToken, Self::IdToken, Self::Userinfo];
    Permission = Permission::ALL;
}

/// Its words may come in any order.
impl Writing for ResponseType {
    fn texts() -> Vec<Value> {
        words(&Self::ALL)
    }

    fn write(&self) -> Option<String> {
        Some(self.as_str().to_owned())
    }

    fn read(text: &str) -> Result<Self, String> {
        let or = || Self::ALL.map(String::from).join(", ");
        Self::parse(text).ok_or_else(|| format!("expected one of: {}", or()))
    }
}

macro_rules! texts {
    ($($ty:ty, $format:expr;)*) => {$(
        impl Writing for $ty {
            const FORMAT: Option<&'static str> = $format;

            fn write(&self) -> Option<String> {
                Some(self.to_string())
            }

            fn read(text: &str) -> Result<Self, String> {
                text.parse().map_err(described)
            }
        }
    )*};
}

texts! {
    AccountId, None;
    ClientId, None;
    ScopeSet, None;
    Resource, Some("uri");
    WebUri, Some("uri");
}

fn described(error: impl fmt::Display) -> String {
    error.to_string()
}

/// RFC 3339, in UTC, to the millisecond; read with any offset.
impl Writing for Timestamp {
    const FORMAT: Option<&'static str> = Some("date-time");

    fn write(&self) -> Option<String> {
        let nanoseconds = i128::from(self.as_millis()) * 1_000_000;
        let instant = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
        instant.format(&Rfc3339).ok()
    }

    fn read(text: &str) -> Result<Self, String> {
        let expected =
            || "expected an instant of RFC 3339, such as 2026-01-31T09:30:00Z".to_owned();
        let instant = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| expected())?;
        let milliseconds = instant.unix_timestamp_nanos() / 1_000_000;
        u64::try_from(milliseconds).map(Self::from_millis).map_err(|_| expected())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_in_utc_and_read_with_any_offset() {
        let at = Timestamp::from_millis(1_789_000_000_250);
        assert_eq!(at.write().as_deref(), Some("2026-09-10T00:26:40.25Z"));
        for text in ["2026-09-10T00:26:40.25Z", "2026-09-10T02:26:40.250+02:00"] {
            assert_eq!(Timestamp::read(text), Ok(at), "{text}");
        }
        for text in ["", "2026-09-10", "1969-12-31T23:59:59Z", "2026-13-10T00:00:00Z", "now"] {
            assert!(Timestamp::read(text).is_err(), "{text}");
        }
        assert_eq!(Timestamp::from_millis(u64::MAX).write(), None);
    }

    #[test]
    fn only_known_words_are_read_and_every_one_is_written_back() {
        for word in GrantType::texts() {
            let word = word.as_str().unwrap();
            assert_eq!(GrantType::read(word).unwrap().write().as_deref(), Some(word));
        }
        let why = GrantType::read("password").unwrap_err();
        assert!(why.contains("authorization_code"), "{why}");
        let later = GrantType::Unknown("later".into());
        assert_eq!(later.write().as_deref(), Some("later"));
    }
}
