//! Values that must not be seen, and what is kept of those that only need to be recognised.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroize;

use crate::{
    crypto,
    randomness::{Randomness, random},
};

/// A value that shows itself only through [`Secret::expose`] and is overwritten when dropped. It does not serialise.
#[derive(Clone, Default)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Hides `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the one place that must have it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

/// A bearer value of 256 random bits: a code, a refresh token, a client secret, a cookie. Kept as its [`TokenHash`].
#[derive(Clone, Debug)]
pub struct Token(Secret<String>);

impl Token {
    /// A new one: 43 characters of base64url.
    pub fn new(randomness: &dyn Randomness) -> Self {
        Self(Secret::new(URL_SAFE_NO_PAD.encode(random::<32>(randomness))))
    }

    /// A new one of 512 random bits, 86 characters: long enough to sign with by any HMAC of RFC 7518 §3.2.
    pub fn new_for_hmac(randomness: &dyn Randomness) -> Self {
        Self(Secret::new(URL_SAFE_NO_PAD.encode(random::<64>(randomness))))
    }

    /// One that somebody presents.
    pub fn presented(text: impl Into<String>) -> Self {
        Self(Secret::new(text.into()))
    }

    /// Its text, for the response.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What is kept of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash(crypto::sha256(self.expose().as_bytes()))
    }
}

/// SHA-256 of a [`Token`]: enough to recognise it, useless to present.
#[derive(Clone, Copy, Eq, Hash)]
#[expect(
    clippy::derived_hash_with_manual_eq,
    reason = "equal in constant time is still equal byte by byte"
)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// In constant time.
impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        crypto::same(&self.0, &other.0)
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not 32 bytes of base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the hash of a token")]
pub struct NotAHash;

impl std::str::FromStr for TokenHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotAHash)?;
        bytes.try_into().map(Self).map_err(|_| NotAHash)
    }
}

impl Serialize for TokenHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TokenHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::tests::Counting;

    #[test]
    fn a_secret_does_not_show_itself() {
        let token = Token::new(&Counting::default());
        assert_eq!(format!("{token:?}"), "Token([secret])");
        assert_eq!(token.expose().len(), 43);
    }

    #[test]
    fn a_presented_token_is_recognised_by_its_hash() {
        let token = Token::new(&Counting::default());
        assert_eq!(Token::presented(token.expose()).hash(), token.hash());
        assert_ne!(Token::presented("x").hash(), token.hash());
        assert_eq!(token.hash().to_string().parse(), Ok(token.hash()));
    }
}
