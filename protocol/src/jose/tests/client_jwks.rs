//! Which keys a client may register, and what is kept of them (RFC 7517, RFC 7518 §6).

use std::slice::from_ref;

use serde_json::{Value, json};

use super::client_signers::{SIGNERS, encode, signer};
use crate::jose::{CLIENT_KEYS_MAX, ClientAlgorithm, ClientJwks, NotClientJwks};

fn set(keys: &[Value]) -> Result<ClientJwks, NotClientJwks> {
    ClientJwks::register(&json!({ "keys": keys }))
}

fn rsa(members: Value) -> Value {
    signer(ClientAlgorithm::Rs256).jwk_with(members)
}

fn p256(members: Value) -> Value {
    signer(ClientAlgorithm::Es256).jwk_with(members)
}

#[test]
fn what_is_kept_is_the_public_key_its_name_and_its_algorithm() {
    for signer in SIGNERS.iter() {
        let whole = signer.jwk_with(json!({
            "kid": "one", "alg": signer.algorithms()[0].name(), "use": "sig", "key_ops": ["verify"], "x5t": "x", "note": "n",
        }));
        let kept = set(&[whole]).unwrap();
        let expected =
            signer.jwk_with(json!({ "kid": "one", "alg": signer.algorithms()[0].name() }));
        let written = serde_json::to_value(&kept).unwrap();
        assert_eq!(written, json!({ "keys": [expected] }));
        assert_eq!(serde_json::from_value::<ClientJwks>(written).unwrap(), kept);
    }
}

#[test]
fn keys_for_something_else_are_left_out() {
    let good = p256(json!({ "kid": "good" }));
    let others = [
        rsa(json!({ "use": "other", "kid": "good" })),
        rsa(json!({ "use": "enc", "alg": "RSA1_5" })),
        p256(json!({ "use": "enc", "alg": "ECDH-ES+A192KW" })),
        rsa(json!({ "key_ops": ["encrypt"] })),
        rsa(json!({ "key_ops": [] })),
        rsa(json!({ "alg": "RSA1_5" })),
        rsa(json!({ "alg": "HS256" })),
        json!({ "kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA" }),
        json!({ "kty": "OKP", "crv": "X448", "x": "AA", "use": "enc" }),
        json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AA" }),
    ];
    for other in &others {
        assert_eq!(set(&[other.clone(), good.clone()]), set(from_ref(&good)), "{other}");
        assert_eq!(set(from_ref(other)), Err(NotClientJwks::NothingOfUse), "{other}");
    }
}

#[test]
fn a_private_or_symmetric_key_is_never_registered() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] {
        let mut key = rsa(json!({ "use": "enc" }));
        key[member] = json!("AQAB");
        assert_eq!(set(&[key]), Err(NotClientJwks::PrivateMember), "{member}");
    }
    assert_eq!(set(&[json!({ "kty": "oct", "k": "AA" })]), Err(NotClientJwks::PrivateMember));
}

#[test]
fn an_rsa_key_that_is_weak_or_too_large_is_refused() {
    let of = |bytes: usize, first: u8, last: u8, e: &[u8]| {
        let mut n = vec![0xaa; bytes];
        (n[0], n[bytes - 1]) = (first, last);
        set(&[json!({ "kty": "RSA", "n": encode(n), "e": encode(e) })])
    };
    let f4 = &[1, 0, 1];
    assert!(of(256, 0x80, 1, f4).is_ok());
    assert!(of(257, 0, 1, f4).is_ok());
    assert_eq!(of(256, 0, 1, f4), Err(NotClientJwks::Weak), "leading zeros do not count");
    assert_eq!(of(256, 0x7f, 1, f4), Err(NotClientJwks::Weak), "2047 bits");
    assert_eq!(of(128, 0x80, 1, f4), Err(NotClientJwks::Weak));
    assert_eq!(of(256, 0x80, 2, f4), Err(NotClientJwks::Weak), "even");
    assert_eq!(of(256, 0x80, 1, &[1]), Err(NotClientJwks::Weak), "anybody signs with 1");
    assert_eq!(of(256, 0x80, 1, &[2]), Err(NotClientJwks::Weak));
    assert_eq!(of(256, 0x80, 1, &[0]), Err(NotClientJwks::Weak));
    assert_eq!(of(1025, 0x80, 1, f4), Err(NotClientJwks::TooLarge));
    assert_eq!(of(256, 0x80, 1, &[1, 0, 0, 0, 1]), Err(NotClientJwks::TooLarge));
    let long = json!({ "kty": "RSA", "n": "A".repeat(100_000), "e": "AQAB" });
    assert_eq!(set(&[long]), Err(NotClientJwks::TooLarge));
}

#[test]
fn a_key_that_does_not_lie_on_its_curve_is_refused() {
    let off = p256(json!({ "y": encode([1; 32]) }));
    assert_eq!(set(&[off]), Err(NotClientJwks::Unreadable));
    let short = signer(ClientAlgorithm::EdDsa).jwk_with(json!({ "x": encode([1; 31]) }));
    assert_eq!(set(&[short]), Err(NotClientJwks::Unreadable));
}

#[test]
fn an_algorithm_that_is_not_for_the_key_is_refused() {
    for key in [rsa(json!({ "alg": "ES256" })), p256(json!({ "alg": "ES384" }))] {
        assert_eq!(set(&[key]), Err(NotClientJwks::OtherAlgorithm));
    }
}

#[test]
fn what_is_no_set_of_keys_is_refused() {
    let sets = [json!(null), json!([]), json!({}), json!({ "keys": {} }), json!("keys")];
    for none in sets {
        assert_eq!(ClientJwks::register(&none), Err(NotClientJwks::NotASet), "{none}");
    }
    assert_eq!(set(&[]), Err(NotClientJwks::NothingOfUse));
    assert_eq!(set(&vec![rsa(json!({})); CLIENT_KEYS_MAX + 1]), Err(NotClientJwks::TooMany));
    let malformed = [
        json!(1),
        json!({}),
        json!({ "kty": 1 }),
        rsa(json!({ "n": 1 })),
        rsa(json!({ "n": "+/" })),
        rsa(json!({ "kid": 1 })),
        rsa(json!({ "kid": "" })),
        rsa(json!({ "kid": "a".repeat(129) })),
        rsa(json!({ "kid": "a\u{0}" })),
        rsa(json!({ "use": ["sig"] })),
        rsa(json!({ "key_ops": "verify" })),
        rsa(json!({ "alg": 1 })),
    ];
    for key in malformed {
        assert_eq!(set(from_ref(&key)), Err(NotClientJwks::Malformed), "{key}");
    }
}

#[test]
fn keys_have_names_of_their_own() {
    let (one, other) = (rsa(json!({ "kid": "1" })), p256(json!({ "kid": "1" })));
    assert_eq!(set(&[one.clone(), other]), Err(NotClientJwks::KeyIds));
    assert_eq!(set(&[one.clone(), p256(json!({}))]), Err(NotClientJwks::KeyIds));
    assert!(set(&[one, p256(json!({ "kid": "2" }))]).is_ok());
}

#[test]
fn a_key_of_a_later_release_is_kept_and_verifies_nothing() {
    let stored = json!({ "keys": [{ "kty": "AKP", "alg": "LATER", "pub": "AA" }, rsa(json!({ "kid": "1" }))] });
    let jwks: ClientJwks = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(jwks.iter().count(), 1);
    assert_eq!(serde_json::to_value(&jwks).unwrap(), stored);
}
