//! Access tokens that say nothing: a random text that only introspection understands (RFC 7662).

use crate::{randomness::Randomness, secret::Token};

/// Tells them apart from refresh tokens, which are as random and shorter by it.
const PREFIX: &str = "dwa_";
/// What follows it: 256 bits in base64url.
const RANDOM_BYTES: usize = 43;

/// A new one, different from every other.
pub fn new(randomness: &dyn Randomness) -> Token {
    Token::presented(format!("{PREFIX}{}", Token::new(randomness).expose()))
}

/// Whether `text` has the form of one.
pub fn is_one(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|random| random.len() == RANDOM_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::tests::Counting;

    #[test]
    fn it_is_told_apart_from_a_refresh_token_and_from_a_part_of_itself() {
        let randomness = Counting::default();
        let token = new(&randomness);
        assert!(is_one(token.expose()) && !token.expose().contains('.'));
        assert_ne!(token.expose(), new(&randomness).expose());
        let refresh_token = Token::new(&randomness);
        assert!(!is_one(refresh_token.expose()));
        let text = token.expose();
        assert!(!is_one(&text[1..]) && !is_one(&text[..46]) && !is_one(&format!("{text}A")));
    }
}
