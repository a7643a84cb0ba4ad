//! What is read of the parameter `claims`, what is left out, and what is refused.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> ClaimsParameter {
    ClaimsParameter::read(text).unwrap_or_else(|why| panic!("{text}: {why}"))
}

fn refused(text: &str) -> NotClaims {
    ClaimsParameter::read(text).expect_err(text)
}

/// OpenID Connect Core 1.0 §5.5.
#[test]
fn the_example_of_the_specification_is_read() {
    let text = r#"{
       "userinfo": {
         "given_name": {"essential": true}, "nickname": null, "email": {"essential": true},
         "email_verified": {"essential": true}, "picture": null, "http://example.info/claims/groups": null
       },
       "id_token": {
         "auth_time": {"essential": true}, "acr": {"values": ["urn:mace:incommon:iap:silver"]}
       }
    }"#;
    let said = read(text);
    assert_eq!(said.asked.userinfo.to_string(), "email email_verified given_name nickname picture");
    assert!(said.asked.id_token.is_empty());
    assert_eq!(said.acr_values, ["urn:mace:incommon:iap:silver"]);
    assert!(!said.is_unmet(), "a wish, no condition");
}

#[test]
fn what_is_not_known_is_left_out() {
    for text in [
        "{}",
        r#"{"userinfo":null,"id_token":null}"#,
        r#"{"other":{"name":null},"verified_claims":[1]}"#,
        r#"{"userinfo":{"unknown":null,"name#de":null,"Name":null,"toString":{"x":1}}}"#,
        r#"{"userinfo":{"unknown":7,"other":"x"},"id_token":{"iss":null,"aud":{"value":"x"}}}"#,
        r#"{"userinfo":{"acr":{"essential":true,"value":"x"}}}"#,
    ] {
        assert_eq!(read(text), ClaimsParameter::default(), "{text}");
    }
    let wishes = r#"{"id_token":{"name":{"value":"Alice","values":[1,{}],"later":{}}}}"#;
    assert_eq!(read(wishes).asked.id_token.to_string(), "name");
}

#[test]
fn a_subject_is_asked_for_wherever_it_is_named() {
    for text in [
        r#"{"id_token":{"sub":{"value":"a"}}}"#,
        r#"{"userinfo":{"sub":{"essential":true,"value":"a"}}}"#,
        r#"{"id_token":{"sub":{"values":["a"]}}}"#,
    ] {
        assert_eq!(read(text).subjects, ["a"], "{text}");
    }
    assert!(read(r#"{"id_token":{"sub":null}}"#).subjects.is_empty());
}

/// A17, §5.5.1.1.
#[test]
fn an_essential_acr_that_nobody_can_achieve_is_unmet() {
    let ours = Acr::OneFactor.as_str();
    let cases = [
        (r#"{"essential":true,"values":["x","y"]}"#.to_owned(), true),
        (r#"{"essential":true,"value":"x"}"#.into(), true),
        (format!(r#"{{"essential":true,"values":["x","{ours}"]}}"#), false),
        (format!(r#"{{"essential":true,"value":"{ours}"}}"#), false),
        (r#"{"essential":false,"values":["x"]}"#.into(), false),
        (r#"{"essential":true}"#.into(), false),
        ("null".into(), false),
    ];
    for (acr, expected) in cases {
        let text = format!(r#"{{"id_token":{{"acr":{acr}}}}}"#);
        assert_eq!(read(&text).is_unmet(), expected, "{text}");
    }
}

#[test]
fn what_has_another_form_is_refused() {
    for text in ["", "[]", "null", "x", "{", r#"{"userinfo":{},"userinfo":{}}"#, "{} {}"] {
        assert_eq!(refused(text), NotClaims::Json, "{text}");
    }
    for text in [
        r#"{"userinfo":[]}"#,
        r#"{"userinfo":"name"}"#,
        r#"{"userinfo":{"name":true}}"#,
        r#"{"userinfo":{"name":{"essential":"yes"}}}"#,
        r#"{"userinfo":{"name":{"values":"x"}}}"#,
        r#"{"id_token":{"sub":{"value":7}}}"#,
        r#"{"id_token":{"sub":{"value":""}}}"#,
        r#"{"id_token":{"acr":{"values":[null]}}}"#,
        r#"{"id_token":{"acr":"x"}}"#,
    ] {
        assert_eq!(refused(text), NotClaims::Member, "{text}");
    }
}

#[test]
fn it_is_bounded() {
    let deep = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"userinfo":{{"name":{{"value":{open}{close}}}}}}}"#)
    };
    read(&deep(6));
    assert_eq!(refused(&deep(7)), NotClaims::TooMuch);
    assert_eq!(refused(&deep(100)), NotClaims::TooMuch);
    assert_eq!(refused(&deep(1000)), NotClaims::Json);
    let wide = format!(r#"{{"other":[{}0]}}"#, "0,".repeat(300));
    assert_eq!(refused(&wide), NotClaims::TooMuch);
    let long = format!(r#"{{"other":"{}"}}"#, "a".repeat(4096));
    assert_eq!(refused(&long), NotClaims::TooMuch);
    let values = r#""a","#.repeat(8);
    let many = format!(r#"{{"id_token":{{"sub":{{"values":[{values}"a"]}}}}}}"#);
    assert_eq!(refused(&many), NotClaims::TooMuch);
}

#[test]
fn a_client_has_at_most_what_its_scopes_could_ask_for() {
    let asked =
        read(r#"{"userinfo":{"name":null,"email":null},"id_token":{"phone_number":null}}"#).asked;
    let within = |scopes: &str| asked.within(&scopes.parse().unwrap());
    assert_eq!(within("openid profile email phone"), asked);
    assert!(within("openid").is_empty());
    assert_eq!(within("openid email").all().to_string(), "email");
    assert_eq!(asked.in_id_token().id_token.to_string(), "email name phone_number");
    let stored = serde_json::to_string(&asked).unwrap();
    assert_eq!(serde_json::from_str::<ClaimsAsked>(&stored).unwrap(), asked);
    assert_eq!(serde_json::to_string(&ClaimsAsked::default()).unwrap(), "{}");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}", inner in "[\\[\\]{}\":,a-z0-9]{0,40}") {
        let _ = ClaimsParameter::read(&text);
        let _ = ClaimsParameter::read(&format!(r#"{{"userinfo":{{"name":{inner}}}}}"#));
        let _ = ClaimsParameter::read(&format!(r#"{{"id_token":{{"sub":{inner},"acr":{inner}}}}}"#));
    }
}
