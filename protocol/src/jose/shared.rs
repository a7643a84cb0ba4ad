//! ID tokens under the secret of their client (OpenID Connect Core 1.0 §10.1): signed here, and read again where they come back
//! as a hint. Whoever has the secret could have written them, so that they say nothing that only we could know.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{
    Claims, ClientAlgorithm, ClientKeys, ClientToken, Expectations, Refused, SignError,
    TOKEN_LENGTH_MAX, verify::Registered,
};
use crate::{crypto, id::ClientId, secret::Token, tokens::IdTokenClaims};

/// Bytes of a secret that signs: as many as the digest has (RFC 7518 §3.2).
const SECRET_BYTES_MIN: usize = 32;

/// The secret of a client, to sign its ID tokens with.
pub struct SharedSigner(Token);

impl SharedSigner {
    /// Nothing where the secret is too short.
    pub fn new(secret: Token) -> Option<Self> {
        (secret.expose().len() >= SECRET_BYTES_MIN).then_some(Self(secret))
    }

    /// A token in compact form. Its header holds `alg` and `typ` and nothing else.
    pub fn sign<C: Claims>(&self, claims: &C) -> Result<String, SignError> {
        let header = format!(r#"{{"alg":"HS256","typ":"{}"}}"#, C::TYP.as_str());
        let header = URL_SAFE_NO_PAD.encode(header);
        let payload = serde_json::to_vec(claims).map_err(SignError::Claims)?;
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
        let tag = crypto::hmac_sha256(self.0.expose().as_bytes(), signed.as_bytes());
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag));
        if token.len() > TOKEN_LENGTH_MAX { Err(SignError::TooLong) } else { Ok(token) }
    }
}

/// It is a secret.
impl fmt::Debug for SharedSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSigner")
    }
}

/// A hint that says that it is under the secret of a client. Nobody has vouched for it yet.
pub struct SharedHint(ClientToken);

impl SharedHint {
    /// Nothing where the hint is something else, and is read with our own keys.
    pub fn read(hint: &str) -> Option<Self> {
        let token = ClientToken::read(hint).ok()?;
        (token.algorithm() == ClientAlgorithm::Hs256).then_some(Self(token))
    }

    /// The client whose secret it would be.
    pub fn client_id(&self) -> Option<ClientId> {
        self.0.claim("aud").and_then(Value::as_str)?.parse().ok()
    }

    /// What it says, where it is under one of these secrets; its time may be over. `expected` must name the client whose they
    /// are.
    pub fn verify(
        &self,
        secrets: &ClientKeys,
        expected: &Expectations<'_>,
    ) -> Result<IdTokenClaims, Refused> {
        secrets.verify(&self.0, expected.now)?;
        let registered: Registered = self.0.claims()?;
        registered.check(expected)?;
        self.0.claims()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{clock::Timestamp, randomness::tests::Counting};

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn claims(aud: &str) -> IdTokenClaims {
        let (iat, exp) = (NOW.as_seconds(), NOW.as_seconds() + 60);
        let claims =
            json!({ "iss": "https://id.example", "sub": "s", "aud": aud, "iat": iat, "exp": exp });
        serde_json::from_value(claims).unwrap()
    }

    fn secrets(secret: &Token) -> ClientKeys {
        ClientKeys::of_secrets([(secret.clone(), None)])
    }

    #[test]
    fn what_is_signed_is_read_with_the_same_secret_for_the_same_client() {
        let secret = Token::new(&Counting::default());
        let client_id = ClientId::new(&Counting::default()).to_string();
        let token = SharedSigner::new(secret.clone()).unwrap().sign(&claims(&client_id)).unwrap();
        let hint = SharedHint::read(&token).unwrap();
        assert_eq!(hint.client_id().unwrap().to_string(), client_id);
        let expected =
            Expectations { issuer: "https://id.example", audience: Some(&client_id), now: NOW };
        assert_eq!(hint.verify(&secrets(&secret), &expected), Ok(claims(&client_id)));
        let later = Expectations { now: Timestamp::from_seconds(1_900_000_000), ..expected };
        assert!(hint.verify(&secrets(&secret), &later).is_ok(), "its time may be over");
        let wrong = [
            (Expectations { issuer: "https://other.example", ..expected }, Refused::Issuer),
            (Expectations { audience: Some("other"), ..expected }, Refused::Audience),
        ];
        for (expected, why) in wrong {
            assert_eq!(hint.verify(&secrets(&secret), &expected), Err(why));
        }
        let other = Token::presented("another secret of more than 32 bytes");
        assert_eq!(hint.verify(&secrets(&other), &expected), Err(Refused::Signature));
        assert_eq!(hint.verify(&ClientKeys::None, &expected), Err(Refused::UnknownKey));
    }

    #[test]
    fn a_short_secret_signs_nothing_and_verifies_nothing() {
        assert!(SharedSigner::new(Token::presented("a".repeat(31))).is_none());
        assert!(SharedSigner::new(Token::presented("a".repeat(32))).is_some());
    }

    /// RFC 8725 §3.1: only what says HS256 is looked at as such.
    #[test]
    fn another_algorithm_is_no_such_hint() {
        let secret = Token::new(&Counting::default());
        let token = SharedSigner::new(secret).unwrap().sign(&claims("c")).unwrap();
        let rest = token.split_once('.').unwrap().1;
        for header in [
            r#"{"alg":"HS512","typ":"JWT"}"#,
            r#"{"alg":"none","typ":"JWT"}"#,
            r#"{"alg":"RS256","typ":"JWT"}"#,
            r#"{"alg":"HS256","typ":"JWT","zip":"DEF"}"#,
            r#"{"alg":"HS256","typ":"at+jwt"}"#,
        ] {
            let header = URL_SAFE_NO_PAD.encode(header);
            assert!(SharedHint::read(&format!("{header}.{rest}")).is_none());
        }
    }
}
