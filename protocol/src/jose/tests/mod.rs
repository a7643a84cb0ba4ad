//! Keys and tokens that the tests of this folder share.

mod client_jwks;
mod client_signers;
mod client_tokens;
mod encryption;
mod fetched_jwks;
mod hostile;
mod keys;
mod lifetime;
mod vectors;

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{Algorithm, Audience, Expectations, NumericDate, PrivateKey, VerifyingKeys};
use crate::{
    clock::Timestamp,
    id::{ClientId, KeyId},
    randomness::{Randomness, tests::Counting},
    tokens::{AccessTokenClaims, Jti},
};

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://api.example";

const EXPECTED: Expectations<'_> =
    Expectations { issuer: ISSUER, audience: Some(AUDIENCE), now: NOW };

/// One key of each algorithm, drawn once: RSA takes its time.
static KEYS: LazyLock<Vec<PrivateKey>> = LazyLock::new(|| {
    let randomness = Counting::default();
    let draw = |algorithm: &Algorithm| PrivateKey::generate(*algorithm, KeyId::new(&randomness));
    Algorithm::ALL.iter().map(|algorithm| draw(algorithm).unwrap()).collect()
});

fn key(algorithm: Algorithm) -> &'static PrivateKey {
    KEYS.iter().find(|key| key.algorithm() == algorithm).unwrap()
}

fn published() -> VerifyingKeys {
    VerifyingKeys::new(KEYS.iter().map(PrivateKey::public_jwk)).unwrap()
}

fn claims() -> AccessTokenClaims {
    let randomness: &dyn Randomness = &Counting::default();
    AccessTokenClaims {
        iss: ISSUER.into(),
        aud: Audience::One(AUDIENCE.into()),
        sub: "acc_1".into(),
        client_id: ClientId::new(randomness),
        iat: NumericDate::from(NOW),
        exp: NumericDate::from(Timestamp::from_seconds(NOW.as_seconds() + 900)),
        jti: Jti::new(randomness),
        scope: "openid email".into(),
        auth_time: None,
        acr: None,
        amr: Vec::new(),
        sid: None,
        grant_id: None,
        epoch: None,
        custom: Default::default(),
    }
}

fn header_of(key: &PrivateKey) -> Value {
    json!({ "alg": key.algorithm(), "kid": key.key_id(), "typ": "at+jwt" })
}

/// What somebody who has the key could sign.
fn signed(key: &PrivateKey, header: &str, payload: &str) -> String {
    let parts = [header, payload].map(|part| URL_SAFE_NO_PAD.encode(part));
    let message = parts.join(".");
    let signature = URL_SAFE_NO_PAD.encode(key.signature(message.as_bytes()).unwrap());
    format!("{message}.{signature}")
}
