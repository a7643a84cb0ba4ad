//! What is believed of a token that somebody presents: nothing, until its header has passed an allow-list, its key is
//! one of ours and signs with that key's own algorithm, and its signature verifies (RFC 8725; ATTACKS 28, 50).

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Algorithm, Audience, Claims, KeyError, LEEWAY, NumericDate, PublicJwk, Typ, algorithm::Verifier,
};
use crate::{clock::Timestamp, id::KeyId, json};

/// Characters of a token. A longer one is not looked at.
pub const TOKEN_LENGTH_MAX: usize = 16 * 1024;

/// Characters of a token's header. Ours have about 100.
pub const HEADER_LENGTH_MAX: usize = 512;

/// The members that a header must have, and all that it may have. So `crit`, `zip`, `enc`, `p2c`, `jwk`, `jku`, `x5u`,
/// `b64` and whatever comes next are refused by their presence.
const HEADER_MEMBERS: [&str; 3] = ["alg", "kid", "typ"];

/// Public keys, parsed once. None, to begin with.
#[derive(Default)]
pub struct VerifyingKeys(BTreeMap<KeyId, (Algorithm, Verifier)>);

/// What the reader of a token knows already.
#[derive(Debug, Clone, Copy)]
pub struct Expectations<'a> {
    /// The `iss` that it must have.
    pub issuer: &'a str,
    /// Who must be in its `aud`; nobody where the caller judges the audience from the claims.
    pub audience: Option<&'a str>,
    /// The present instant.
    pub now: Timestamp,
}

/// Why a token is not believed. Callers outside learn only that it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Longer than [`TOKEN_LENGTH_MAX`], or its header than [`HEADER_LENGTH_MAX`].
    #[error("the token is too long")]
    TooLong,
    /// It has the five parts of an encrypted token (RFC 7516 §3.1).
    #[error("the token is encrypted")]
    Encrypted,
    /// Not three parts of base64url in its one canonical form.
    #[error("the token is not in compact form")]
    Malformed,
    /// The header is no object, lacks one of `alg`, `kid` and `typ`, or holds anything else.
    #[error("the header must hold alg, kid and typ and nothing else")]
    Header,
    /// `alg` is not on the allow-list, or not the algorithm of the key.
    #[error("the algorithm is not accepted")]
    Algorithm,
    /// No published key has this `kid`.
    #[error("the key is not known")]
    UnknownKey,
    /// It is a token of another kind.
    #[error("the token is of another type")]
    Typ,
    /// The signature is another.
    #[error("the signature does not verify")]
    Signature,
    /// The claims are not those of this kind of token.
    #[error("the claims cannot be read")]
    Claims,
    /// Somebody else issued it.
    #[error("the token has another issuer")]
    Issuer,
    /// It is meant for somebody else.
    #[error("the token has another audience")]
    Audience,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYetValid,
}

