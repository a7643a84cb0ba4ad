//! Public keys that a client registers (`jwks`, RFC 7591 §2): judged when they are registered, and what of them is kept.
//!
//! A set that is fetched is judged in `fetched_jwks.rs`.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ClientAlgorithm, algorithm::Verifier, client_algorithm::KeyKind, jwk::Members};

/// Keys of a set, those that are not kept included.
pub const CLIENT_KEYS_MAX: usize = 16;
/// Bytes of a `kid`.
pub const CLIENT_KEY_ID_BYTES_MAX: usize = 128;
/// Bits of the modulus of an RSA key.
const RSA_BITS_MIN: usize = 2048;
const RSA_BITS_MAX: usize = 8192;
/// Bytes of its exponent: a longer one makes verifying as slow as signing.
const RSA_EXPONENT_BYTES_MAX: usize = 4;

/// Members that only whoever signs may know (RFC 7518 §6.2.2, §6.3.2, §6.4).
const PRIVATE_MEMBERS: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/// The keys of a client that verify signatures. Written as the set of RFC 7517 §5, of which it keeps nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientJwks {
    pub(super) keys: Vec<KeptJwk>,
}

/// A key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum KeptJwk {
    Known(ClientJwk),
    /// Of a kind that a later release knows.
    Later(Map<String, Value>),
}

/// One key, public members alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ClientJwk {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<ClientAlgorithm>,
    #[serde(flatten)]
    members: Members,
}

/// Why a set of keys is not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotClientJwks {
    /// No object with a list `keys`.
    #[error("jwks must be an object with a list keys")]
    NotASet,
    /// More than 16.
    #[error("jwks has more than 16 keys")]
    TooMany,
    /// A key holds a member that only its owner may know, or is a secret.
    #[error("a key of jwks has a private member: it must be replaced, as others have seen it now")]
    PrivateMember,
    /// A member is missing, too long or not what RFC 7517 says.
    #[error("a key of jwks is malformed")]
    Malformed,
    /// Two keys with one name, or several without.
    #[error("each key of jwks must have a kid of its own, unless there is only one")]
    KeyIds,
    /// Fewer than 2048 bits, or an exponent with which anybody could sign.
    #[error("an RSA key of jwks must have at least 2048 bits, and an odd exponent above 1")]
    Weak,
    /// More than 8192 bits, or an exponent of more than 32.
    #[error("an RSA key of jwks must have at most 8192 bits, and an exponent of at most 32 bits")]
    TooLarge,
    /// `alg` is of another kind of key.
    #[error("a key of jwks names an alg that is not for it")]
    OtherAlgorithm,
    /// It does not lie on its curve, or cannot be read for another reason.
    #[error("a key of jwks cannot be read")]
    Unreadable,
    /// Nothing in it verifies a signature that is accepted here.
    #[error("jwks has no key that verifies a signature which is accepted here")]
    NothingVerifies,
}

impl ClientJwks {
    /// Reads what a client registers. Keys for something else than signatures, and of kinds that are not known here, are left
    /// out (RFC 7517 §5).
    pub fn register(set: &Value) -> Result<Self, NotClientJwks> {
        let keys = set.get("keys").and_then(Value::as_array).ok_or(NotClientJwks::NotASet)?;
        if keys.len() > CLIENT_KEYS_MAX {
            return Err(NotClientJwks::TooMany);
        }
        let mut known: Vec<ClientJwk> = Vec::new();
        for key in keys {
            known.extend(ClientJwk::register(key)?);
        }
        if known.is_empty() {
            return Err(NotClientJwks::NothingVerifies);
        }
        let mut names: Vec<_> = known.iter().map(|key| key.kid.as_deref()).collect();
        names.sort_unstable();
        names.dedup();
        if names.len() != known.len() || (known.len() > 1 && names.contains(&None)) {
            return Err(NotClientJwks::KeyIds);
        }
        Ok(Self { keys: known.into_iter().map(KeptJwk::Known).collect() })
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Those that this release knows.
    pub(super) fn iter(&self) -> impl Iterator<Item = &ClientJwk> {
        self.keys.iter().filter_map(|key| match key {
            KeptJwk::Known(key) => Some(key),
            KeptJwk::Later(_) => None,
        })
    }
}

impl ClientJwk {
    pub(super) fn register(key: &Value) -> Result<Option<Self>, NotClientJwks> {
        let key = key.as_object().ok_or(NotClientJwks::Malformed)?;
        if PRIVATE_MEMBERS.iter().any(|name| key.contains_key(*name)) {
            return Err(NotClientJwks::PrivateMember);
        }
        let (kid, alg) = (text(key, "kid")?, text(key, "alg")?);
        if kid.is_some_and(|kid| !is_key_id(kid)) {
            return Err(NotClientJwks::Malformed);
        }
        let alg = match alg.map(str::parse::<ClientAlgorithm>) {
            None => None,
            Some(Ok(alg)) if !alg.is_symmetric() => Some(alg),
            Some(_) => return Ok(None),
        };
        if !verifies(key)? || !is_known(key)? {
            return Ok(None);
        }
        let members = Members::deserialize(Value::Object(key.clone()))
            .map_err(|_| NotClientJwks::Malformed)?;
        weigh(&members)?;
        let jwk = Self { kid: kid.map(str::to_owned), alg, members };
        let Some(algorithm) = jwk.algorithms().next() else {
            return Err(NotClientJwks::OtherAlgorithm);
        };
        jwk.verifier(algorithm).map_or(Err(NotClientJwks::Unreadable), |_| Ok(Some(jwk)))
    }

