//! Tokens that somebody presents: ours, assertions of clients, and hints under a client's secret. Without a key nothing is
//! believed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{
    Timestamp,
    jose::{ClientKeys, ClientToken, Expectations, SharedHint, VerifyingKeys},
    tokens::{AccessTokenClaims, IdTokenClaims},
};

fuzz_target!(|text: &str| {
    let keys = VerifyingKeys::new([]).expect("no key is a good set");
    let issuer = "https://id.example";
    let expected = Expectations { issuer, audience: Some(issuer), now: Timestamp::from_seconds(1) };
    assert!(keys.verify::<AccessTokenClaims>(text, &expected).is_err());
    assert!(keys.verify::<IdTokenClaims>(text, &expected).is_err());
    if let Ok(token) = ClientToken::read(text) {
        let _ = token.claim("jti");
    }
    if let Some(hint) = SharedHint::read(text) {
        let _ = hint.client_id();
        assert!(hint.verify(&ClientKeys::None, &expected).is_err());
    }
});
