//! What is released of an end-user by which scope, and in which types.

use serde_json::json;

use super::*;

fn full() -> StandardClaims {
    serde_json::from_value(json!({
        "name": "Jane Doe", "given_name": "Jane", "family_name": "Doe", "middle_name": "Q.", "nickname": "JD",
        "preferred_username": "j.doe", "profile": "https://example.com/jane", "picture": "https://example.com/jane/me.jpg",
        "website": "https://jane.example", "email": "janedoe@example.com", "email_verified": true, "gender": "female",
        "birthdate": "0000-10-31", "zoneinfo": "America/Los_Angeles", "locale": "en-US", "phone_number": "+1 (425) 555-1212",
        "phone_number_verified": false, "address": {"formatted": "1234 Main Street\nAnytown", "country": "US"},
        "updated_at": 1_311_280_970_123_u64,
    }))
    .unwrap()
}

fn released(claims: &StandardClaims, scopes: &str) -> Value {
    Value::Object(claims.released(&scopes.parse().unwrap()))
}

#[test]
fn each_scope_releases_all_of_its_claims_and_no_other() {
    for (scope, claims) in CLAIMS_OF_SCOPES {
        let released = full().released(&scope.parse().unwrap());
        let mut names: Vec<_> = released.keys().map(String::as_str).collect();
        let mut expected = claims.to_vec();
        names.sort_unstable();
        expected.sort_unstable();
        assert_eq!(names, expected, "{scope}");
    }
    assert_eq!(released(&full(), "openid offline_access later"), json!({}));
}

#[test]
fn the_scopes_release_nineteen_claims_together() {
    assert_eq!(full().released(&"profile email address phone".parse().unwrap()).len(), 19);
}

#[test]
fn claims_have_the_types_of_openid_connect_core() {
    let released = released(&full(), "profile email address phone");
    assert_eq!(released["email_verified"], json!(true));
    assert_eq!(released["phone_number_verified"], json!(false));
    assert_eq!(released["updated_at"], json!(1_311_280_970));
    assert_eq!(
        released["address"],
        json!({"formatted": "1234 Main Street\nAnytown", "country": "US"})
    );
    assert_eq!(released["website"], json!("https://jane.example"));
}

#[test]
fn what_is_not_known_is_left_out() {
    let nothing = StandardClaims {
        address: Some(Address::default()),
        email_verified: true,
        ..StandardClaims::default()
    };
    assert_eq!(released(&nothing, "profile email address phone"), json!({}));
}

#[test]
fn a_text_that_cannot_be_a_claim_is_refused() {
    let cases = [
        ("", NotAClaim::Empty),
        (" \n ", NotAClaim::Empty),
        ("a\0", NotAClaim::Character),
        ("a\r\nb", NotAClaim::Character),
    ];
    for (text, why) in cases {
        assert_eq!(text.parse::<ClaimText>(), Err(why), "{text:?}");
    }
    assert_eq!("a".repeat(CLAIM_BYTES_MAX + 1).parse::<ClaimText>(), Err(NotAClaim::TooLong));
    assert!(
        serde_json::from_value::<StandardClaims>(json!({"picture": "javascript:alert(1)"}))
            .is_err()
    );
}

#[test]
fn a_birthdate_is_a_date_a_year_or_a_day_without_a_year() {
    for text in ["1969-07-20", "1969", "0000-02-29", "2000-02-29", "2024-12-31"] {
        assert!(text.parse::<Birthdate>().is_ok(), "{text}");
    }
    let refused = [
        "",
        "0000",
        "69-07-20",
        "1969-7-20",
        "1969-13-01",
        "1969-00-01",
        "1969-04-31",
        "1900-02-29",
        "1969-07",
        "1969-07-20-",
        "+969-07-20",
    ];
    for text in refused {
        assert_eq!(text.parse::<Birthdate>(), Err(NotAClaim::Date), "{text}");
    }
}

#[test]
fn claims_do_not_show_themselves() {
    assert_eq!(format!("{:?}", full()), "StandardClaims(..)");
}
