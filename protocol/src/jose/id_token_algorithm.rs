//! What ID tokens are signed with: a key of ours, or the secret of their client.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Algorithm, NotAnAlgorithm};
use crate::crypto;

/// How an ID token is signed. Nothing else is signed with a secret that a client has too: of whatever a client could have
/// written itself it says nothing to anybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdTokenAlgorithm {
    /// With a key of ours.
    Key(Algorithm),
    /// HMAC with SHA-256 under the client's secret (RFC 7518 §3.2, OpenID Connect Core 1.0 §10.1).
    Hs256,
}

impl IdTokenAlgorithm {
    /// All of them, the default first.
    pub fn all() -> impl Iterator<Item = Self> {
        Algorithm::ALL.iter().copied().map(Self::Key).chain([Self::Hs256])
    }

    /// Its `alg`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Key(algorithm) => algorithm.name(),
            Self::Hs256 => "HS256",
        }
    }

    /// The digest of which an ID token holds the left half (OpenID Connect Core 1.0 §3.1.3.6).
    pub(crate) fn digest(self, text: &[u8]) -> Vec<u8> {
        match self {
            Self::Key(algorithm) => algorithm.digest(text),
            Self::Hs256 => crypto::sha256(text).to_vec(),
        }
    }
}

impl From<Algorithm> for IdTokenAlgorithm {
    fn from(algorithm: Algorithm) -> Self {
        Self::Key(algorithm)
    }
}

impl std::str::FromStr for IdTokenAlgorithm {
    type Err = NotAnAlgorithm;

    fn from_str(text: &str) -> Result<Self, NotAnAlgorithm> {
        Self::all().find(|algorithm| algorithm.name() == text).ok_or(NotAnAlgorithm)
    }
}

impl fmt::Display for IdTokenAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for IdTokenAlgorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for IdTokenAlgorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
