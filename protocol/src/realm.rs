//! Whose a record is: the realm, and within it perhaps an organisation. Both lead every key and every query.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::id::OrganisationId;

/// A world of its own: its accounts, clients and keys are nobody else's. Only `main` exists today.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Realm(Arc<str>);

/// A text that does not name a realm: 1 to 32 of `a-z`, `0-9` and `-`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a realm is 1 to 32 of a-z, 0-9 and -")]
pub struct NotARealm;

impl Realm {
    /// The realm of every installation.
    pub fn main() -> Self {
        Self("main".into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Realm {
    type Error = NotARealm;

    fn try_from(text: String) -> Result<Self, NotARealm> {
        let known = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let fits = (1..=32).contains(&text.len()) && text.bytes().all(known);
        if fits { Ok(Self(text.into())) } else { Err(NotARealm) }
    }
}

impl From<Realm> for String {
    fn from(realm: Realm) -> Self {
        realm.0.as_ref().into()
    }
}

impl fmt::Display for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A realm, and the organisation within it where one applies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tenant {
    /// The realm.
    pub realm: Realm,
    /// The organisation, for what belongs to one.
    pub organisation_id: Option<OrganisationId>,
}

impl From<Realm> for Tenant {
    fn from(realm: Realm) -> Self {
        Self { realm, organisation_id: None }
    }
}

impl From<&Realm> for Tenant {
    fn from(realm: &Realm) -> Self {
        realm.clone().into()
    }
}
