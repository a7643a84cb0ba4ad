//! What an operator may do: one permission for each kind of act, written `resource:action`.
//!
//! A permission is also a scope: an access token carries those that its client was given (RFC 6749 §3.3).

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::scope::ScopeSet;

macro_rules! permissions {
    ($(#[doc = $doc:literal] $name:ident = $text:literal;)*) => {
        /// One permission.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        pub enum Permission {$(#[doc = $doc] $name,)*}

        impl Permission {
            /// Every permission, in the order of the resources.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its text, which is also the scope.
            pub const fn as_str(self) -> &'static str {
                match self {$(Self::$name => $text,)*}
            }

            /// What it allows, for people.
            pub const fn explanation(self) -> &'static str {
                match self {$(Self::$name => $doc.trim_ascii(),)*}
            }
        }
    };
}

permissions! {
    /// Look at clients.
    ClientsRead = "clients:read";
    /// Register, change and delete clients, and make secrets for them.
    ClientsWrite = "clients:write";
    /// Look at accounts and their identifiers.
    AccountsRead = "accounts:read";
    /// Create, change, disable and erase accounts.
    AccountsWrite = "accounts:write";
    /// Look at browser sessions.
    SessionsRead = "sessions:read";
    /// End sessions.
    SessionsWrite = "sessions:write";
    /// Look at what is locked.
    LockoutsRead = "lockouts:read";
    /// Release locks.
    LockoutsWrite = "lockouts:write";
    /// Look at signing keys; their private parts are never shown.
    KeysRead = "keys:read";
    /// Rotate signing keys.
    KeysWrite = "keys:write";
    /// Look at settings and their history.
    SettingsRead = "settings:read";
    /// Change settings.
    SettingsWrite = "settings:write";
    /// Read the audit log, and look refusals up by their id.
    AuditRead = "audit:read";
    /// Look at what was revoked.
    RevocationsRead = "revocations:read";
    /// Revoke tokens, one by one and in bulk.
    RevocationsWrite = "revocations:write";
    /// Look at operators.
    OperatorsRead = "operators:read";
    /// Make operators, change what they may do, and remove them.
    OperatorsWrite = "operators:write";
}

/// A text that is no permission of this release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a permission")]
pub struct NotAPermission;

impl FromStr for Permission {
    type Err = NotAPermission;

    fn from_str(text: &str) -> Result<Self, NotAPermission> {
        Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or(NotAPermission)
    }
}

impl TryFrom<String> for Permission {
    type Error = NotAPermission;

    fn try_from(text: String) -> Result<Self, NotAPermission> {
        text.parse()
    }
}

impl From<Permission> for &'static str {
    fn from(permission: Permission) -> Self {
        permission.as_str()
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A permission that somebody does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// This one.
    Known(Permission),
    /// One that this release does not know.
    OfLaterRelease,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(permission) => write!(f, "the permission {permission}"),
            Self::OfLaterRelease => f.write_str("a permission that only a later release knows"),
        }
    }
}

/// What somebody may do. Stored as a list of texts; those of a later release allow nothing here and are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permissions(BTreeSet<String>);

impl Permissions {
    /// Everything that this release knows.
    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    /// Those among scopes.
    pub fn of_scopes(scopes: &ScopeSet) -> Self {
        scopes.iter().filter_map(|scope| scope.as_str().parse::<Permission>().ok()).collect()
    }

    /// Whether `permission` is among them.
    pub fn allow(&self, permission: Permission) -> bool {
        self.0.contains(permission.as_str())
    }

    /// Those that are in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// Those that are in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// Those that only a later release knows.
    #[must_use]
    pub fn of_later_releases(&self) -> Self {
        let is_unknown = |text: &&String| text.parse::<Permission>().is_err();
        Self(self.0.iter().filter(is_unknown).cloned().collect())
    }

    /// One of these that is not among `other`, if there is one: nobody gives what they do not have. What this release does
    /// not know counts like any other.
    pub fn missing_in(&self, other: &Self) -> Option<Missing> {
        let missing = self.0.difference(&other.0).next()?;
        Some(missing.parse::<Permission>().map_or(Missing::OfLaterRelease, Missing::Known))
    }

    /// Whether all of these are among `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each that this release knows.
    pub fn iter(&self) -> impl Iterator<Item = Permission> {
        self.0.iter().filter_map(|text| text.parse().ok())
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().map(|one| one.as_str().to_owned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_read_back_from_its_text_and_is_a_scope() {
        for permission in Permission::ALL {
            assert_eq!(permission.as_str().parse(), Ok(*permission));
            assert!(permission.as_str().parse::<crate::scope::Scope>().is_ok());
            assert!(!permission.explanation().is_empty());
        }
        assert_eq!("clients".parse::<Permission>(), Err(NotAPermission));
        assert_eq!("clients:*".parse::<Permission>(), Err(NotAPermission));
    }

    #[test]
    fn scopes_that_are_no_permissions_allow_nothing() {
        let scopes: ScopeSet = "openid clients:read audit:everything".parse().unwrap();
        let permissions = Permissions::of_scopes(&scopes);
        assert!(permissions.allow(Permission::ClientsRead));
        assert!(!permissions.allow(Permission::ClientsWrite));
        assert_eq!(permissions.iter().count(), 1);
    }

    #[test]
    fn what_a_later_release_allows_is_kept_and_allows_nothing_here() {
        let read: Permissions = serde_json::from_str(r#"["clients:read","teams:read"]"#).unwrap();
        assert_eq!(read.iter().collect::<Vec<_>>(), [Permission::ClientsRead]);
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"["clients:read","teams:read"]"#);
        assert_eq!(read.missing_in(&Permissions::all()), Some(Missing::OfLaterRelease));
        assert_eq!(read.missing_in(&read), None);
        let few = Permissions::from_iter([Permission::ClientsRead]);
        assert_eq!(
            few.missing_in(&Permissions::default()),
            Some(Missing::Known(Permission::ClientsRead))
        );
        assert_eq!(few.union(&read.of_later_releases()), read);
    }
}
