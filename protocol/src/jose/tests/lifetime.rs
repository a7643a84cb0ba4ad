//! When, by whom and for whom a token is believed.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Algorithm, EXPECTED, ISSUER, NOW, claims, header_of, key, published, signed};
use crate::{
    clock::Timestamp,
    jose::{Audience, Expectations, NumericDate, PrivateKey, Refused},
    tokens::{AccessTokenClaims, IdTokenClaims},
};

/// The claims as JSON, one of them changed.
fn with(name: &str, value: Value) -> String {
    let mut payload = serde_json::to_value(claims()).unwrap();
    payload[name] = value;
    payload.to_string()
}

fn verify(payload: &str, expected: &Expectations<'_>) -> Result<AccessTokenClaims, Refused> {
    let key = key(Algorithm::EdDsa);
    published().verify(&signed(key, &header_of(key).to_string(), payload), expected)
}

fn at(now: Timestamp) -> Expectations<'static> {
    Expectations { now, ..EXPECTED }
}

#[test]
fn a_token_ends_ten_seconds_after_its_exp() {
    let end = Timestamp::from(claims().exp) + Duration::from_secs(10);
    let payload = serde_json::to_string(&claims()).unwrap();
    assert!(verify(&payload, &at(end - Duration::from_millis(1))).is_ok());
    assert_eq!(verify(&payload, &at(end)), Err(Refused::Expired));
}

#[test]
fn a_token_begins_ten_seconds_before_its_iat_and_nbf() {
    for name in ["iat", "nbf"] {
        let payload = with(name, json!(NOW.as_seconds() + 60));
        let begin = NOW + Duration::from_secs(50);
        assert!(verify(&payload, &at(begin)).is_ok());
        let early = at(begin - Duration::from_millis(1));
        assert_eq!(verify(&payload, &early), Err(Refused::NotYetValid), "{name}");
    }
}

#[test]
fn another_issuer_or_audience_is_refused() {
    for issuer in ["https://id.example/", "https://ID.example", "http://id.example", ""] {
        assert_eq!(
            verify(&with("iss", json!(issuer)), &EXPECTED),
            Err(Refused::Issuer),
            "{issuer}"
        );
    }
    for audience in [json!("https://api.example/"), json!([]), json!(["a", "b"]), json!("")] {
        assert_eq!(verify(&with("aud", audience), &EXPECTED), Err(Refused::Audience));
    }
    let anybody = Expectations { audience: None, ..EXPECTED };
    assert!(verify(&with("aud", json!("x")), &anybody).is_ok());
    assert!(verify(&with("aud", json!(["x", "https://api.example"])), &EXPECTED).is_ok());
}

#[test]
fn claims_that_are_missing_or_not_what_they_should_be_are_refused() {
    for name in ["iss", "aud", "exp", "iat", "sub", "client_id", "jti"] {
        assert_eq!(verify(&with(name, Value::Null), &EXPECTED), Err(Refused::Claims), "{name}");
    }
    for exp in [json!("1700000900"), json!(1_700_000_900.5), json!(-1), json!(true), json!([])] {
        assert_eq!(verify(&with("exp", exp), &EXPECTED), Err(Refused::Claims));
    }
    for payload in ["", "[]", "null", "{", r#"{"iss":"a","iss":"a"}"#] {
        assert_eq!(verify(payload, &EXPECTED), Err(Refused::Claims), "{payload}");
    }
    let payload = serde_json::to_string(&claims()).unwrap();
    let twice = payload.replacen('{', r#"{"x":{"y":1,"y":2},"#, 1);
    assert_eq!(verify(&twice, &EXPECTED), Err(Refused::Claims));
}

#[test]
fn claims_of_a_newer_node_do_not_disturb() {
    let custom = [("roles".to_owned(), json!(["admin"]))].into_iter().collect();
    let expected = AccessTokenClaims { custom, ..claims() };
    assert_eq!(verify(&with("roles", json!(["admin"])), &EXPECTED), Ok(expected));
}

fn id_token() -> IdTokenClaims {
    IdTokenClaims {
        iss: ISSUER.into(),
        sub: "acc_1".into(),
        aud: Audience::One("cli_1".into()),
        exp: NumericDate::from(NOW + Duration::from_secs(60)),
        iat: NumericDate::from(NOW),
        auth_time: None,
        nonce: Some("n".into()),
        at_hash: None,
        c_hash: None,
        acr: None,
        amr: Vec::new(),
        azp: None,
        sid: None,
        custom: Default::default(),
    }
}

#[test]
fn an_id_token_is_no_access_token_nor_the_reverse() {
    let key = key(Algorithm::EdDsa);
    let (id_token, access_token) = (key.sign(&id_token()).unwrap(), key.sign(&claims()).unwrap());
    let anybody = Expectations { audience: None, ..EXPECTED };
    let refused = published().verify::<AccessTokenClaims>(&id_token, &anybody);
    assert_eq!(refused, Err(Refused::Typ));
    let refused = published().verify_hint::<IdTokenClaims>(&access_token, &anybody);
    assert_eq!(refused, Err(Refused::Typ));
}

#[test]
fn a_hint_may_have_expired_and_nothing_else() {
    let key = key(Algorithm::EdDsa);
    let hint = key.sign(&id_token()).unwrap();
    let later = Expectations { audience: None, ..at(NOW + Duration::from_secs(90 * 86_400)) };
    assert_eq!(published().verify::<IdTokenClaims>(&hint, &later), Err(Refused::Expired));
    assert_eq!(published().verify_hint(&hint, &later), Ok(id_token()));

    let elsewhere = Expectations { issuer: "https://other.example", ..later };
    assert_eq!(published().verify_hint::<IdTokenClaims>(&hint, &elsewhere), Err(Refused::Issuer));
    let earlier = Expectations { now: NOW - Duration::from_secs(60), ..later };
    assert_eq!(
        published().verify_hint::<IdTokenClaims>(&hint, &earlier),
        Err(Refused::NotYetValid)
    );
    let other = PrivateKey::generate(Algorithm::EdDsa, key.key_id()).unwrap();
    let forged = other.sign(&id_token()).unwrap();
    assert_eq!(published().verify_hint::<IdTokenClaims>(&forged, &later), Err(Refused::Signature));
}

#[test]
fn only_what_is_set_is_written() {
    let text = serde_json::to_string(&id_token()).unwrap();
    let expected = format!(
        r#"{{"iss":"{ISSUER}","sub":"acc_1","aud":"cli_1","exp":1700000060,"iat":1700000000,"nonce":"n"}}"#
    );
    assert_eq!(text, expected);
}

#[test]
fn one_audience_is_a_text_and_several_are_a_list() {
    let of = |names: &[&str]| {
        let audience: Audience = names.iter().map(|name| (*name).to_owned()).collect();
        serde_json::to_value(audience).unwrap()
    };
    assert_eq!(of(&["a"]), json!("a"));
    assert_eq!(of(&["a", "b", "c"]), json!(["a", "b", "c"]));
    assert_eq!(of(&[]), json!([]));
}
