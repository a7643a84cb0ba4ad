//! The algorithms by which clients may sign what they send us (RFC 7518 §3.1, RFC 8037 §3.1). `none` has no name here.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a key must be for an algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    /// An RSA key.
    Rsa,
    /// A key on this curve.
    Curve(&'static str),
    /// A secret of at least as many bytes as the digest has (RFC 7518 §3.2).
    Secret {
        /// So many.
        bytes_min: usize,
    },
}

macro_rules! algorithms {
    ($(#[doc = $doc:literal] $name:ident = $alg:literal, $kind:expr;)*) => {
        /// How a client signs: the `alg` of RFC 7518 §3.1.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ClientAlgorithm {
            $(#[doc = $doc] #[serde(rename = $alg)] $name,)*
        }

        impl ClientAlgorithm {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its `alg`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $alg,)* }
            }

            pub(super) const fn kind(self) -> KeyKind {
                match self { $(Self::$name => $kind,)* }
            }
        }
    };
}

algorithms! {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256 = "RS256", KeyKind::Rsa;
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384 = "RS384", KeyKind::Rsa;
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512 = "RS512", KeyKind::Rsa;
    /// RSASSA-PSS with SHA-256.
    Ps256 = "PS256", KeyKind::Rsa;
    /// RSASSA-PSS with SHA-384.
    Ps384 = "PS384", KeyKind::Rsa;
    /// RSASSA-PSS with SHA-512.
    Ps512 = "PS512", KeyKind::Rsa;
    /// ECDSA on P-256 with SHA-256.
    Es256 = "ES256", KeyKind::Curve("P-256");
    /// ECDSA on P-384 with SHA-384.
    Es384 = "ES384", KeyKind::Curve("P-384");
    /// ECDSA on P-521 with SHA-512.
    Es512 = "ES512", KeyKind::Curve("P-521");
    /// EdDSA on Ed25519.
    EdDsa = "EdDSA", KeyKind::Curve("Ed25519");
    /// HMAC with SHA-256.
    Hs256 = "HS256", KeyKind::Secret { bytes_min: 32 };
    /// HMAC with SHA-384.
    Hs384 = "HS384", KeyKind::Secret { bytes_min: 48 };
    /// HMAC with SHA-512.
    Hs512 = "HS512", KeyKind::Secret { bytes_min: 64 };
}

impl ClientAlgorithm {
    /// Whether it signs with a secret that both sides have.
    pub const fn is_symmetric(self) -> bool {
        matches!(self.kind(), KeyKind::Secret { .. })
    }
}

/// A text that names no algorithm by which a client may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an algorithm by which clients may sign")]
pub struct NotAClientAlgorithm;

impl std::str::FromStr for ClientAlgorithm {
    type Err = NotAClientAlgorithm;

    fn from_str(text: &str) -> Result<Self, NotAClientAlgorithm> {
        Self::ALL.iter().copied().find(|one| one.name() == text).ok_or(NotAClientAlgorithm)
    }
}

impl fmt::Display for ClientAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
