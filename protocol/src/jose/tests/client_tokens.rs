//! What is believed of a token that a client has signed (RFC 7518, RFC 8725 §3).

use proptest::prelude::*;
use serde_json::{Value, json};

use super::client_signers::{SIGNERS, Signer, encode, hmac_token, signer};
use crate::{
    clock::Timestamp,
    jose::{ClientAlgorithm, ClientJwks, ClientKeys, ClientToken, Refused},
    secret::Token,
};

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
const SECRET: &str = "a client secret of sixty-four bytes, as long as HS512 asks for it";

fn header(algorithm: ClientAlgorithm) -> Value {
    json!({ "alg": algorithm.name(), "typ": "JWT" })
}

fn registered(keys: Vec<Value>) -> ClientKeys {
    ClientKeys::of_jwks(&ClientJwks::register(&json!({ "keys": keys })).unwrap())
}

fn shared(expires_at: Option<Timestamp>) -> ClientKeys {
    ClientKeys::of_secrets([(Token::presented(SECRET), expires_at)])
}

fn verify(keys: &ClientKeys, token: &str) -> Result<(), Refused> {
    ClientToken::read(token).and_then(|token| keys.verify(&token, NOW))
}

#[test]
fn every_algorithm_verifies_what_another_library_signed() {
    for signer in SIGNERS.iter() {
        let keys = registered(vec![signer.jwk()]);
        for algorithm in signer.algorithms() {
            let token = signer.token(*algorithm, &header(*algorithm));
            assert_eq!(verify(&keys, &token), Ok(()), "{algorithm}");
            let changed = token.replace(&encode(r#"{"sub":"me"}"#), &encode(r#"{"sub":"you"}"#));
            assert_eq!(verify(&keys, &changed), Err(Refused::Signature), "{algorithm}");
        }
    }
    let asymmetric = ClientAlgorithm::ALL.iter().filter(|one| !one.is_symmetric()).count();
    assert_eq!(SIGNERS.iter().map(|signer| signer.algorithms().len()).sum::<usize>(), asymmetric);
}

#[test]
fn a_key_verifies_no_other_algorithm_than_its_own() {
    let rsa = signer(ClientAlgorithm::Ps256);
    let keys = registered(vec![rsa.jwk_with(json!({ "alg": "PS256", "kid": "1" }))]);
    for algorithm in rsa.algorithms() {
        let token = rsa.token(*algorithm, &header(*algorithm));
        let expected = if algorithm.name() == "PS256" { Ok(()) } else { Err(Refused::Algorithm) };
        assert_eq!(verify(&keys, &token), expected, "{algorithm}");
    }
    let other = signer(ClientAlgorithm::Es256)
        .token(ClientAlgorithm::Es256, &header(ClientAlgorithm::Es256));
    assert_eq!(verify(&keys, &other), Err(Refused::Algorithm));
}

#[test]
fn a_signature_of_another_algorithm_does_not_verify() {
    let rsa = signer(ClientAlgorithm::Rs256);
    let keys = registered(vec![rsa.jwk()]);
    let token = rsa.token(ClientAlgorithm::Rs256, &header(ClientAlgorithm::Ps256));
    assert_eq!(verify(&keys, &token), Err(Refused::Signature));
}

#[test]
fn a_public_key_is_no_secret_and_none_is_no_algorithm() {
    let rsa = signer(ClientAlgorithm::Rs256);
    let keys = registered(vec![rsa.jwk()]);
    let jwk = rsa.jwk();
    for secret in [jwk["n"].as_str().unwrap().to_owned(), jwk.to_string()] {
        let token =
            hmac_token(ClientAlgorithm::Hs256, secret.as_bytes(), &header(ClientAlgorithm::Hs256));
        assert_eq!(verify(&keys, &token), Err(Refused::Algorithm));
    }
    for alg in ["none", "None", "", "HS1", "RS1", "ES256K", "dir", "A128KW", "PBES2-HS256+A128KW"] {
        let token = rsa.token(ClientAlgorithm::Rs256, &json!({ "alg": alg }));
        assert_eq!(verify(&keys, &token), Err(Refused::Algorithm), "{alg}");
    }
    let unsigned = format!("{}.{}.", encode(r#"{"alg":"RS256"}"#), encode("{}"));
    assert_eq!(verify(&keys, &unsigned), Err(Refused::Signature));
    assert_eq!(verify(&ClientKeys::None, &unsigned), Err(Refused::UnknownKey));
}

#[test]
fn a_key_that_travels_with_the_token_is_refused_by_its_presence() {
    let signer = signer(ClientAlgorithm::EdDsa);
    let keys = registered(vec![signer.jwk()]);
    let members = [
        ("jwk", signer.jwk()),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/x5u")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("x")),
        ("crit", json!(["exp"])),
        ("zip", json!("DEF")),
        ("p2c", json!(1_u64 << 31)),
        ("b64", json!(false)),
        ("cty", json!("JWT")),
    ];
    for (name, value) in members {
        let mut with = header(ClientAlgorithm::EdDsa);
        with[name] = value;
        let token = signer.token(ClientAlgorithm::EdDsa, &with);
        assert_eq!(verify(&keys, &token), Err(Refused::Header), "{name}");
    }
}

#[test]
fn the_header_says_its_algorithm_and_may_say_that_it_is_a_token_and_of_which_key() {
    let signer = signer(ClientAlgorithm::EdDsa);
    let keys = registered(vec![signer.jwk_with(json!({ "kid": "one" }))]);
    let cases = [
        (json!({ "alg": "EdDSA" }), Ok(())),
        (json!({ "alg": "EdDSA", "typ": "jwt", "kid": "one" }), Ok(())),
        (json!({ "alg": "EdDSA", "typ": "client-authentication+jwt" }), Ok(())),
        (json!({ "alg": "EdDSA", "typ": "at+jwt" }), Err(Refused::Typ)),
        (json!({ "alg": "EdDSA", "typ": 1 }), Err(Refused::Header)),
        (json!({ "alg": "EdDSA", "kid": "two" }), Err(Refused::UnknownKey)),
        (json!({ "alg": "EdDSA", "kid": "" }), Err(Refused::Header)),
        (json!({ "alg": "EdDSA", "kid": "a".repeat(129) }), Err(Refused::Header)),
        (json!({ "alg": "EdDSA", "kid": 1 }), Err(Refused::Header)),
        (json!({ "alg": ["EdDSA"] }), Err(Refused::Header)),
        (json!({ "typ": "JWT" }), Err(Refused::Header)),
        (json!([]), Err(Refused::Header)),
    ];
    for (header, expected) in cases {
        let token = signer.token(ClientAlgorithm::EdDsa, &header);
        assert_eq!(verify(&keys, &token), expected, "{header}");
    }
}

#[test]
fn a_token_that_names_no_key_must_leave_no_choice() {
    let (one, other) = (Signer::Ed25519(generated()), Signer::Ed25519(generated()));
    let named = |signer: &Signer, kid: &str| signer.jwk_with(json!({ "kid": kid }));
    let rsa = signer(ClientAlgorithm::Rs256);
    let token = one.token(ClientAlgorithm::EdDsa, &header(ClientAlgorithm::EdDsa));
    let among = registered(vec![named(&one, "1"), named(rsa, "2")]);
    assert_eq!(verify(&among, &token), Ok(()));
    let two = registered(vec![named(&one, "1"), named(&other, "2")]);
    assert_eq!(verify(&two, &token), Err(Refused::UnknownKey));
    let of_other = json!({ "alg": "EdDSA", "kid": "2" });
    let token = one.token(ClientAlgorithm::EdDsa, &of_other);
    assert_eq!(verify(&two, &token), Err(Refused::Signature));
}

fn generated() -> aws_lc_rs::signature::Ed25519KeyPair {
    aws_lc_rs::signature::Ed25519KeyPair::generate().unwrap()
}

#[test]
fn a_secret_verifies_every_hmac_that_it_is_long_enough_for() {
    use ClientAlgorithm::{Hs256, Hs384, Hs512};
    for algorithm in [Hs256, Hs384, Hs512] {
        let token = hmac_token(algorithm, SECRET.as_bytes(), &header(algorithm));
        assert_eq!(verify(&shared(None), &token), Ok(()), "{algorithm}");
        let other = hmac_token(algorithm, b"another", &header(algorithm));
        assert_eq!(verify(&shared(None), &other), Err(Refused::Signature), "{algorithm}");
    }
    for (algorithm, bytes) in [(Hs256, 31), (Hs384, 47), (Hs512, 63)] {
        let short = &SECRET[..bytes];
        let token = hmac_token(algorithm, short.as_bytes(), &header(algorithm));
        let keys = ClientKeys::of_secrets([(Token::presented(short), None)]);
        assert_eq!(verify(&keys, &token), Err(Refused::Signature), "{algorithm}");
    }
}

#[test]
fn a_secret_verifies_nothing_once_it_has_expired_and_nothing_that_is_not_hmac() {
    let algorithm = ClientAlgorithm::Hs256;
    let token = hmac_token(algorithm, SECRET.as_bytes(), &header(algorithm));
    assert_eq!(verify(&shared(Some(NOW)), &token), Err(Refused::Signature));
    let later = Timestamp::from_seconds(NOW.as_seconds() + 1);
    assert_eq!(verify(&shared(Some(later)), &token), Ok(()));
    let signed = signer(ClientAlgorithm::Es256)
        .token(ClientAlgorithm::Es256, &header(ClientAlgorithm::Es256));
    assert_eq!(verify(&shared(None), &signed), Err(Refused::Algorithm));
}

#[test]
fn a_token_does_not_show_itself() {
    let token =
        hmac_token(ClientAlgorithm::Hs256, SECRET.as_bytes(), &header(ClientAlgorithm::Hs256));
    assert_eq!(format!("{:?}", ClientToken::read(&token).unwrap()), "ClientToken(HS256)");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(header in "\\PC{0,60}", claims in "\\PC{0,60}", rest in "\\PC{0,60}") {
        let _ = ClientToken::read(&rest);
        let token = format!("{}.{}.{}", encode(&header), encode(&claims), encode(&rest));
        let _ = verify(&shared(None), &token);
    }

    #[test]
    fn no_set_of_keys_makes_it_panic(member in "kty|crv|n|e|x|y|use|alg|kid|key_ops", value in "\\PC{0,60}") {
        for signer in SIGNERS.iter() {
            let mut key = signer.jwk();
            key[member.as_str()] = json!(value);
            let _ = ClientJwks::register(&json!({ "keys": [key] }));
        }
    }
}
