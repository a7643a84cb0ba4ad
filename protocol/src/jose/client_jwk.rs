//! Public keys that a client registers (`jwks`, RFC 7591 §2): judged when they are registered, and what of them is kept. Those
//! that it signs with are here, those that it has answers encrypted with in `encryption_jwk.rs`.
//!
//! A set that is fetched is judged in `fetched_jwks.rs`.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    ClientAlgorithm, EncryptionAlgorithm, EncryptionKey,
    algorithm::Verifier,
    client_algorithm::KeyKind,
    encryption_jwk::{self, EncryptionJwk},
    jwk::{KeyUse, Members},
};

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

/// The keys of a client that verify signatures or encrypt. Written as the set of RFC 7517 §5, of which it keeps nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientJwks {
    pub(super) keys: Vec<KeptJwk>,
}

/// A key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum KeptJwk {
    /// First, because it alone says what it is for.
    Encrypting(EncryptionJwk),
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
    /// That it is for signatures alone, where no algorithm says so.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    key_use: Option<KeyUse>,
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
    /// Nothing in it verifies a signature that is accepted here, or encrypts.
    #[error("jwks has no key that verifies a signature which is accepted here, or encrypts")]
    NothingOfUse,
}

impl ClientJwks {
    /// Reads what a client registers. Keys for something else than signatures and encryption, and of kinds that are not
    /// known here, are left out (RFC 7517 §5).
    pub fn register(set: &Value) -> Result<Self, NotClientJwks> {
        let keys = set.get("keys").and_then(Value::as_array).ok_or(NotClientJwks::NotASet)?;
        if keys.len() > CLIENT_KEYS_MAX {
            return Err(NotClientJwks::TooMany);
        }
        let mut kept = Vec::new();
        for key in keys {
            kept.extend(KeptJwk::register(key)?);
        }
        let set = Self { keys: kept };
        if set.is_empty() {
            return Err(NotClientJwks::NothingOfUse);
        }
        // A signature that names no key must leave no choice; what is encrypted names the key that it is for.
        let signing: Vec<_> = set.iter().map(|key| key.kid.as_deref()).collect();
        let encrypting = set.encrypting().filter_map(|key| key.kid.as_deref()).map(Some);
        let is_nameless = signing.len() > 1 && signing.contains(&None);
        if is_nameless || repeats(signing) || repeats(encrypting.collect()) {
            return Err(NotClientJwks::KeyIds);
        }
        Ok(set)
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether something in it verifies signatures.
    pub fn verifies(&self) -> bool {
        self.keys.iter().any(|key| !matches!(key, KeptJwk::Encrypting(_)))
    }

    /// The key to encrypt with by `algorithm`: one that names it before one that names none, and one for encryption before
    /// one that says of nothing that it is for it. Nothing where none fits.
    pub fn encryption_key(&self, algorithm: EncryptionAlgorithm) -> Option<EncryptionKey> {
        let fits = |key: &&EncryptionJwk| key.suits(algorithm);
        let named = self.encrypting().filter(|key| key.names(algorithm));
        let meant = named.chain(self.encrypting().filter(fits)).map(|key| key.key(algorithm));
        let any = self.iter().map(|key| key.encryption_key(algorithm));
        meant.chain(any).flatten().next()
    }

    /// Those that verify signatures and that this release knows.
    pub(super) fn iter(&self) -> impl Iterator<Item = &ClientJwk> {
        self.keys.iter().filter_map(|key| match key {
            KeptJwk::Known(key) => Some(key),
            KeptJwk::Encrypting(_) | KeptJwk::Later(_) => None,
        })
    }

    fn encrypting(&self) -> impl Iterator<Item = &EncryptionJwk> {
        self.keys.iter().filter_map(|key| match key {
            KeptJwk::Encrypting(key) => Some(key),
            KeptJwk::Known(_) | KeptJwk::Later(_) => None,
        })
    }
}

/// Whether one of the names comes twice.
fn repeats(mut names: Vec<Option<&str>>) -> bool {
    let length = names.len();
    names.sort_unstable();
    names.dedup();
    names.len() != length
}

/// A key of a set and its name, where it has nothing that nobody should have seen.
fn read(key: &Value) -> Result<(&Map<String, Value>, Option<&str>), NotClientJwks> {
    let key = key.as_object().ok_or(NotClientJwks::Malformed)?;
    if PRIVATE_MEMBERS.iter().any(|name| key.contains_key(*name)) {
        return Err(NotClientJwks::PrivateMember);
    }
    let kid = text(key, "kid")?;
    if kid.is_some_and(|kid| !is_key_id(kid)) {
        return Err(NotClientJwks::Malformed);
    }
    Ok((key, kid))
}

impl KeptJwk {
    /// Nothing where it is for something else, or of a kind that is not known here.
    pub(super) fn register(key: &Value) -> Result<Option<Self>, NotClientJwks> {
        let (key, kid) = read(key)?;
        if encryption_jwk::is_meant(key)? {
            Ok(EncryptionJwk::register(key, kid)?.map(Self::Encrypting))
        } else {
            Ok(ClientJwk::register(key, kid)?.map(Self::Known))
        }
    }
}

impl ClientJwk {
    fn register(
        key: &Map<String, Value>,
        kid: Option<&str>,
    ) -> Result<Option<Self>, NotClientJwks> {
        let alg = match text(key, "alg")?.map(str::parse::<ClientAlgorithm>) {
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
        let is_restricted =
            alg.is_none() && (key.contains_key("use") || key.contains_key("key_ops"));
        let key_use = is_restricted.then_some(KeyUse::Signature);
        let jwk = Self { kid: kid.map(str::to_owned), alg, key_use, members };
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

    /// Parses it to encrypt with, where it does not say that it is for signatures alone.
    fn encryption_key(&self, algorithm: EncryptionAlgorithm) -> Option<EncryptionKey> {
        let is_free = self.alg.is_none() && self.key_use.is_none();
        let fits = is_free && algorithm.takes(self.members.curve());
        fits.then(|| self.members.encryption_key(algorithm, self.kid.as_deref())).flatten()
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

pub(super) fn text<'a>(
    key: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a str>, NotClientJwks> {
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
pub(super) fn weigh(members: &Members) -> Result<(), NotClientJwks> {
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
