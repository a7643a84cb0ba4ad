//! The token that a request to the introspection or revocation endpoint is about (RFC 7662 §2.1, RFC 7009 §2.1).

use crate::{
    parameters::{Parameters, Repeated},
    secret::Token,
};

/// A token by its form, not yet believed. The form tells the kinds apart, so that `token_type_hint` is never needed: a
/// wrong one, or one that nobody knows, changes nothing.
#[derive(Debug, Clone)]
pub enum PresentedToken {
    /// It has the dots of a JWT: an access token, if anything that is answered for.
    AccessToken(Token),
    /// It has none: a refresh token, if anything that is answered for.
    RefreshToken(Token),
}

impl PresentedToken {
    /// The parameter `token`; nothing where it is missing.
    pub fn read(parameters: &Parameters) -> Result<Option<Self>, Repeated> {
        let text = parameters.get("token")?;
        Ok(text.map(|text| match text.contains('.') {
            true => Self::AccessToken(Token::presented(text)),
            false => Self::RefreshToken(Token::presented(text)),
        }))
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
        let refresh_token = Token::new(&Counting::default());
        for hint in ["", "&token_type_hint=access_token", "&token_type_hint=x"] {
            let found = read(&format!("token={}{hint}", refresh_token.expose()));
            assert!(matches!(found, Some(PresentedToken::RefreshToken(_))), "{hint}");
            let found = read(&format!("token=a.b.c{hint}"));
            assert!(matches!(found, Some(PresentedToken::AccessToken(_))), "{hint}");
        }
    }

    #[test]
    fn no_token_is_no_token() {
        assert!(read("token_type_hint=access_token").is_none());
        assert!(read("token=").is_none());
        assert!(PresentedToken::read(&Parameters::parse(b"token=a&token=a").unwrap()).is_err());
    }
}
