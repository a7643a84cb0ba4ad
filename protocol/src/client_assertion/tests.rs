//! What is asked of an assertion, one refusal after the other (RFC 7523 §3).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::*;
use crate::{
    client::{AssertionPolicy, AssertionSigningAlgorithm, ClientKind, ClientSecret, tests::client},
    crypto,
    jose::ClientAlgorithm,
};

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
const ISSUER: &str = "https://id.example";
const SECRET: &str = "a secret of more than sixty-four bytes, so that it is hashed before its use";
const AT: Presentation<'_> =
    Presentation { issuer: ISSUER, endpoint: Endpoint::Revocation, now: NOW };

fn registered() -> Client {
    let secrets = vec![ClientSecret::new(&Token::presented(SECRET), NOW)];
    let token_endpoint_auth_method = TokenEndpointAuthMethod::ClientSecretJwt;
    Client { kind: ClientKind::Confidential { token_endpoint_auth_method, secrets }, ..client() }
}

fn seconds(offset: i64) -> i64 {
    1_700_000_000 + offset
}

/// A good assertion, but for these members; null leaves one out.
fn claims(changes: Value) -> Value {
    let id = client().client_id.to_string();
    let mut claims = json!({ "iss": id, "sub": id, "aud": ISSUER, "exp": seconds(60), "jti": "1" });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn token(claims: &Value) -> ClientToken {
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", encode(r#"{"alg":"HS256"}"#), encode(&claims.to_string()));
    let key = crypto::sha256(SECRET.as_bytes());
    let tag = URL_SAFE_NO_PAD.encode(crypto::hmac_sha256(&key, signed.as_bytes()));
    ClientToken::read(&format!("{signed}.{tag}")).unwrap()
}

fn keys() -> ClientKeys {
    ClientKeys::of_secrets([(Token::presented(SECRET), None)])
}

fn judged_for(client: &Client, changes: Value) -> Result<Accepted, AssertionRefused> {
    judge(client, &keys(), &token(&claims(changes)), &AT)
}

fn judged(changes: Value) -> Result<Accepted, AssertionRefused> {
    judged_for(&registered(), changes)
}

#[test]
fn a_good_assertion_is_named_by_its_client_and_jti_alone() {
    let accepted = judged(json!({})).unwrap();
    assert_eq!(judged(json!({ "exp": seconds(90), "iat": seconds(0) })).unwrap().id, accepted.id);
    assert_ne!(judged(json!({ "jti": "2" })).unwrap().id, accepted.id);
    assert_eq!(accepted.expires_at, Timestamp::from_seconds(1_700_000_060) + LEEWAY + LEEWAY);
}

#[test]
fn issuer_and_subject_are_the_client() {
    for other in [json!(null), json!(""), json!("cli_1"), json!(ISSUER), json!(["x"]), json!(1)] {
        assert_eq!(judged(json!({ "iss": other })), Err(AssertionRefused::Issuer), "{other}");
        assert_eq!(judged(json!({ "sub": other })), Err(AssertionRefused::Subject), "{other}");
    }
}

#[test]
fn it_is_meant_for_the_issuer_or_the_endpoint() {
    let (token, here) = ("https://id.example/oauth2/token", "https://id.example/oauth2/revoke");
    for us in [json!(ISSUER), json!(token), json!(here), json!([ISSUER, token, here])] {
        assert!(judged(json!({ "aud": us })).is_ok(), "{us}");
    }
    let others = [
        json!(null),
        json!([]),
        json!(["https://b.example", token]),
        json!([ISSUER, "https://b.example"]),
        json!([ISSUER, 1]),
        json!(""),
        json!(1),
        json!({ "aud": ISSUER }),
        json!([[ISSUER]]),
        json!("https://id.example/"),
        json!("https://id.example/oauth2/introspect"),
        json!("https://id.example/oauth2/tokens"),
        json!("https://id.example.evil.example"),
        json!("HTTPS://ID.EXAMPLE"),
    ];
    for other in others {
        assert_eq!(judged(json!({ "aud": other })), Err(AssertionRefused::Audience), "{other}");
    }
}

#[test]
fn a_client_may_be_held_to_the_issuer_as_one_text() {
    let assertions =
        AssertionPolicy { audience: AssertionAudience::Issuer, ..AssertionPolicy::default() };
    let client = Client { assertions, ..registered() };
    assert!(judged_for(&client, json!({ "aud": ISSUER })).is_ok());
    for other in [json!([ISSUER]), json!("https://id.example/oauth2/token"), json!(null)] {
        let refused = judged_for(&client, json!({ "aud": other }));
        assert_eq!(refused, Err(AssertionRefused::Audience), "{other}");
    }
}

#[test]
fn it_ends_and_not_later_than_in_an_hour() {
    for none in [json!(null), json!("1700000060"), json!(-1), json!(1e300), json!([])] {
        assert_eq!(judged(json!({ "exp": none })), Err(AssertionRefused::EndMissing), "{none}");
    }
    assert!(judged(json!({ "exp": seconds(-9) })).is_ok(), "clocks differ by ten seconds");
    assert_eq!(judged(json!({ "exp": seconds(-10) })), Err(AssertionRefused::Expired));
    assert_eq!(judged(json!({ "exp": seconds(-300) })), Err(AssertionRefused::Expired));
    assert!(judged(json!({ "exp": seconds(3610) })).is_ok());
    assert_eq!(judged(json!({ "exp": seconds(3611) })), Err(AssertionRefused::TooLongLived));
    assert!(judged(json!({ "exp": seconds(60) as f64 + 0.5 })).is_ok(), "a fraction is a number");
}

#[test]
fn it_has_begun_but_for_ten_seconds() {
    for name in ["iat", "nbf"] {
        assert!(judged(json!({ name: seconds(10) })).is_ok(), "{name}");
        for ahead in [json!(seconds(11)), json!(seconds(60)), json!("0"), json!(1e300)] {
            let refused = judged(json!({ name: ahead }));
            assert_eq!(refused, Err(AssertionRefused::NotYetValid), "{name} {ahead}");
        }
    }
}

#[test]
fn it_has_a_name_of_its_own() {
    for none in [json!(null), json!(""), json!(1), json!("a".repeat(256))] {
        assert_eq!(judged(json!({ "jti": none })), Err(AssertionRefused::Jti), "{none}");
    }
    assert!(judged(json!({ "jti": "a".repeat(255) })).is_ok());
}

#[test]
fn it_is_signed_as_the_client_is_registered_to() {
    let held_to = |algorithm| {
        let signing_alg = Some(algorithm);
        Client { assertions: AssertionPolicy { signing_alg, ..Default::default() }, ..registered() }
    };
    let known = |algorithm| held_to(AssertionSigningAlgorithm::Known(algorithm));
    assert!(judged_for(&known(ClientAlgorithm::Hs256), json!({})).is_ok());
    let later = held_to(AssertionSigningAlgorithm::Unknown("LATER".into()));
    let private = ClientKind::Confidential {
        token_endpoint_auth_method: TokenEndpointAuthMethod::PrivateKeyJwt,
        secrets: vec![],
    };
    let private = Client { kind: private, ..registered() };
    for client in [known(ClientAlgorithm::Hs512), later, private] {
        assert_eq!(judged_for(&client, json!({})), Err(AssertionRefused::Algorithm));
    }
}

#[test]
fn a_signature_of_somebody_else_is_refused_before_its_claims_are_read() {
    let token = token(&json!({}));
    let others = ClientKeys::of_secrets([(Token::presented("x".repeat(64)), None)]);
    let refused = judge(&registered(), &others, &token, &AT);
    assert_eq!(refused, Err(AssertionRefused::Token(Refused::Signature)));
}
