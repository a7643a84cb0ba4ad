//! The token that a request to the introspection or revocation endpoint is about (RFC 7662 §2.1, RFC 7009 §2.1).

use super::opaque;
use crate::{
    parameters::{Parameters, Repeated},
    secret::Token,
};

/// A token by its form, not yet believed. The form tells the kinds apart, so that `token_type_hint` is never needed: a
/// wrong one, or one that nobody knows, changes nothing.
#[derive(Debug, Clone)]
pub enum PresentedToken {
    /// An access token, if anything that is answered for.
    AccessToken(PresentedAccessToken),
    /// A refresh token, if anything that is answered for.
    RefreshToken(Token),
}

/// An access token by its form, not yet believed.
#[derive(Debug, Clone)]
pub enum PresentedAccessToken {
    /// It has the dots of a JWT.
    Jwt(Token),
    /// It has the prefix and the length of one that says nothing.
    Opaque(Token),
}

impl PresentedToken {
    /// The parameter `token`; nothing where it is missing.
    pub fn read(parameters: &Parameters) -> Result<Option<Self>, Repeated> {
        let text = parameters.get("token")?;
        Ok(text.map(|text| match PresentedAccessToken::read(text) {
            Some(token) => Self::AccessToken(token),
            None => Self::RefreshToken(Token::presented(text)),
        }))
    }
}

impl PresentedAccessToken {
    /// Nothing where `text` has the form of neither.
    pub fn read(text: &str) -> Option<Self> {
        if text.contains('.') {
            Some(Self::Jwt(Token::presented(text)))
        } else if opaque::is_one(text) {
            Some(Self::Opaque(Token::presented(text)))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::tests::Counting;

    fn read(text: &str) -> Option<PresentedToken> {
        PresentedToken::read(&Parameters::parse(text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn the_form_tells_the_kind_whatever_the_hint_says() {
        use PresentedAccessToken::{Jwt, Opaque};
        let randomness = Counting::default();
        let (refresh_token, opaque) = (Token::new(&randomness), opaque::new(&randomness));
        for hint in ["", "&token_type_hint=access_token", "&token_type_hint=x"] {
            let found = read(&format!("token={}{hint}", refresh_token.expose()));
            assert!(matches!(found, Some(PresentedToken::RefreshToken(_))), "{hint}");
            let found = read(&format!("token=a.b.c{hint}"));
            assert!(matches!(found, Some(PresentedToken::AccessToken(Jwt(_)))), "{hint}");
            let found = read(&format!("token={}{hint}", opaque.expose()));
            assert!(matches!(found, Some(PresentedToken::AccessToken(Opaque(_)))), "{hint}");
        }
    }

    #[test]
    fn no_token_is_no_token() {
        assert!(read("token_type_hint=access_token").is_none());
        assert!(read("token=").is_none());
        assert!(PresentedToken::read(&Parameters::parse(b"token=a&token=a").unwrap()).is_err());
    }
}
