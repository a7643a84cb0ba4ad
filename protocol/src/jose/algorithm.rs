//! The algorithms that we sign with, one line each, and every call of josekit. Keys on two curves sign without it, three
//! times as fast.

use std::fmt;

use josekit::{
    JoseError,
    jwk::{Ed25519, Jwk, KeyPair},
    jws::{self, JwsSigner, JwsVerifier},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::ClientAlgorithm;
use crate::{
    crypto::{self, CurveKey, NotASigner},
    secret::Secret,
};

const RSA_BITS: u32 = 2048;

macro_rules! algorithms {
    ($($(#[$doc:meta])* $name:ident = $alg:literal, $jose:path, new($($size:expr)?), $curve:expr, $hash:path;)*) => {
        /// How a token is signed: the `alg` of RFC 7518 §3.1. Asymmetric algorithms only.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Algorithm {
            $($(#[$doc])* $name,)*
        }

        impl Algorithm {
            /// All of them, the default first.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its `alg`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $alg,)* }
            }

            /// The `crv` of its keys, where they lie on a curve.
            pub(super) const fn curve(self) -> Option<&'static str> {
                match self { $(Self::$name => $curve,)* }
            }

            /// The digest of which an ID token holds the left half (OpenID Connect Core 1.0 §3.1.3.6). Ed25519 hashes
            /// with SHA-512 itself, and clients take that for the half too.
            pub(crate) fn digest(self, text: &[u8]) -> Vec<u8> {
                match self { $(Self::$name => $hash(text).to_vec(),)* }
            }

            /// Draws a new key. What OpenSSL draws for it does not come from `Randomness`.
            pub(super) fn draw(self) -> Result<Drawn, JoseError> {
                let pair: Box<dyn KeyPair> = match self {
                    $(Self::$name => Box::new($jose.generate_key_pair($($size)?)?),)*
                };
                Drawn::from_pair(pair.as_ref())
            }

            /// Reads a key from PKCS#8 in PEM (RFC 7468 §10).
            pub(super) fn read(self, pem: &str) -> Result<(Drawn, Signer), JoseError> {
                Ok(match self {
                    $(Self::$name => {
                        let pair = $jose.key_pair_from_pem(pem)?;
                        let der = pair.to_der_private_key();
                        let signer = match self.read_by_curve(&der).map_err(unreadable)? {
                            Some(key) => Signer::Curve(key),
                            None => Signer::Jose(Box::new($jose.signer_from_pem(pem)?)),
                        };
                        (Drawn::from_pair(&pair)?, signer)
                    })*
                })
            }

            /// Reads a public key from the members of its JWK.
            pub(super) fn verifier(self, members: Map<String, Value>) -> Result<Verifier, JoseError> {
                let jwk = Jwk::from_map(members)?;
                Ok(match self {
                    $(Self::$name => Verifier(Box::new($jose.verifier_from_jwk(&jwk)?)),)*
                })
            }
        }
    };
}

algorithms! {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3); new keys have 2048 bits.
    Rs256 = "RS256", jws::RS256, new(RSA_BITS), None, crypto::sha256;
    /// ECDSA on P-256 with SHA-256 (RFC 7518 §3.4).
    Es256 = "ES256", jws::ES256, new(), Some("P-256"), crypto::sha256;
    /// EdDSA on Ed25519 (RFC 8037 §3.1).
    EdDsa = "EdDSA", jws::EdDSA, new(Ed25519), Some("Ed25519"), crypto::sha512;
    /// RSASSA-PSS with SHA-256 (RFC 7518 §3.5); new keys have 2048 bits.
    Ps256 = "PS256", jws::PS256, new(RSA_BITS), None, crypto::sha256;
    /// ECDSA on P-384 with SHA-384 (RFC 7518 §3.4).
    Es384 = "ES384", jws::ES384, new(), Some("P-384"), crypto::sha384;
}

impl Algorithm {
    /// Reads a key as josekit writes it in DER, where it signs faster than with josekit.
    fn read_by_curve(self, der: &[u8]) -> Result<Option<CurveKey>, NotASigner> {
        match self {
            Self::Es256 => CurveKey::p256(der).map(Some),
            Self::EdDsa => CurveKey::ed25519(der).map(Some),
            Self::Rs256 | Self::Ps256 | Self::Es384 => Ok(None),
        }
    }
}

/// A key as it is kept and as it is published.
pub(super) struct Drawn {
    /// PKCS#8 in PEM.
    pub(super) pem: Secret<String>,
    /// The members of the public JWK, as josekit writes them.
    pub(super) public: Map<String, Value>,
}

impl Drawn {
    fn from_pair(pair: &dyn KeyPair) -> Result<Self, JoseError> {
        let pem = String::from_utf8(pair.to_pem_private_key())
            .map_err(|error| JoseError::InvalidKeyFormat(error.utf8_error().into()))?;
        Ok(Self { pem: Secret::new(pem), public: pair.to_jwk_public_key().into() })
    }
}

/// A parsed private key.
pub(super) enum Signer {
    Jose(Box<dyn JwsSigner>),
    /// Where that is faster.
    Curve(CurveKey),
}

impl Signer {
    /// The signature of `message`, as RFC 7518 §3 lays it out.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, JoseError> {
        match self {
            Self::Jose(signer) => signer.sign(message),
            Self::Curve(key) => {
                key.sign(message).map_err(|error| JoseError::InvalidSignature(error.into()))
            }
        }
    }
}

