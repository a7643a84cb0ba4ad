//! Tokens that somebody presents: ours, and assertions of clients. Without a key nothing is believed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{
    Timestamp,
    jose::{ClientToken, Expectations, VerifyingKeys},
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
});
