//! What is told of an end-user: the standard claims, their types, and which scope asks for which (OpenID Connect Core
//! 1.0 §5.1, §5.4).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    clock::Timestamp,
    language_tag::LanguageTag,
    scope::{ADDRESS, EMAIL, PHONE, PROFILE, ScopeSet},
    web_uri::WebUri,
};

mod asked;
mod names;
#[cfg(test)]
mod tests;

pub use asked::{CLAIMS_BYTES_MAX, ClaimsAsked, ClaimsParameter, NotClaims};
pub use names::ClaimNames;

/// Which claims a scope asks for (OpenID Connect Core 1.0 §5.4).
pub const CLAIMS_OF_SCOPES: [(&str, &[&str]); 4] = [
    (
        PROFILE,
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    (EMAIL, &["email", "email_verified"]),
    (ADDRESS, &["address"]),
    (PHONE, &["phone_number", "phone_number_verified"]),
];

/// Bytes of a claim that is a text.
pub const CLAIM_BYTES_MAX: usize = 512;

/// What is known of an end-user, `sub` aside. What is not known is left out, never empty or null (§5.3.2).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandardClaims {
    /// The full name, as it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<ClaimText>,
    /// The given names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<ClaimText>,
    /// The family names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<ClaimText>,
    /// The middle names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<ClaimText>,
    /// The casual name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nickname: Option<ClaimText>,
    /// The name that they would like to be called by. Not unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<ClaimText>,
    /// Their page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<WebUri>,
    /// Their picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<WebUri>,
    /// Their site or blog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<WebUri>,
    /// Their e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<ClaimText>,
    /// Whether we saw that the address is theirs. Released with the address only.
    #[serde(default)]
    pub email_verified: bool,
    /// Their gender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<ClaimText>,
    /// When they were born.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<Birthdate>,
    /// Their time zone, as the IANA database calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<ClaimText>,
    /// Their language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<LanguageTag>,
    /// Their telephone number, in E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<ClaimText>,
    /// Whether we saw that the number is theirs. Released with the number only.
    #[serde(default)]
    pub phone_number_verified: bool,
    /// Their postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// When any of this last changed. Released in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// A postal address (OpenID Connect Core 1.0 §5.1.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The whole, as it is written on a letter; lines end with a newline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formatted: Option<ClaimText>,
    /// Street, number, box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street_address: Option<ClaimText>,
    /// City.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<ClaimText>,
    /// State, province.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<ClaimText>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<ClaimText>,
    /// Country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<ClaimText>,
}

/// 1 to 512 bytes without control characters but newlines, and not only space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClaimText(String);

/// `YYYY-MM-DD`, `YYYY`, or `0000-MM-DD` when the year is not told (§5.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Birthdate(String);

/// A text that cannot be the claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAClaim {
    /// Nothing but space.
    #[error("a claim must not be empty: leave it out")]
    Empty,
    /// More than 512 bytes.
    #[error("a claim is at most 512 bytes long")]
    TooLong,
    /// A control character that is not a newline.
    #[error("a claim must not have control characters")]
    Character,
    /// Not a date.
    #[error("a birthdate is YYYY-MM-DD, YYYY, or 0000-MM-DD")]
    Date,
}

impl StandardClaims {
    /// What `scopes` ask for, as userinfo tells it.
    pub fn released(&self, scopes: &ScopeSet) -> Map<String, Value> {
        self.named(&ClaimNames::of(scopes))
    }

    /// Claims by their names; those that are not known are left out.
    pub fn named(&self, names: &ClaimNames) -> Map<String, Value> {
        let Ok(Value::Object(mut known)) = serde_json::to_value(self) else { return Map::new() };
        if let Some(updated_at) = self.updated_at {
            known.insert("updated_at".into(), updated_at.as_seconds().into());
        }
        for (contact, verified) in
            [("email", "email_verified"), ("phone_number", "phone_number_verified")]
        {
            if !known.contains_key(contact) {
                known.remove(verified);
            }
        }
        // An address of which nothing is known is no address.
        if known.get("address").and_then(Value::as_object).is_some_and(Map::is_empty) {
            known.remove("address");
        }
        names.iter().filter_map(|claim| known.remove_entry(claim)).collect()
    }
}

/// What is known of a person does not belong in a log.
impl fmt::Debug for StandardClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StandardClaims(..)")
    }
}

impl ClaimText {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClaimText {
    type Err = NotAClaim;

    fn from_str(text: &str) -> Result<Self, NotAClaim> {
        if text.len() > CLAIM_BYTES_MAX {
            Err(NotAClaim::TooLong)
        } else if text.chars().any(|character| character.is_control() && character != '\n') {
            Err(NotAClaim::Character)
        } else if text.trim().is_empty() {
            Err(NotAClaim::Empty)
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

impl FromStr for Birthdate {
    type Err = NotAClaim;

    fn from_str(text: &str) -> Result<Self, NotAClaim> {
        let mut parts = text.split('-');
        let year = number(parts.next(), 4).ok_or(NotAClaim::Date)?;
        let fits = match (parts.next(), parts.next(), parts.next()) {
            (None, None, None) => year > 0,
            (month, day, None) => number(month, 2)
                .zip(number(day, 2))
                .is_some_and(|(month, day)| is_date(year, month, day)),
            _ => false,
        };
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAClaim::Date) }
    }
}

/// `digits` decimal digits.
fn number(part: Option<&str>, digits: usize) -> Option<u32> {
    let part =
        part.filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))?;
    part.parse().ok()
}

/// The year 0 is one that is not told, and so may be a leap year.
fn is_date(year: u32, month: u32, day: u32) -> bool {
    let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

macro_rules! texts {
    ($($name:ident)*) => {$(
        impl TryFrom<String> for $name {
            type Error = NotAClaim;

            fn try_from(text: String) -> Result<Self, NotAClaim> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(claim: $name) -> Self {
                claim.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

texts! { ClaimText Birthdate }
