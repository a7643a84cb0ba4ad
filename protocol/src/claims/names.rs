//! Standard claims by their names: what a client asks for one by one, and what an end-user allows so.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::CLAIMS_OF_SCOPES;
use crate::scope::ScopeSet;

/// Names of standard claims, `sub` aside; never another. Written in the order of their bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct ClaimNames(BTreeSet<&'static str>);

impl ClaimNames {
    /// Those that scopes ask for (OpenID Connect Core 1.0 §5.4).
    pub fn of(scopes: &ScopeSet) -> Self {
        let asked = CLAIMS_OF_SCOPES.iter().filter(|(scope, _)| scopes.contains(scope));
        Self(asked.flat_map(|(_, claims)| *claims).copied().collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this claim is among them.
    pub fn contains(&self, claim: &str) -> bool {
        self.0.contains(claim)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().copied()
    }

    /// Whether all of these are among `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// Those that are in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).copied().collect())
    }

    /// Those that are in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).copied().collect())
    }

    /// Those that `other` does not have.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).copied().collect())
    }
}

/// Of any names: those that are no standard claims are left out.
impl<'a> FromIterator<&'a str> for ClaimNames {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        let known = |name: &str| {
            let mut standard = CLAIMS_OF_SCOPES.iter().flat_map(|(_, claims)| *claims);
            standard.find(|claim| **claim == name).copied()
        };
        Self(names.into_iter().filter_map(known).collect())
    }
}

/// Reads a space-separated list.
impl FromStr for ClaimNames {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.split(' ').collect())
    }
}

impl From<String> for ClaimNames {
    fn from(text: String) -> Self {
        text.split(' ').collect()
    }
}

impl From<ClaimNames> for String {
    fn from(names: ClaimNames) -> Self {
        names.to_string()
    }
}

impl fmt::Display for ClaimNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_standard_claims_have_a_place() {
        let names: ClaimNames = "name  email sub iss custom Email name".parse().unwrap();
        assert_eq!(names.to_string(), "email name");
        let stored = serde_json::to_string(&names).unwrap();
        assert_eq!(stored, "\"email name\"");
        assert_eq!(serde_json::from_str::<ClaimNames>(&stored).unwrap(), names);
        assert_eq!(
            serde_json::from_str::<ClaimNames>("\"later name\"").unwrap().to_string(),
            "name"
        );
        assert!(ClaimNames::default().to_string().is_empty());
    }

    #[test]
    fn a_scope_has_its_claims() {
        let of = |scopes: &str| ClaimNames::of(&scopes.parse().unwrap());
        assert_eq!(
            of("openid phone email").to_string(),
            "email email_verified phone_number phone_number_verified"
        );
        assert!(of("openid offline_access other").is_empty());
        assert!(of("email").is_subset(&of("email profile")));
        assert_eq!(of("email profile").difference(&of("profile")), of("email"));
    }
}
