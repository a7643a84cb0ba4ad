//! What is taken from a set of keys that was found at a client's `jwks_uri`.

use serde_json::{Value, json};

use super::client_signers::{encode, signer};
use crate::jose::{
    CLIENT_KEYS_MAX, ClientAlgorithm, ClientJwks, EncryptionAlgorithm, NotClientJwks,
};

fn set(keys: &[Value]) -> Result<ClientJwks, NotClientJwks> {
    ClientJwks::fetched(json!({ "keys": keys }).to_string().as_bytes())
}

fn p256(members: Value) -> Value {
    signer(ClientAlgorithm::Es256).jwk_with(members)
}

fn rsa(members: Value) -> Value {
    signer(ClientAlgorithm::Rs256).jwk_with(members)
}

#[test]
fn what_is_not_wanted_is_left_out_and_the_rest_is_kept() {
    let good = p256(json!({ "kid": "good" }));
    let expected = ClientJwks::register(&json!({ "keys": [good] }));
    for other in [
        json!({ "kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA" }),
        json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AA" }),
        json!({ "kty": 1 }),
        json!("key"),
        json!({ "kty": "RSA", "n": encode([0xaa; 64]), "e": "AQAB" }),
        json!({ "kty": "RSA", "n": "A".repeat(100_000), "e": "AQAB" }),
        rsa(json!({ "use": "enc", "alg": "RSA1_5" })),
        rsa(json!({ "kid": "" })),
        p256(json!({ "y": encode([1; 32]) })),
        p256(json!({ "alg": "ES384" })),
    ] {
        assert_eq!(set(&[other.clone(), good.clone()]), expected, "{other}");
        assert!(set(&[other]).unwrap().is_empty());
    }
    assert!(set(&[]).unwrap().is_empty(), "who withdraws every key may");
}

#[test]
fn a_key_to_encrypt_with_is_kept_beside_those_that_verify() {
    let encrypting = rsa(json!({ "use": "enc", "alg": "RSA-OAEP" }));
    let set = set(&[p256(json!({})), encrypting]).unwrap();
    assert!(set.encryption_key(EncryptionAlgorithm::RsaOaep).is_some());
    assert_eq!(set.iter().count(), 1, "it verifies nothing");
}

#[test]
fn keys_may_share_a_name_or_have_none() {
    let keys = [rsa(json!({ "kid": "1" })), p256(json!({ "kid": "1" })), p256(json!({}))];
    assert_eq!(set(&keys).unwrap().iter().count(), 3);
}

/// The owner has shown it to everybody.
#[test]
fn a_set_with_a_private_member_is_refused_as_a_whole() {
    let good = p256(json!({ "kid": "good" }));
    for bad in [p256(json!({ "d": "AA" })), json!({ "kty": "oct", "k": "AA" })] {
        assert_eq!(set(&[good.clone(), bad]), Err(NotClientJwks::PrivateMember));
    }
}

#[test]
fn what_is_no_set_or_a_very_long_one_is_refused() {
    for body in ["", "null", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#, "<html>"] {
        assert_eq!(ClientJwks::fetched(body.as_bytes()), Err(NotClientJwks::NotASet), "{body}");
    }
    assert_eq!(set(&vec![json!({}); 101]), Err(NotClientJwks::TooMany));
    let named = |number: usize| p256(json!({ "kid": number.to_string() }));
    let many: Vec<_> = (0..=CLIENT_KEYS_MAX).map(named).collect();
    assert_eq!(set(&many), Err(NotClientJwks::TooMany));
}
