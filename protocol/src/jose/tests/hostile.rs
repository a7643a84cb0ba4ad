//! Tokens that somebody made to be believed, and to hurt (ATTACKS 26, 28, 50).
//!
//! A header that must be refused before any cryptography is signed with the real key here: nothing but the header can
//! be the reason.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Algorithm, EXPECTED, KEYS, claims, header_of, key, published, signed};
use crate::{
    id::KeyId,
    jose::{HEADER_LENGTH_MAX, PrivateKey, Refused, TOKEN_LENGTH_MAX},
    randomness::tests::Counting,
    tokens::AccessTokenClaims,
};

fn verify(token: &str) -> Result<AccessTokenClaims, Refused> {
    published().verify(token, &EXPECTED)
}

fn payload() -> String {
    serde_json::to_string(&claims()).unwrap()
}

/// The real header with one member more or another, signed by the real key.
fn with(key: &PrivateKey, name: &str, value: Value) -> String {
    let mut header = header_of(key);
    header[name] = value;
    signed(key, &header.to_string(), &payload())
}

#[test]
fn a_header_with_anything_beyond_alg_kid_and_typ_is_refused() {
    let key = key(Algorithm::EdDsa);
    let members = [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("p2c", json!(1_u64 << 31)),
        ("p2s", json!("c2FsdA")),
        ("jwk", serde_json::to_value(key.public_jwk()).unwrap()),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/x5u")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("x")),
        ("b64", json!(false)),
        ("cty", json!("JWT")),
        ("iss", json!("joe")),
        ("", json!("")),
    ];
    for (name, value) in members {
        assert_eq!(verify(&with(key, name, value)), Err(Refused::Header), "{name}");
    }
}

#[test]
fn a_header_that_lacks_a_member_or_has_it_twice_or_as_something_else_is_refused() {
    let key = key(Algorithm::EdDsa);
    for name in ["alg", "kid", "typ"] {
        for value in [Value::Null, json!(1), json!(["EdDSA"]), json!({})] {
            assert_eq!(verify(&with(key, name, value)), Err(Refused::Header), "{name}");
        }
        let mut header = header_of(key);
        let value = header[name].clone();
        header.as_object_mut().unwrap().remove(name);
        let header = header.to_string();
        assert_eq!(verify(&signed(key, &header, &payload())), Err(Refused::Header), "{name}");
        let twice = header.replacen('{', &format!(r#"{{"{name}":{value},"{name}":{value},"#), 1);
        assert_eq!(verify(&signed(key, &twice, &payload())), Err(Refused::Header), "{name}");
    }
    let list = json!(["EdDSA", key.key_id(), "at+jwt"]).to_string();
    for header in ["", "null", "{", "\"\"", &list, &"[".repeat(300)] {
        assert_eq!(verify(&signed(key, header, &payload())), Err(Refused::Header), "{header}");
    }
}

#[test]
fn an_algorithm_that_is_not_ours_is_refused_before_its_signature_is_looked_at() {
    for key in KEYS.iter() {
        for alg in [
            "none",
            "None",
            "HS256",
            "HS512",
            "PS384",
            "RS1",
            "dir",
            "PBES2-HS256+A128KW",
            "RSA1_5",
            "",
        ] {
            let token = with(key, "alg", json!(alg));
            assert_eq!(verify(&token), Err(Refused::Algorithm), "{alg}");
            let (unsigned, _) = token.rsplit_once('.').unwrap();
            assert_eq!(verify(&format!("{unsigned}.")), Err(Refused::Algorithm), "{alg}");
        }
    }
}

#[test]
fn the_public_key_is_no_secret_for_hs256() {
    let key = key(Algorithm::Rs256);
    let jwk = serde_json::to_string(key.public_jwk()).unwrap();
    let header = json!({ "alg": "HS256", "kid": key.key_id(), "typ": "at+jwt" }).to_string();
    let message = [header, payload()].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, jwk.as_bytes()), message.as_bytes());
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()));
    assert_eq!(verify(&token), Err(Refused::Algorithm));
}

#[test]
fn a_key_is_used_for_its_own_algorithm_only() {
    for signer in KEYS.iter() {
        for named in KEYS.iter().filter(|named| named.algorithm() != signer.algorithm()) {
            let algorithm_of_other = with(signer, "alg", json!(named.algorithm()));
            assert_eq!(verify(&algorithm_of_other), Err(Refused::Algorithm));
            let key_of_other = with(signer, "kid", json!(named.key_id()));
            assert_eq!(verify(&key_of_other), Err(Refused::Algorithm));
            let both = signed(signer, &header_of(named).to_string(), &payload());
            assert_eq!(verify(&both), Err(Refused::Signature));
        }
    }
}

#[test]
fn a_key_that_is_not_published_is_refused() {
    let kid = KeyId::new(&Counting::default()).to_string().replace('0', "1");
    for kid in [&kid, "../../dev/null", "' OR 1=1", "", "key_"] {
        let token = with(key(Algorithm::EdDsa), "kid", json!(kid));
        assert_eq!(verify(&token), Err(Refused::UnknownKey), "{kid}");
    }
}

