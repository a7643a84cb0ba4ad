//! A token that a client has signed, and the keys of that client: nothing of it is believed until its header has passed the
//! allow-list and one of the client's own keys, for that algorithm, verifies its signature (RFC 8725; ATTACKS 28, 50).

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    ClientAlgorithm, ClientJwks, Refused,
    algorithm::Verifier,
    client_algorithm::KeyKind,
    client_jwk::is_key_id,
    verify::{Parts, decode},
};
use crate::{clock::Timestamp, crypto, json, secret::Token};

/// All that its header may hold: `alg` must be there. A key that travels along (`jwk`, `jku`, `x5u`, `x5c`) is refused by its
/// presence, as is whatever comes next.
const HEADER_MEMBERS: [&str; 3] = ["alg", "kid", "typ"];

/// What `typ` may say, in any case (RFC 7515 §4.1.9).
const TYPES: [&str; 2] = ["JWT", "client-authentication+jwt"];

/// A token taken apart. Its claims are only what somebody says.
#[derive(Clone)]
pub struct ClientToken {
    algorithm: ClientAlgorithm,
    kid: Option<String>,
    claims: Map<String, Value>,
    signed: Token,
    signature: Vec<u8>,
}

impl ClientToken {
    /// Takes a token apart, if its header holds nothing but what is accepted.
    pub fn read(token: &str) -> Result<Self, Refused> {
        let parts = Parts::split(token)?;
        let header = json::object(&decode(parts.header)?).ok_or(Refused::Header)?;
        if header.keys().any(|name| !HEADER_MEMBERS.contains(&name.as_str())) {
            return Err(Refused::Header);
        }
        let text = |name| match header.get(name) {
            None => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or(Refused::Header),
        };
        let (alg, kid, typ) = (text("alg")?.ok_or(Refused::Header)?, text("kid")?, text("typ")?);
        let algorithm = alg.parse().map_err(|_| Refused::Algorithm)?;
        if kid.is_some_and(|kid| !is_key_id(kid)) {
            return Err(Refused::Header);
        }
        if typ.is_some_and(|typ| !TYPES.iter().any(|one| one.eq_ignore_ascii_case(typ))) {
            return Err(Refused::Typ);
        }
        Ok(Self {
            algorithm,
            kid: kid.map(str::to_owned),
            claims: json::object(&decode(parts.payload)?).ok_or(Refused::Claims)?,
            signature: decode(parts.signature)?,
            signed: Token::presented(parts.signed),
        })
    }

    /// How it says that it is signed.
    pub const fn algorithm(&self) -> ClientAlgorithm {
        self.algorithm
    }

    /// Whether it names the key that signed it.
    pub const fn names_key(&self) -> bool {
        self.kid.is_some()
    }

    /// What it says under `name`. Nobody has vouched for it unless [`ClientKeys::verify`] did.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    /// All that it says, as claims of one kind. As with [`Self::claim`], nobody may have vouched for it.
    pub(super) fn claims<C: DeserializeOwned>(&self) -> Result<C, Refused> {
        C::deserialize(&self.claims).map_err(|_| Refused::Claims)
    }
}

/// It is as good as a password until it is used.
impl fmt::Debug for ClientToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientToken({})", self.algorithm)
    }
}

/// The keys of one client, parsed once.
#[derive(Default)]
pub enum ClientKeys {
    /// It signs nothing.
    #[default]
    None,
    /// It signs, and we verify.
    Public(Vec<PublicKey>),
    /// Both sides have the secret.
    Shared(Vec<SharedKey>),
}

/// A public key, parsed for each algorithm that it may verify.
pub struct PublicKey {
    kid: Option<String>,
    verifiers: Vec<(ClientAlgorithm, Verifier)>,
}

/// A client secret, and from when on it proves nothing.
pub struct SharedKey {
    secret: Token,
    expires_at: Option<Timestamp>,
}

impl ClientKeys {
    /// Parses what was registered. A key of a later release verifies nothing here.
    pub fn of_jwks(jwks: &ClientJwks) -> Self {
        let parse = |key: &super::client_jwk::ClientJwk| {
            let verifier = |algorithm| Some((algorithm, key.verifier(algorithm)?));
            let verifiers = key.algorithms().filter_map(verifier).collect();
            PublicKey { kid: key.kid.clone(), verifiers }
        };
        Self::Public(jwks.iter().map(parse).collect())
    }

    /// Over these secrets, each with its end.
    pub fn of_secrets(secrets: impl IntoIterator<Item = (Token, Option<Timestamp>)>) -> Self {
        let shared = |(secret, expires_at)| SharedKey { secret, expires_at };
        Self::Shared(secrets.into_iter().map(shared).collect())
    }

    /// Whether one of the keys that live has signed the token.
    pub fn verify(&self, token: &ClientToken, now: Timestamp) -> Result<(), Refused> {
        let verifies = match self {
            Self::None => return Err(Refused::UnknownKey),
            Self::Public(keys) => {
                let verifier = one_of(keys, token)?;
                verifier.verifies(token.signed.expose().as_bytes(), &token.signature)
            }
            Self::Shared(secrets) => {
                let KeyKind::Secret { bytes_min } = token.algorithm.kind() else {
                    return Err(Refused::Algorithm);
                };
                let lives = |key: &&SharedKey| key.expires_at.is_none_or(|end| now < end);
                let live = secrets.iter().filter(lives);
                let fits = |key: &&SharedKey| key.secret.expose().len() >= bytes_min;
                live.filter(fits).fold(false, |right, key| right | key.has_signed(token))
            }
        };
        verifies.then_some(()).ok_or(Refused::Signature)
    }
}

/// The key that the token names, for the token's algorithm. One that names none must leave no choice (OpenID Connect Core
/// 1.0 §10.1).
fn one_of<'a>(keys: &'a [PublicKey], token: &ClientToken) -> Result<&'a Verifier, Refused> {
    let is_named = |key: &&PublicKey| token.kid.is_none() || key.kid == token.kid;
    let mut named = keys.iter().filter(is_named).peekable();
    if named.peek().is_none() {
        return Err(Refused::UnknownKey);
    }
    let mut suitable =
        named.flat_map(|key| &key.verifiers).filter(|(one, _)| *one == token.algorithm);
    let (_, verifier) = suitable.next().ok_or(Refused::Algorithm)?;
    if suitable.next().is_some() { Err(Refused::UnknownKey) } else { Ok(verifier) }
}

impl SharedKey {
    fn has_signed(&self, token: &ClientToken) -> bool {
        let key = self.secret.expose().as_bytes();
        let (message, tag) = (token.signed.expose().as_bytes(), &*token.signature);
        match token.algorithm {
            ClientAlgorithm::Hs256 => crypto::is_hmac_sha256(key, message, tag),
            ClientAlgorithm::Hs384 => crypto::is_hmac_sha384(key, message, tag),
            ClientAlgorithm::Hs512 => crypto::is_hmac_sha512(key, message, tag),
            _ => false,
        }
    }
}
