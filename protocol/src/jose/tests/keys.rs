//! Keys: what of them is seen, and which are taken back.

use serde_json::{Value, json};

use super::{Algorithm, EXPECTED, KEYS, claims, key, published};
use crate::{
    id::KeyId,
    jose::{Jwks, KeyError, PrivateKey, PublicJwk, SignError, VerifyingKeys},
    randomness::tests::Counting,
    secret::Secret,
    tokens::AccessTokenClaims,
};

fn with_algorithm(
    key: &PublicJwk,
    change: impl FnOnce(&mut Value),
) -> Result<PublicJwk, serde_json::Error> {
    let mut changed = serde_json::to_value(key).unwrap();
    change(&mut changed);
    serde_json::from_value(changed)
}

#[test]
fn what_a_key_signs_verifies() {
    for key in KEYS.iter() {
        let token = key.sign(&claims()).unwrap();
        assert_eq!(published().verify(&token, &EXPECTED), Ok(claims()), "{key:?}");
    }
}

#[test]
fn a_key_signs_on_any_thread() {
    fn shared<T: Send + Sync>() {}
    shared::<PrivateKey>();
    shared::<VerifyingKeys>();
}

#[test]
fn no_private_member_is_published_or_shown() {
    for key in KEYS.iter() {
        let Value::Object(jwk) = serde_json::to_value(key.public_jwk()).unwrap() else { panic!() };
        let public = match key.algorithm() {
            Algorithm::Rs256 | Algorithm::Ps256 => {
                ["kid", "alg", "use", "kty", "n", "e"].as_slice()
            }
            Algorithm::Es256 | Algorithm::Es384 => &["kid", "alg", "use", "kty", "crv", "x", "y"],
            Algorithm::EdDsa => &["kid", "alg", "use", "kty", "crv", "x"],
        };
        assert_eq!(jwk.keys().collect::<Vec<_>>(), public);
        assert_eq!(format!("{key:?}"), format!("PrivateKey({} {})", key.algorithm(), key.key_id()));
        assert_eq!(format!("{:?}", key.to_secret()), "[secret]");
    }
}

#[test]
fn private_members_of_a_jwk_are_not_read_either() {
    let private = |jwk: &mut Value| jwk["d"] = json!("c2VjcmV0");
    let read = with_algorithm(key(Algorithm::EdDsa).public_jwk(), private).unwrap();
    assert!(!serde_json::to_string(&read).unwrap().contains("c2VjcmV0"));
    assert!(!format!("{read:?}").contains("c2VjcmV0"));
}

#[test]
fn a_key_is_read_back_from_its_secret() {
    for key in KEYS.iter() {
        let again = PrivateKey::from_secret(key.public_jwk(), &key.to_secret()).unwrap();
        assert_eq!(again.public_jwk(), key.public_jwk());
        let token = again.sign(&claims()).unwrap();
        assert!(published().verify::<AccessTokenClaims>(&token, &EXPECTED).is_ok());
    }
}

#[test]
fn a_key_that_is_not_the_published_one_is_refused() {
    for key in KEYS.iter() {
        let other = match key.algorithm() {
            Algorithm::Rs256 => continue,
            algorithm => PrivateKey::generate(algorithm, key.key_id()).unwrap(),
        };
        let refused = PrivateKey::from_secret(key.public_jwk(), &other.to_secret());
        assert!(matches!(refused, Err(KeyError::OtherKey)));
    }
    for (one, other) in KEYS.iter().zip(KEYS.iter().skip(1)) {
        let refused = PrivateKey::from_secret(one.public_jwk(), &other.to_secret());
        assert!(matches!(refused, Err(KeyError::Unreadable(_))));
    }
}

fn damaged(key: &PrivateKey, place: usize) -> Result<PrivateKey, KeyError> {
    let mut text = key.to_secret().expose().clone();
    let letter = if text.as_bytes()[place] == b'A' { "B" } else { "A" };
    text.replace_range(place..=place, letter);
    PrivateKey::from_secret(key.public_jwk(), &Secret::new(text))
}

/// That every bit is whole is what sealing proves. Here: an RSA key carries its private part twice, OpenSSL signs with
/// the half that is whole, and it overlooks a wrong version within an EC key. None of that may sign wrongly.
#[test]
fn a_damaged_key_is_refused_or_signs_as_it_should() {
    for key in KEYS.iter() {
        let length = key.to_secret().expose().trim_end().len();
        let step = if key.algorithm() == Algorithm::Rs256 { 23 } else { 1 };
        let read: Vec<_> =
            (0..length).step_by(step).filter_map(|place| damaged(key, place).ok()).collect();
        assert!(read.len() < length / step, "{key:?}");
        for key in read {
            let token = key.sign(&claims()).unwrap();
            assert!(published().verify::<AccessTokenClaims>(&token, &EXPECTED).is_ok());
        }
    }
}

/// Within the private scalar of a P-256 key, which the public point stands beside.
#[test]
fn a_private_part_that_does_not_fit_its_public_part_is_refused() {
    // One library finds it when it reads the key, the other when the key signs.
    assert!(matches!(damaged(key(Algorithm::Es256), 90), Err(KeyError::Unreadable(_))));
    assert!(matches!(damaged(key(Algorithm::Es384), 90), Err(KeyError::DoesNotVerify)));
}

#[test]
fn a_public_key_serves_its_own_algorithm_on_its_own_curve_only() {
    let swaps =
        [(Algorithm::Rs256, "ES256"), (Algorithm::Es256, "EdDSA"), (Algorithm::EdDsa, "RS256")];
    for (algorithm, alg) in swaps {
        let confused =
            with_algorithm(key(algorithm).public_jwk(), |jwk| jwk["alg"] = json!(alg)).unwrap();
        assert!(matches!(VerifyingKeys::new([&confused]), Err(KeyError::OtherCurve)));
    }
    let ed448 =
        with_algorithm(key(Algorithm::EdDsa).public_jwk(), |jwk| jwk["crv"] = json!("Ed448"));
    assert!(matches!(VerifyingKeys::new([&ed448.unwrap()]), Err(KeyError::OtherCurve)));
}

#[test]
fn a_jwk_for_encryption_or_with_an_algorithm_that_we_do_not_sign_with_is_not_read() {
    let jwk = key(Algorithm::Rs256).public_jwk();
    assert!(with_algorithm(jwk, |jwk| jwk["use"] = json!("enc")).is_err());
    for alg in ["none", "HS256", "RSA-OAEP", "rs256", ""] {
        assert!(with_algorithm(jwk, |jwk| jwk["alg"] = json!(alg)).is_err(), "{alg}");
    }
}

#[test]
fn a_jwks_is_read_back() {
    let jwks = Jwks { keys: KEYS.iter().map(|key| key.public_jwk().clone()).collect() };
    let text = serde_json::to_string(&jwks).unwrap();
    assert!(text.starts_with(r#"{"keys":[{"kid":"key_"#));
    assert_eq!(serde_json::from_str::<Jwks>(&text).unwrap(), jwks);
}

#[test]
fn a_token_that_nobody_would_read_is_not_signed() {
    let claims = AccessTokenClaims { scope: "x".repeat(16 * 1024), ..claims() };
    assert!(matches!(key(Algorithm::EdDsa).sign(&claims), Err(SignError::TooLong)));
}

#[test]
fn two_new_keys_are_different() {
    let draw = || PrivateKey::generate(Algorithm::Es256, KeyId::new(&Counting::default())).unwrap();
    assert_ne!(draw().public_jwk(), draw().public_jwk());
}
