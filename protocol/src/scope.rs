//! Scopes: what a client may do in an end-user's name (RFC 6749 §3.3, OpenID Connect Core 1.0 §5.4).

use std::{borrow::Borrow, collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Makes an authorization request one of OpenID Connect: an ID token comes back (OpenID Connect Core 1.0 §3.1.2.1).
pub const OPENID: &str = "openid";
/// The fourteen claims of a profile (§5.4).
pub const PROFILE: &str = "profile";
/// `email` and `email_verified` (§5.4).
pub const EMAIL: &str = "email";
/// `address` (§5.4).
pub const ADDRESS: &str = "address";
/// `phone_number` and `phone_number_verified` (§5.4).
pub const PHONE: &str = "phone";
/// A refresh token that outlives the session (§11).
pub const OFFLINE_ACCESS: &str = "offline_access";

/// Every scope with a meaning of its own here.
pub const STANDARD: [&str; 6] = [OPENID, PROFILE, EMAIL, ADDRESS, PHONE, OFFLINE_ACCESS];

/// Bytes of one scope.
pub const SCOPE_BYTES_MAX: usize = 128;
/// Scopes of one set.
pub const SCOPES_MAX: usize = 64;

/// One `scope-token` (RFC 6749 §3.3): printable ASCII without space, quote and backslash, at most 128 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(String);

/// Scopes without order or repetition; they are written in the order of their bytes. At most 64.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScopeSet(BTreeSet<Scope>);

/// A text that is not a scope or a list of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAScope {
    /// One of them is empty.
    #[error("a scope must not be empty")]
    Empty,
    /// One of them is longer than 128 bytes.
    #[error("a scope is at most 128 bytes long")]
    TooLong,
    /// There are more than 64.
    #[error("at most 64 scopes can be asked for at once")]
    TooMany,
    /// One of them has a character that RFC 6749 §3.3 does not allow.
    #[error("a scope has only printable ASCII characters, without quotes and backslashes")]
    Character,
}

impl Scope {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Scope {
    type Err = NotAScope;

    fn from_str(text: &str) -> Result<Self, NotAScope> {
        let allowed = |byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        match text.len() {
            0 => Err(NotAScope::Empty),
            length if length > SCOPE_BYTES_MAX => Err(NotAScope::TooLong),
            _ if !text.bytes().all(allowed) => Err(NotAScope::Character),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Scope {
    type Error = NotAScope;

    fn try_from(text: String) -> Result<Self, NotAScope> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for Scope {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl ScopeSet {
    /// Whether `scope` is among them.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// Whether all of these are among `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }

    /// Those that are in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// Those that `other` does not have.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).cloned().collect())
    }

    /// Those that are in either.
    ///
    /// Fails with [`NotAScope::TooMany`] rather than grow beyond the bound.
    pub fn union(&self, other: &Self) -> Result<Self, NotAScope> {
        let union: BTreeSet<_> = self.0.union(&other.0).cloned().collect();
        if union.len() > SCOPES_MAX { Err(NotAScope::TooMany) } else { Ok(Self(union)) }
    }

    /// Those that mean something where there is no end-user.
    #[must_use]
    pub fn without_end_user(&self) -> Self {
        self.0.iter().filter(|one| !STANDARD.contains(&one.as_str())).cloned().collect()
    }

    /// These without `scope`.
    #[must_use]
    pub fn without(&self, scope: &str) -> Self {
        Self(self.0.iter().filter(|one| one.as_str() != scope).cloned().collect())
    }
}

/// Of scopes of a set that is bounded.
impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().take(SCOPES_MAX).collect())
    }
}

/// Reads a space-separated list. More spaces than needed separate nothing.
impl FromStr for ScopeSet {
    type Err = NotAScope;

    fn from_str(text: &str) -> Result<Self, NotAScope> {
        let mut set = BTreeSet::new();
        for token in text.split(' ').filter(|token| !token.is_empty()) {
            set.insert(token.parse()?);
            if set.len() > SCOPES_MAX {
                return Err(NotAScope::TooMany);
            }
        }
        Ok(Self(set))
    }
}

impl TryFrom<String> for ScopeSet {
    type Error = NotAScope;

    fn try_from(text: String) -> Result<Self, NotAScope> {
        text.parse()
    }
}

impl From<ScopeSet> for String {
    fn from(set: ScopeSet) -> Self {
        set.to_string()
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Debug for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScopeSet({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(text: &str) -> ScopeSet {
        text.parse().unwrap()
    }

    #[test]
    fn order_and_repetition_do_not_matter() {
        assert_eq!(set("profile openid"), set("openid profile openid"));
        assert_eq!(set("  openid   profile ").to_string(), "openid profile");
        assert!(!set("OpenID").contains(OPENID), "scopes are case-sensitive");
    }

    #[test]
    fn only_the_characters_of_rfc_6749_are_allowed() {
        for byte in 0..=0x7f_u8 {
            let text = char::from(byte).to_string();
            let allowed = matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            assert_eq!(text.parse::<Scope>().is_ok(), allowed, "{byte:#x}");
        }
        assert_eq!("é".parse::<Scope>(), Err(NotAScope::Character));
        assert_eq!("openid\tprofile".parse::<ScopeSet>(), Err(NotAScope::Character));
    }

    #[test]
    fn lengths_and_counts_are_bounded() {
        assert!("a".repeat(SCOPE_BYTES_MAX).parse::<Scope>().is_ok());
        assert_eq!("a".repeat(SCOPE_BYTES_MAX + 1).parse::<Scope>(), Err(NotAScope::TooLong));
        let many = |count: usize| (0..count).map(|n| format!("s{n}")).collect::<Vec<_>>().join(" ");
        assert!(many(SCOPES_MAX).parse::<ScopeSet>().is_ok());
        assert_eq!(many(SCOPES_MAX + 1).parse::<ScopeSet>(), Err(NotAScope::TooMany));
        assert_eq!(set(&many(SCOPES_MAX)).union(&set("openid")), Err(NotAScope::TooMany));
    }

    #[test]
    fn sets_are_compared_and_joined() {
        assert!(set("openid").is_subset(&set("openid email")));
        assert_eq!(set("openid email").difference(&set("openid")), set("email"));
        assert_eq!(set("openid email").intersection(&set("email phone")), set("email"));
        assert_eq!(set("openid email").without(EMAIL), set("openid"));
        assert_eq!(serde_json::to_string(&set("b a")).unwrap(), r#""a b""#);
    }

    proptest! {
        #[test]
        fn a_set_is_read_back_from_its_text(text in "[!#-\\[\\]-~ ]{0,200}") {
            if let Ok(read) = text.parse::<ScopeSet>() {
                prop_assert_eq!(read.to_string().parse::<ScopeSet>(), Ok(read));
            }
        }
    }
}
