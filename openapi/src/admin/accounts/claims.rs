//! What clients may be told of an end-user, as an operator writes it (OpenID Connect Core 1.0 §5.1).

use flows::Context;
use poem_openapi::{
    Object,
    types::{Example, ParseFromJSON, ToJSON},
};
use protocol::claims::StandardClaims;
use serde_json::{Value, json};

use crate::problem::{Problem, ProblemCode};

/// The standard claims (OpenID Connect Core 1.0 §5.1), each a text of 1 to 512 bytes. What is not known is left out.
#[derive(Debug, Default, Object)]
#[oai(rename = "Claims", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(super) struct ClaimsBody {
    /// The full name, as it is shown.
    name: Option<String>,
    /// The given names.
    given_name: Option<String>,
    /// The family names.
    family_name: Option<String>,
    /// The middle names.
    middle_name: Option<String>,
    /// The casual name.
    nickname: Option<String>,
    /// The name that they would like to be called by. Not unique, and not what they sign in with.
    preferred_username: Option<String>,
    /// Their page.
    profile: Option<String>,
    /// Their picture.
    picture: Option<String>,
    /// Their site or blog.
    website: Option<String>,
    /// Their e-mail address.
    email: Option<String>,
    /// Whether somebody saw that the address is theirs.
    #[oai(default)]
    email_verified: bool,
    /// Their gender.
    gender: Option<String>,
    /// When they were born: `YYYY-MM-DD`, `YYYY`, or `0000-MM-DD` where the year is not told.
    birthdate: Option<String>,
    /// Their time zone, as the IANA database calls it.
    zoneinfo: Option<String>,
    /// Their language (RFC 5646).
    locale: Option<String>,
    /// Their telephone number.
    phone_number: Option<String>,
    /// Whether somebody saw that the number is theirs.
    #[oai(default)]
    phone_number_verified: bool,
    /// Their postal address.
    address: Option<AddressBody>,
}

/// A postal address (OpenID Connect Core 1.0 §5.1.1).
#[derive(Debug, Default, Object)]
#[oai(rename = "Address", deny_unknown_fields, skip_serializing_if_is_none)]
struct AddressBody {
    /// The whole, as it is written on a letter; lines end with a newline.
    formatted: Option<String>,
    /// Street, number, box.
    street_address: Option<String>,
    /// City.
    locality: Option<String>,
    /// State, province.
    region: Option<String>,
    /// Postal code.
    postal_code: Option<String>,
    /// Country.
    country: Option<String>,
}

impl ClaimsBody {
    /// The claims, or which of them is none.
    pub(super) fn read(self, context: &Context) -> Result<StandardClaims, Problem> {
        let Some(Value::Object(written)) = self.to_json() else {
            return Ok(StandardClaims::default());
        };
        for (name, value) in &written {
            serde_json::from_value::<StandardClaims>(json!({ name: value })).map_err(|why| {
                let why = format_args!("claims.{name}: {why}");
                Problem::because(context, ProblemCode::Unprocessable, why)
            })?;
        }
        serde_json::from_value(Value::Object(written))
            .map_err(|why| Problem::because(context, ProblemCode::Unprocessable, why))
    }

    /// As it is kept.
    pub(super) fn of(claims: &StandardClaims) -> Self {
        let kept = StandardClaims { updated_at: None, ..claims.clone() };
        Self::parse_from_json(serde_json::to_value(kept).ok()).unwrap_or_default()
    }
}

impl Example for ClaimsBody {
    fn example() -> Self {
        let text = |text: &str| Some(text.to_owned());
        Self {
            name: text("Ada Lovelace"),
            given_name: text("Ada"),
            family_name: text("Lovelace"),
            preferred_username: text("ada"),
            email: text("ada@example.com"),
            email_verified: true,
            zoneinfo: text("Europe/London"),
            locale: text("en-GB"),
            address: Some(AddressBody {
                country: text("United Kingdom"),
                ..AddressBody::default()
            }),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_shown_as_they_were_written() {
        let written = ClaimsBody::example().to_json().unwrap();
        let kept: StandardClaims = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(ClaimsBody::of(&kept).to_json().unwrap(), written);
        let kept = StandardClaims { updated_at: Some(Default::default()), ..kept };
        assert_eq!(ClaimsBody::of(&kept).to_json().unwrap(), written);
    }
}
