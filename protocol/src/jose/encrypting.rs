//! A client's public key, and what is encrypted with it (RFC 7516 §5.1, §7.1): every call of josekit for that. What OpenSSL
//! draws for it does not come from `Randomness`.

use std::{error::Error, fmt};

use josekit::{
    JoseError,
    jwe::{self, JweEncrypter, JweHeader},
    jwk::Jwk,
};
use serde_json::{Map, Value};

use super::{ContentEncryption, EncryptionAlgorithm};

/// A client's public key, parsed for one algorithm.
pub struct EncryptionKey(Box<dyn JweEncrypter>);

/// What is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A signed token; the header says so (`cty`, RFC 7519 §5.2).
    Token,
    /// A JSON object.
    Claims,
}

/// A content that cannot be encrypted.
#[derive(Debug, thiserror::Error)]
pub enum EncryptError {
    /// OpenSSL refused.
    #[error("the key does not encrypt")]
    Key(#[source] Box<dyn Error + Send + Sync>),
}

impl EncryptionKey {
    /// Reads a key from the members of its public JWK, `kid` among them where it has one.
    pub(super) fn read(
        algorithm: EncryptionAlgorithm,
        members: Map<String, Value>,
    ) -> Result<Self, JoseError> {
        use EncryptionAlgorithm as A;
        let jwk = Jwk::from_map(members)?;
        Ok(Self(match algorithm {
            A::RsaOaep => Box::new(jwe::RSA_OAEP.encrypter_from_jwk(&jwk)?),
            A::RsaOaep256 => Box::new(jwe::RSA_OAEP_256.encrypter_from_jwk(&jwk)?),
            A::EcdhEs => Box::new(jwe::ECDH_ES.encrypter_from_jwk(&jwk)?),
            A::EcdhEsA128Kw => Box::new(jwe::ECDH_ES_A128KW.encrypter_from_jwk(&jwk)?),
            A::EcdhEsA256Kw => Box::new(jwe::ECDH_ES_A256KW.encrypter_from_jwk(&jwk)?),
        }))
    }

    /// An encrypted token in compact form. Its header holds `alg`, `enc`, `kid` where the key has one, `epk` where the
    /// algorithm has one, and `cty` around a signed token.
    pub fn encrypt(
        &self,
        (content, text): (Content, &[u8]),
        enc: ContentEncryption,
    ) -> Result<String, EncryptError> {
        let mut header = JweHeader::new();
        header.set_content_encryption(enc.name());
        if content == Content::Token {
            header.set_content_type("JWT");
        }
        jwe::serialize_compact(text, &header, self.0.as_ref())
            .map_err(|error| EncryptError::Key(error.into()))
    }
}

/// Names the algorithm and shows nothing of the key.
impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptionKey({})", self.0.algorithm().name())
    }
}
