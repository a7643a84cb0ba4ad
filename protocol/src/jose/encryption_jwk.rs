//! A public key that a client registers to have its answers encrypted with (RFC 7517 §4.2, `use: enc`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    ContentEncryption, EncryptionAlgorithm, NotClientJwks,
    client_jwk::{text, weigh},
    encrypting::{Content, EncryptionKey},
    jwk::Members,
};

/// One key, public members alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EncryptionJwk {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<EncryptionAlgorithm>,
    #[serde(rename = "use")]
    key_use: KeyUse,
    #[serde(flatten)]
    members: Members,
}

/// What tells it from a key that verifies signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum KeyUse {
    #[serde(rename = "enc")]
    Encryption,
}

/// Whether a key is for encryption: it says so, or where it says nothing its algorithm or its curve is for nothing else.
pub(super) fn is_meant(key: &Map<String, Value>) -> Result<bool, NotClientJwks> {
    let (key_use, alg, curve) = (text(key, "use")?, text(key, "alg")?, text(key, "crv")?);
    Ok(match key_use {
        Some(key_use) => key_use == "enc",
        None => alg.is_some_and(|alg| named(alg).is_some()) || curve == Some("X25519"),
    })
}

fn named(alg: &str) -> Option<EncryptionAlgorithm> {
    EncryptionAlgorithm::ALL.iter().copied().find(|one| one.name() == alg)
}

impl EncryptionJwk {
    /// Nothing where no algorithm here is for keys of its kind.
    pub(super) fn register(
        key: &Map<String, Value>,
        kid: Option<&str>,
    ) -> Result<Option<Self>, NotClientJwks> {
        let alg = match text(key, "alg")? {
            None => None,
            Some(alg) => match named(alg) {
                None => return Ok(None),
                known => known,
            },
        };
        let is_known = match text(key, "kty")?.ok_or(NotClientJwks::Malformed)? {
            "RSA" => true,
            "EC" => matches!(text(key, "crv")?, Some("P-256" | "P-384" | "P-521")),
            "OKP" => text(key, "crv")? == Some("X25519"),
            _ => false,
        };
        if !is_known {
            return Ok(None);
        }
        let members = Members::deserialize(Value::Object(key.clone()))
            .map_err(|_| NotClientJwks::Malformed)?;
        weigh(&members)?;
        let jwk = Self { kid: kid.map(str::to_owned), alg, key_use: KeyUse::Encryption, members };
        let first = EncryptionAlgorithm::ALL.iter().copied().find(|alg| jwk.suits(*alg));
        let algorithm = first.ok_or(NotClientJwks::OtherAlgorithm)?;
        if jwk.encrypts(algorithm) { Ok(Some(jwk)) } else { Err(NotClientJwks::Unreadable) }
    }

    /// What it may encrypt by: its own `alg`, or all that are for its kind.
    pub(super) fn suits(&self, algorithm: EncryptionAlgorithm) -> bool {
        self.alg.is_none_or(|alg| alg == algorithm) && algorithm.takes(self.members.curve())
    }

    /// Whether it names the algorithm itself.
    pub(super) fn names(&self, algorithm: EncryptionAlgorithm) -> bool {
        self.alg == Some(algorithm)
    }

    /// Parses it for `algorithm`; nothing where it cannot be read.
    pub(super) fn key(&self, algorithm: EncryptionAlgorithm) -> Option<EncryptionKey> {
        self.members.encryption_key(algorithm, self.kid.as_deref())
    }

    /// Tried once: there are points with which nobody can agree upon anything.
    fn encrypts(&self, algorithm: EncryptionAlgorithm) -> bool {
        let tried = (Content::Claims, b"{}".as_slice());
        let key = self.key(algorithm);
        key.is_some_and(|key| key.encrypt(tried, ContentEncryption::A128CbcHs256).is_ok())
    }
}

impl Members {
    pub(super) fn encryption_key(
        &self,
        algorithm: EncryptionAlgorithm,
        kid: Option<&str>,
    ) -> Option<EncryptionKey> {
        let Ok(Value::Object(mut members)) = serde_json::to_value(self) else { return None };
        members.extend(kid.map(|kid| ("kid".to_owned(), kid.into())));
        EncryptionKey::read(algorithm, members).ok()
    }
}