    /// What it may verify: its own `alg`, or all that are for its kind.
    pub(super) fn algorithms(&self) -> impl Iterator<Item = ClientAlgorithm> {
        let suits = |algorithm: &ClientAlgorithm| {
            self.alg.is_none_or(|alg| alg == *algorithm) && self.members.suit(*algorithm)
        };
        ClientAlgorithm::ALL.iter().copied().filter(suits)
    }

    /// Parses it for `algorithm`; nothing where it cannot be read.
    pub(super) fn verifier(&self, algorithm: ClientAlgorithm) -> Option<Verifier> {
        let Ok(Value::Object(members)) = serde_json::to_value(&self.members) else { return None };
        Verifier::of_client(algorithm, members).ok()
    }
}

impl Members {
    fn suit(&self, algorithm: ClientAlgorithm) -> bool {
        match algorithm.kind() {
            KeyKind::Rsa => matches!(self, Self::Rsa { .. }),
            KeyKind::Curve(curve) => self.curve() == Some(curve),
            KeyKind::Secret { .. } => false,
        }
    }
}

fn text<'a>(key: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, NotClientJwks> {
    match key.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(NotClientJwks::Malformed),
    }
}

pub(super) fn is_key_id(kid: &str) -> bool {
    (1..=CLIENT_KEY_ID_BYTES_MAX).contains(&kid.len()) && !kid.chars().any(char::is_control)
}

/// Whether it may be used for signatures (RFC 7517 §4.2, §4.3).
fn verifies(key: &Map<String, Value>) -> Result<bool, NotClientJwks> {
    let is_for_signatures = text(key, "use")?.is_none_or(|key_use| key_use == "sig");
    let operations = match key.get("key_ops") {
        None => return Ok(is_for_signatures),
        Some(operations) => operations.as_array().ok_or(NotClientJwks::Malformed)?,
    };
    Ok(is_for_signatures && operations.iter().any(|operation| operation == "verify"))
}

/// Whether some algorithm is for keys of this kind.
fn is_known(key: &Map<String, Value>) -> Result<bool, NotClientJwks> {
    let curve = text(key, "crv")?;
    Ok(match text(key, "kty")?.ok_or(NotClientJwks::Malformed)? {
        "RSA" => true,
        "EC" => matches!(curve, Some("P-256" | "P-384" | "P-521")),
        "OKP" => curve == Some("Ed25519"),
        _ => false,
    })
}

/// An RSA key must be long enough to believe and short enough to verify with.
fn weigh(members: &Members) -> Result<(), NotClientJwks> {
    let Members::Rsa { n, e } = members else { return Ok(()) };
    let number = |text: &str| {
        if text.len() > RSA_BITS_MAX / 4 {
            return Err(NotClientJwks::TooLarge);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotClientJwks::Malformed)?;
        Ok(bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<u8>>())
    };
    let (modulus, exponent) = (number(n)?, number(e)?);
    let leading = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = modulus.len() * 8 - leading;
    let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
    if bits > RSA_BITS_MAX || exponent.len() > RSA_EXPONENT_BYTES_MAX {
        Err(NotClientJwks::TooLarge)
    } else if bits < RSA_BITS_MIN || !is_odd(&modulus) || !is_odd(&exponent) || exponent == [1] {
        Err(NotClientJwks::Weak)
    } else {
        Ok(())
    }
}
