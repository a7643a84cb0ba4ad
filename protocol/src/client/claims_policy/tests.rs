//! Which custom claims a client may have, and what is told of them.

use serde_json::json;

use super::*;

fn fixed(name: &str, value: Value) -> CustomClaim {
    CustomClaim {
        name: name.into(),
        value: ClaimValue::Fixed(value),
        told_in: vec![ToldIn::AccessToken],
    }
}

fn account(name: &str, claim: &str) -> CustomClaim {
    CustomClaim { value: ClaimValue::Account(claim.into()), ..fixed(name, json!(1)) }
}

#[test]
fn a_reserved_name_is_refused_in_every_case_and_disguise_and_never_told() {
    for reserved in RESERVED.iter().copied() {
        let upper = reserved.to_uppercase();
        let wide = reserved.replace('s', "\u{17f}").replace('i', "\u{131}");
        let hidden = format!("{reserved}\u{200b}");
        for name in [reserved, &upper, &hidden, &wide, &format!(" {reserved}")] {
            let claims = [fixed(name, json!("mine"))];
            assert_eq!(judge(&claims), Err(NotAClient::ClaimReserved), "{name}");
            assert!(told(&claims, &ToldIn::AccessToken, None).is_empty(), "{name}");
        }
    }
}

#[test]
fn what_the_mission_names_as_typical_can_be_told() {
    let released = json!({ "email": "a@example.org" });
    let known = KnownOfEndUser { subject: "acc_1", released: released.as_object().unwrap() };
    let user_id = CustomClaim { value: ClaimValue::AccountId, ..fixed("user_id", json!(1)) };
    let claims = [
        user_id,
        account("email", "email"),
        fixed("roles", json!(["admin"])),
        fixed("https://example.com/tenant", json!({ "id": 7 })),
        account("phone", "phone_number"),
    ];
    assert_eq!(judge(&claims), Ok(()));
    let of_end_user = told(&claims, &ToldIn::AccessToken, Some(known));
    let expected = json!({
        "user_id": "acc_1", "email": "a@example.org", "roles": ["admin"],
        "https://example.com/tenant": { "id": 7 },
    });
    assert_eq!(serde_json::to_value(&of_end_user).unwrap(), expected);
    let of_client = told(&claims, &ToldIn::AccessToken, None);
    assert_eq!(of_client.iter().count(), 2, "a client has no account");
    assert!(told(&claims, &ToldIn::IdToken, Some(known)).is_empty());
}

#[test]
fn a_standard_claim_is_the_end_users_own_or_none() {
    let forged = CustomClaim { value: ClaimValue::AccountId, ..fixed("name", json!(1)) };
    for claim in [
        fixed("email", json!("a@example.org")),
        fixed("Email_Verified", json!(true)),
        account("email", "phone_number"),
        account("EMAIL", "email"),
        forged,
    ] {
        assert_eq!(
            judge(std::slice::from_ref(&claim)),
            Err(NotAClient::ClaimReserved),
            "{claim:?}"
        );
    }
}

#[test]
fn number_and_size_are_bounded_and_no_name_comes_twice() {
    let many =
        |count: usize| (0..count).map(|n| fixed(&format!("c{n}"), json!(n))).collect::<Vec<_>>();
    assert_eq!(judge(&many(CUSTOM_CLAIMS_MAX)), Ok(()));
    assert_eq!(judge(&many(CUSTOM_CLAIMS_MAX + 1)), Err(NotAClient::TooManyClaims));
    let malformed = [
        vec![fixed("a", json!(1)), fixed("A", json!(2))],
        vec![fixed("a", json!("x".repeat(FIXED_VALUE_BYTES_MAX)))],
        vec![account("a", "unheard_of")],
        vec![CustomClaim { told_in: vec![], ..fixed("a", json!(1)) }],
    ];
    for claims in malformed {
        assert_eq!(judge(&claims), Err(NotAClient::ClaimMalformed), "{claims:?}");
    }
    for name in ["", "a b", "a\"", "é", &"a".repeat(CLAIM_NAME_BYTES_MAX + 1)] {
        assert_eq!(judge(&[fixed(name, json!(1))]), Err(NotAClient::ClaimReserved), "{name}");
    }
}

#[test]
fn what_a_later_release_chose_is_kept_refused_and_not_told() {
    let text = json!({ "name": "roles", "value": { "roles": "all" }, "told_in": ["access_token"] });
    let later: CustomClaim = serde_json::from_value(text.clone()).unwrap();
    assert_eq!(serde_json::to_value(&later).unwrap(), text);
    assert_eq!(judge(std::slice::from_ref(&later)), Err(NotAClient::Unknown));
    assert!(told(&[later], &ToldIn::AccessToken, None).is_empty());
}
