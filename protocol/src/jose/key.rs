//! Keys that sign: drawn, kept, read back and checked, and the one way in which they sign.

use std::{error::Error, fmt};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    Algorithm, Claims, PublicJwk, TOKEN_LENGTH_MAX, Typ,
    algorithm::{Drawn, Signer},
};
use crate::{id::KeyId, secret::Secret};

/// Bytes of the longest signature: RSA with 4096 bits.
const SIGNATURE_LENGTH_MAX: usize = 512;

/// A private key that was checked, parsed, and is ready to sign. Kept for as long as it signs; any thread may use it.
pub struct PrivateKey {
    signer: Signer,
    pem: Secret<String>,
    public_jwk: PublicJwk,
    headers: Headers,
}

/// The header of each kind of token in base64url, made once.
struct Headers {
    jwt: String,
    access_token: String,
    logout_token: String,
    audit_checkpoint: String,
}

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It is damaged, or a key for something else.
    #[error("the key cannot be read")]
    Unreadable(#[source] Box<dyn Error + Send + Sync>),
    /// Its curve is not its algorithm's.
    #[error("the key is on another curve than its algorithm names")]
    OtherCurve,
    /// The private key does not belong to the public key that is published.
    #[error("the private key is not the one that is published")]
    OtherKey,
    /// What it signs does not verify.
    #[error("the key's own signature does not verify")]
    DoesNotVerify,
}

impl KeyError {
    pub(super) fn unreadable(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unreadable(error.into())
    }
}

/// A token that cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The claims do not serialise.
    #[error("the claims cannot be written")]
    Claims(#[source] serde_json::Error),
    /// It would be longer than [`TOKEN_LENGTH_MAX`], which nobody here would believe.
    #[error("the token would be too long")]
    TooLong,
    /// OpenSSL refused.
    #[error("the key does not sign")]
    Key(#[source] Box<dyn Error + Send + Sync>),
}

impl PrivateKey {
    /// A new key, drawn by OpenSSL. RSA takes some tenths of a second: not on a thread that others wait for.
    pub fn generate(algorithm: Algorithm, key_id: KeyId) -> Result<Self, KeyError> {
        let Drawn { pem, public } = algorithm.draw().map_err(KeyError::unreadable)?;
        Self::from_secret(&PublicJwk::new(key_id, algorithm, public)?, &pem)
    }

    /// Reads back what [`Self::to_secret`] gave, and checks that it is the key of `published` and signs as it should.
    pub fn from_secret(published: &PublicJwk, secret: &Secret<String>) -> Result<Self, KeyError> {
        let algorithm = published.algorithm();
        let (Drawn { pem, public }, signer) =
            algorithm.read(secret.expose()).map_err(KeyError::unreadable)?;
        let public_jwk = PublicJwk::new(published.key_id(), algorithm, public)?;
        if public_jwk != *published {
            return Err(KeyError::OtherKey);
        }
        let key = Self { headers: Headers::new(&public_jwk), signer, pem, public_jwk };
        key.check()?;
        Ok(key)
    }

    /// A damaged private part does not fit the public one that is verified with.
    fn check(&self) -> Result<(), KeyError> {
        let message = self.headers.jwt.as_bytes();
        let signature = self.signature(message).map_err(KeyError::unreadable)?;
        let verifies = self.public_jwk.verifier()?.verifies(message, &signature);
        verifies.then_some(()).ok_or(KeyError::DoesNotVerify)
    }

    /// The key as it is sealed: PKCS#8 in PEM (RFC 7468 §10).
    pub fn to_secret(&self) -> Secret<String> {
        self.pem.clone()
    }

    /// Its `kid`.
    pub const fn key_id(&self) -> KeyId {
        self.public_jwk.key_id()
    }

    /// The algorithm that it signs with.
    pub const fn algorithm(&self) -> Algorithm {
        self.public_jwk.algorithm()
    }

    /// Its public part.
    pub const fn public_jwk(&self) -> &PublicJwk {
        &self.public_jwk
    }

    pub(super) fn signature(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.signer.sign(message).map_err(|error| SignError::Key(error.into()))
    }

    /// A token in compact form (RFC 7515 §7.1). Its header holds `alg`, `kid` and `typ` and nothing else.
    pub fn sign<C: Claims>(&self, claims: &C) -> Result<String, SignError> {
        let header = self.headers.of(C::TYP);
        let payload = serde_json::to_vec(claims).map_err(SignError::Claims)?;
        let mut token = String::with_capacity(
            header.len() + (payload.len() + SIGNATURE_LENGTH_MAX).div_ceil(3) * 4 + 4,
        );
        token.push_str(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        if token.len() > TOKEN_LENGTH_MAX { Err(SignError::TooLong) } else { Ok(token) }
    }
}

/// Names the key and shows nothing of it.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({} {})", self.algorithm(), self.key_id())
    }
}

impl Headers {
    fn new(key: &PublicJwk) -> Self {
        let of = |typ: Typ| {
            let (alg, kid, typ) = (key.algorithm(), key.key_id(), typ.as_str());
            URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"{typ}"}}"#))
        };
        Self {
            jwt: of(Typ::Jwt),
            access_token: of(Typ::AccessToken),
            logout_token: of(Typ::LogoutToken),
            audit_checkpoint: of(Typ::AuditCheckpoint),
        }
    }

    fn of(&self, typ: Typ) -> &str {
        match typ {
            Typ::Jwt => &self.jwt,
            Typ::AccessToken => &self.access_token,
            Typ::LogoutToken => &self.logout_token,
            Typ::AuditCheckpoint => &self.audit_checkpoint,
        }
    }
}
