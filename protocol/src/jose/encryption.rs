//! How answers may be encrypted for their client: the allow-list (RFC 7518 §4.1, §5.1).
//!
//! `RSA1_5` leaks by its padding, `dir` and `PBES2` are secrets that both sides have, and `zip` tells lengths: none of them
//! has a name here. Encrypted tokens are written only. Wherever a token comes in, one of five parts is refused unread.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! names {
    ($(#[doc = $title:literal])* $kind:ident: $($(#[doc = $doc:literal])* $name:ident = $text:literal;)*) => {
        $(#[doc = $title])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $kind {
            $($(#[doc = $doc])* #[serde(rename = $text)] $name,)*
        }

        impl $kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// As it stands in a header.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

names! {
    /// How the key of the content travels: the `alg` of RFC 7518 §4.1.
    EncryptionAlgorithm:
    /// RSAES OAEP with SHA-1 (§4.3).
    RsaOaep = "RSA-OAEP";
    /// RSAES OAEP with SHA-256 (§4.3).
    RsaOaep256 = "RSA-OAEP-256";
    /// Agreed with an ephemeral key, directly (§4.6).
    EcdhEs = "ECDH-ES";
    /// Wrapped with AES-128 under what was agreed (§4.6).
    EcdhEsA128Kw = "ECDH-ES+A128KW";
    /// Wrapped with AES-256 under what was agreed (§4.6).
    EcdhEsA256Kw = "ECDH-ES+A256KW";
}

names! {
    /// How the content is encrypted: the `enc` of RFC 7518 §5.1.
    ContentEncryption:
    /// AES-128 in CBC mode with HMAC SHA-256 (§5.2.3).
    A128CbcHs256 = "A128CBC-HS256";
    /// AES-256 in CBC mode with HMAC SHA-512 (§5.2.5).
    A256CbcHs512 = "A256CBC-HS512";
    /// AES-128 in Galois/Counter mode (§5.3).
    A128Gcm = "A128GCM";
    /// AES-256 in Galois/Counter mode (§5.3).
    A256Gcm = "A256GCM";
}

/// How one kind of answer is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encryption {
    /// How its key travels.
    pub alg: EncryptionAlgorithm,
    /// How its content is encrypted.
    pub enc: ContentEncryption,
}

impl EncryptionAlgorithm {
    /// Whether it takes a key of this kind; `curve` where the key lies on one.
    pub(super) fn takes(self, curve: Option<&str>) -> bool {
        match self {
            Self::RsaOaep | Self::RsaOaep256 => curve.is_none(),
            Self::EcdhEs | Self::EcdhEsA128Kw | Self::EcdhEsA256Kw => {
                matches!(curve, Some("P-256" | "P-384" | "P-521" | "X25519"))
            }
        }
    }
}
