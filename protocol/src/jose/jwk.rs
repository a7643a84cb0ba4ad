//! Public keys as they are published (RFC 7517). No type here has a place for a private member.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Algorithm, KeyError, algorithm::Verifier};
use crate::id::KeyId;

/// A public key that verifies signatures (RFC 7517 §4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicJwk {
    kid: KeyId,
    alg: Algorithm,
    #[serde(rename = "use")]
    key_use: KeyUse,
    #[serde(flatten)]
    members: Members,
}

/// What a key is for (RFC 7517 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum KeyUse {
    #[serde(rename = "sig")]
    Signature,
}

/// The key itself, by `kty` (RFC 7518 §6, RFC 8037 §2): public members and no others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
pub(super) enum Members {
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    #[serde(rename = "EC")]
    EllipticCurve { crv: String, x: String, y: String },
    #[serde(rename = "OKP")]
    OctetKeyPair { crv: String, x: String },
}

impl PublicJwk {
    /// Takes from `members` what is public.
    pub(super) fn new(
        kid: KeyId,
        alg: Algorithm,
        members: Map<String, Value>,
    ) -> Result<Self, KeyError> {
        let members = Members::deserialize(Value::Object(members)).map_err(KeyError::unreadable)?;
        Ok(Self { kid, alg, key_use: KeyUse::Signature, members })
    }

    /// Its `kid`.
    pub const fn key_id(&self) -> KeyId {
        self.kid
    }

    /// The algorithm that it is for, and for which alone it is used.
    pub const fn algorithm(&self) -> Algorithm {
        self.alg
    }

    /// Reads the key, for its own algorithm.
    pub(super) fn verifier(&self) -> Result<Verifier, KeyError> {
        // josekit takes a key on any Edwards curve for EdDSA; ours names one.
        if self.members.curve() != self.alg.curve() {
            return Err(KeyError::OtherCurve);
        }
        let members = serde_json::to_value(&self.members).map_err(KeyError::unreadable)?;
        let Value::Object(members) = members else { return Err(KeyError::OtherKey) };
        self.alg.verifier(members).map_err(KeyError::unreadable)
    }
}

impl Members {
    pub(super) fn curve(&self) -> Option<&str> {
        match self {
            Self::Rsa { .. } => None,
            Self::EllipticCurve { crv, .. } | Self::OctetKeyPair { crv, .. } => Some(crv),
        }
    }
}

/// The document at `jwks_uri` (RFC 7517 §5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    /// In the order in which they sign, so that the same keys give the same bytes on every node.
    pub keys: Vec<PublicJwk>,
}