#[test]
fn another_key_with_the_same_kid_does_not_verify() {
    let own = key(Algorithm::Es256);
    let other = PrivateKey::generate(Algorithm::Es256, own.key_id()).unwrap();
    assert_eq!(verify(&other.sign(&claims()).unwrap()), Err(Refused::Signature));
}

#[test]
fn another_type_is_refused() {
    for typ in ["JWT", "at+JWT", "application/at+jwt", "logout+jwt", ""] {
        let token = with(key(Algorithm::EdDsa), "typ", json!(typ));
        assert_eq!(verify(&token), Err(Refused::Typ), "{typ}");
    }
}

#[test]
fn an_encrypted_token_is_refused_by_its_form() {
    let header = json!({ "alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "zip": "DEF", "p2c": 1_u64 << 31, "p2s": "AA" });
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    assert_eq!(verify(&format!("{header}.AA.AA.AA.AA")), Err(Refused::Encrypted));
    assert_eq!(verify("...."), Err(Refused::Encrypted));
}

#[test]
fn every_flipped_bit_is_refused() {
    for key in KEYS.iter() {
        let token = key.sign(&claims()).unwrap();
        let keys = published();
        for place in 0..token.len() {
            for bit in 0..7 {
                let mut flipped = token.clone().into_bytes();
                flipped[place] ^= 1 << bit;
                let flipped = String::from_utf8(flipped).unwrap();
                assert!(
                    keys.verify::<AccessTokenClaims>(&flipped, &EXPECTED).is_err(),
                    "{flipped}"
                );
            }
        }
    }
}

#[test]
fn a_token_has_one_form() {
    let token = key(Algorithm::Rs256).sign(&claims()).unwrap();
    assert!(verify(&token).is_ok());
    for added in ["=", "==", " ", "\n", "\0", "é", "+"] {
        assert_eq!(verify(&format!("{token}{added}")), Err(Refused::Malformed), "{added:?}");
        let within = token.replace('.', &format!("{added}."));
        assert_eq!(verify(&within), Err(Refused::Malformed), "{added:?}");
        assert_eq!(verify(&format!("{added}{token}")), Err(Refused::Malformed), "{added:?}");
    }
    for added in ["A", "AA", "AAA", "AAAA"] {
        assert!(verify(&format!("{token}{added}")).is_err(), "{added:?}");
    }
    assert_eq!(verify(&token.replace('-', "+").replace('_', "/")), Err(Refused::Malformed));
}

#[test]
fn every_truncation_is_refused() {
    for key in KEYS.iter() {
        let token = key.sign(&claims()).unwrap();
        for place in 0..token.len() {
            assert!(verify(&token[..place]).is_err(), "{}", &token[..place]);
            assert!(place == 0 || verify(&token[place..]).is_err(), "{}", &token[place..]);
        }
    }
}

#[test]
fn a_token_without_three_parts_is_refused() {
    for token in ["", ".", "a", "a.b", "a.b.c.d", "a.b.c.d.e.f", "......"] {
        assert_eq!(verify(token), Err(Refused::Malformed), "{token}");
    }
    assert_eq!(verify(".."), Err(Refused::Header));
}

#[test]
fn signatures_at_the_edge_are_refused() {
    for key in KEYS.iter() {
        let token = key.sign(&claims()).unwrap();
        let (message, _) = token.rsplit_once('.').unwrap();
        for length in [0, 1, 32, 63, 64, 65, 96, 114, 132, 255, 256, 257, 512, 4096] {
            for byte in [0x00, 0x01, 0x30, 0xff] {
                let signature = URL_SAFE_NO_PAD.encode(vec![byte; length]);
                let forged = format!("{message}.{signature}");
                assert_eq!(verify(&forged), Err(Refused::Signature), "{key:?} {length} {byte}");
            }
        }
    }
}

#[test]
fn a_long_token_is_not_looked_at() {
    for token in ["a".repeat(TOKEN_LENGTH_MAX + 1), ".".repeat(1 << 24)] {
        assert_eq!(verify(&token), Err(Refused::TooLong));
    }
    let header = "a".repeat(HEADER_LENGTH_MAX + 1);
    assert_eq!(verify(&format!("{header}.a.a")), Err(Refused::TooLong));
    let key = key(Algorithm::EdDsa);
    let padded = header_of(key).to_string().replacen('{', &format!("{{{}", " ".repeat(400)), 1);
    assert_eq!(verify(&signed(key, &padded, &payload())), Err(Refused::TooLong));
}

proptest! {
    #[test]
    fn whatever_is_presented_is_refused_and_nothing_panics(
        text in any::<String>(),
        parts in "[A-Za-z0-9_-]{0,40}(\\.[A-Za-z0-9_-]{0,90}){0,5}",
        header in "\\{(\"(alg|kid|typ|crit)\":(\"EdDSA\"|\"at\\+jwt\"|null|\\[\\]),?){0,4}\\}",
    ) {
        prop_assert!(verify(&text).is_err());
        prop_assert!(verify(&parts).is_err());
        prop_assert!(verify(&signed(key(Algorithm::EdDsa), &header, &payload())).is_err());
    }
}
