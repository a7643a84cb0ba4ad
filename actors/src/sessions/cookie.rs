//! The value of the session cookie: which session, and the secret that proves it.

use protocol::{Secret, SessionId, Token, TokenHash};

/// `ses_`, 32 hex digits, a point, 43 characters of base64url.
const TEXT_BYTES: usize = 80;
const TOKEN_BYTES: usize = 43;

/// What the browser presents. The store keeps the hash of its secret only.
#[derive(Debug, Clone)]
pub struct SessionCookie {
    session_id: SessionId,
    token: Token,
}

/// A text that is not the value of a session cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the value of a session cookie")]
pub struct NotASessionCookie;

impl SessionCookie {
    pub(super) fn new(session_id: SessionId, token: Token) -> Self {
        Self { session_id, token }
    }

    /// Reads exactly what [`Self::expose`] writes: 80 bytes.
    ///
    /// # Errors
    /// Any other text, of whatever length.
    pub fn parse(text: &str) -> Result<Self, NotASessionCookie> {
        if text.len() != TEXT_BYTES {
            return Err(NotASessionCookie);
        }
        let (session_id, token) = text.split_once('.').ok_or(NotASessionCookie)?;
        let is_base64url =
            |byte| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        if token.len() != TOKEN_BYTES || !token.bytes().all(is_base64url) {
            return Err(NotASessionCookie);
        }
        let session_id = session_id.parse().map_err(|_| NotASessionCookie)?;
        Ok(Self { session_id, token: Token::presented(token) })
    }

    /// Its text, for `Set-Cookie`.
    pub fn expose(&self) -> Secret<String> {
        Secret::new(format!("{}.{}", self.session_id, self.token.expose()))
    }

    /// Which session it claims.
    pub fn session_id(&self) -> SessionId {
        self.session_id
    }

    pub(super) fn hash(&self) -> TokenHash {
        self.token.hash()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Seeded;

    fn cookie() -> SessionCookie {
        let randomness = Seeded::default();
        SessionCookie::new(SessionId::new(&randomness), Token::new(&randomness))
    }

    #[test]
    fn a_cookie_is_read_back_from_its_text() {
        let cookie = cookie();
        let text = cookie.expose();
        assert_eq!(text.expose().len(), TEXT_BYTES);
        let read = SessionCookie::parse(text.expose()).unwrap();
        assert_eq!((read.session_id(), read.hash()), (cookie.session_id(), cookie.hash()));
    }

    #[test]
    fn a_cookie_does_not_show_its_secret() {
        let cookie = cookie();
        assert!(!format!("{cookie:?}").contains(cookie.token.expose()));
    }

    #[test]
    fn what_is_no_cookie_is_refused() {
        let text = cookie().expose().expose().clone();
        let texts = [
            String::new(),
            text[..79].into(),
            format!("{text}A"),
            text.replace("ses_", "acc_"),
            text.replace('.', "_"),
            format!("{} ", &text[..79]),
            format!("{}é", &text[..78]),
            "a".repeat(1_000_000),
        ];
        for text in texts {
            assert_eq!(SessionCookie::parse(&text).unwrap_err(), NotASessionCookie);
        }
    }
}