fn unreadable(error: NotASigner) -> JoseError {
    JoseError::InvalidKeyFormat(error.into())
}

/// A parsed public key.
pub(super) struct Verifier(Box<dyn JwsVerifier>);

impl Verifier {
    /// Reads a client's public key from the members of its JWK. A symmetric algorithm has none.
    pub(super) fn of_client(
        algorithm: ClientAlgorithm,
        members: Map<String, Value>,
    ) -> Result<Self, JoseError> {
        use ClientAlgorithm as A;
        let jwk = Jwk::from_map(members)?;
        Ok(Self(match algorithm {
            A::Rs256 => Box::new(jws::RS256.verifier_from_jwk(&jwk)?),
            A::Rs384 => Box::new(jws::RS384.verifier_from_jwk(&jwk)?),
            A::Rs512 => Box::new(jws::RS512.verifier_from_jwk(&jwk)?),
            A::Ps256 => Box::new(jws::PS256.verifier_from_jwk(&jwk)?),
            A::Ps384 => Box::new(jws::PS384.verifier_from_jwk(&jwk)?),
            A::Ps512 => Box::new(jws::PS512.verifier_from_jwk(&jwk)?),
            A::Es256 => Box::new(jws::ES256.verifier_from_jwk(&jwk)?),
            A::Es384 => Box::new(jws::ES384.verifier_from_jwk(&jwk)?),
            A::Es512 => Box::new(jws::ES512.verifier_from_jwk(&jwk)?),
            A::EdDsa => Box::new(jws::EdDSA.verifier_from_jwk(&jwk)?),
            A::Hs256 | A::Hs384 | A::Hs512 => {
                let why = std::io::Error::other("a symmetric algorithm has no public key");
                return Err(JoseError::InvalidKeyFormat(why.into()));
            }
        }))
    }

    /// Whether `signature` is the key's own over `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify(message, signature).is_ok()
    }
}

/// A text that names no algorithm we sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an algorithm that tokens are signed with")]
pub struct NotAnAlgorithm;

impl std::str::FromStr for Algorithm {
    type Err = NotAnAlgorithm;

    fn from_str(text: &str) -> Result<Self, NotAnAlgorithm> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.name() == text).ok_or(NotAnAlgorithm)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Algorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Algorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
