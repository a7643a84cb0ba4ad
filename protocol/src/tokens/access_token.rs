//! Access tokens that a resource server can verify by itself (RFC 9068).

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::CustomClaims;
use crate::{
    clock::Timestamp,
    id::{ClientId, GrantId, SessionId},
    jose::{Audience, Claims, NumericDate, Typ},
    randomness::{Randomness, random},
};

/// The claims of an access token (RFC 9068 §2.2). What is not set is not written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// The issuer.
    pub iss: String,
    /// The resource servers that it is meant for.
    pub aud: Audience,
    /// The end-user, or the client where it acts for itself.
    pub sub: String,
    /// The client that it was given to.
    pub client_id: ClientId,
    /// When it was issued.
    pub iat: NumericDate,
    /// When it ends.
    pub exp: NumericDate,
    /// Its own name.
    pub jti: Jti,
    /// The scopes, separated by single spaces.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// When the end-user last proved who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<NumericDate>,
    /// How strongly they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By which methods (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The browser session behind it. Ours: revoking the session ends the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<SessionId>,
    /// The grant behind it. Ours: revoking the grant ends the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_id: Option<GrantId>,
    /// Where no grant is behind it: the last revocation of all that the client had been given, as it was known then. Ours:
    /// the next one ends the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Timestamp>,
    /// What an operator adds.
    #[serde(flatten)]
    pub custom: CustomClaims,
}

impl Claims for AccessTokenClaims {
    const TYP: Typ = Typ::AccessToken;
}

/// The name of one token: 128 random bits in base64url (RFC 7519 §4.1.7).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Jti(String);

impl Jti {
    /// A new one, different from every other.
    pub fn new(randomness: &dyn Randomness) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random::<16>(randomness)))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is not the name of a token of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a token")]
pub struct NotAJti;

impl FromStr for Jti {
    type Err = NotAJti;

    fn from_str(text: &str) -> Result<Self, NotAJti> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if text.len() == JTI_LENGTH && text.bytes().all(is_name) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAJti)
        }
    }
}

/// Characters of 128 bits in base64url.
const JTI_LENGTH: usize = 22;

impl fmt::Display for Jti {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Jti {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