impl VerifyingKeys {
    /// Parses `keys`.
    pub fn new<'a>(keys: impl IntoIterator<Item = &'a PublicJwk>) -> Result<Self, KeyError> {
        let parse = |key: &PublicJwk| Ok((key.key_id(), (key.algorithm(), key.verifier()?)));
        keys.into_iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// What a token says, if one of the keys has signed it.
    pub fn authentic<C: Claims>(&self, token: &str) -> Result<Authentic<C>, Refused> {
        let parts = Parts::split(token)?;
        let verifier = self.admit(parts.header, C::TYP)?;
        let signature = decode(parts.signature)?;
        let payload = decode(parts.payload)?;
        if !verifier.verifies(parts.signed.as_bytes(), &signature) {
            return Err(Refused::Signature);
        }
        let claims = json::object(&payload).map(Value::Object).ok_or(Refused::Claims)?;
        let registered = Registered::deserialize(&claims).map_err(|_| Refused::Claims)?;
        let claims = C::deserialize(claims).map_err(|_| Refused::Claims)?;
        Ok(Authentic { registered, claims })
    }

    /// The claims of a token that is believed now.
    pub fn verify<C: Claims>(
        &self,
        token: &str,
        expected: &Expectations<'_>,
    ) -> Result<C, Refused> {
        let authentic = self.authentic(token)?;
        authentic.believed(expected)?;
        Ok(authentic.claims)
    }

    /// The claims of a token that was believed once, such as an `id_token_hint` (OpenID Connect RP-Initiated
    /// Logout 1.0 §2): everything is checked but its end.
    pub fn verify_hint<C: Claims>(
        &self,
        token: &str,
        expected: &Expectations<'_>,
    ) -> Result<C, Refused> {
        let Authentic { registered, claims } = self.authentic(token)?;
        registered.check(expected)?;
        Ok(claims)
    }

    /// Reads the header by ourselves and finds the key that alone may have signed.
    fn admit(&self, header: &str, typ: Typ) -> Result<&Verifier, Refused> {
        let header = json::object(&decode(header)?).ok_or(Refused::Header)?;
        if header.keys().any(|name| !HEADER_MEMBERS.contains(&name.as_str())) {
            return Err(Refused::Header);
        }
        let member = |name| header.get(name).and_then(Value::as_str).ok_or(Refused::Header);
        let (alg, kid, found) = (member("alg")?, member("kid")?, member("typ")?);
        let alg: Algorithm = alg.parse().map_err(|_| Refused::Algorithm)?;
        let kid: KeyId = kid.parse().map_err(|_| Refused::UnknownKey)?;
        let (algorithm, verifier) = self.0.get(&kid).ok_or(Refused::UnknownKey)?;
        if alg != *algorithm {
            return Err(Refused::Algorithm);
        }
        if found != typ.as_str() {
            return Err(Refused::Typ);
        }
        Ok(verifier)
    }
}

/// What is said by a token that one of the keys has signed. Whether it is believed depends on the moment and on who asks;
/// that it was signed does not, for as long as the keys stay.
#[derive(Debug)]
pub struct Authentic<C> {
    registered: Registered,
    claims: C,
}

impl<C> Authentic<C> {
    /// The claims, if they are believed now.
    pub fn believed(&self, expected: &Expectations<'_>) -> Result<&C, Refused> {
        self.registered.check(expected)?;
        if Timestamp::from(self.registered.exp) + LEEWAY <= expected.now {
            return Err(Refused::Expired);
        }
        Ok(&self.claims)
    }
}

/// A token taken apart, nothing of it decoded.
pub(super) struct Parts<'a> {
    pub(super) header: &'a str,
    pub(super) payload: &'a str,
    pub(super) signature: &'a str,
    /// Header and payload with their dot: what is signed.
    pub(super) signed: &'a str,
}

impl<'a> Parts<'a> {
    pub(super) fn split(token: &'a str) -> Result<Self, Refused> {
        if token.len() > TOKEN_LENGTH_MAX {
            return Err(Refused::TooLong);
        }
        match token.bytes().filter(|byte| *byte == b'.').count() {
            2 => {}
            4 => return Err(Refused::Encrypted),
            _ => return Err(Refused::Malformed),
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Refused::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Refused::Malformed)?;
        if header.len() > HEADER_LENGTH_MAX {
            return Err(Refused::TooLong);
        }
        Ok(Self { header, payload, signature, signed })
    }
}

/// Base64url in its one form: no padding, no white space, no bits left over.
pub(super) fn decode(part: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Malformed)
}

/// The claims that are judged here (RFC 7519 §4.1).
#[derive(Debug, Deserialize)]
pub(super) struct Registered {
    iss: String,
    aud: Audience,
    exp: NumericDate,
    iat: NumericDate,
    nbf: Option<NumericDate>,
}

impl Registered {
    pub(super) fn check(&self, expected: &Expectations<'_>) -> Result<(), Refused> {
        if self.iss != expected.issuer {
            return Err(Refused::Issuer);
        }
        if !expected.audience.is_none_or(|audience| self.aud.contains(audience)) {
            return Err(Refused::Audience);
        }
        let begins = self.nbf.unwrap_or(self.iat).max(self.iat);
        if Timestamp::from(begins) > expected.now + LEEWAY {
            return Err(Refused::NotYetValid);
        }
        Ok(())
    }
}
