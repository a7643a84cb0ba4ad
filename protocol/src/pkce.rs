//! Proof that who redeems a code is who asked for it (RFC 7636). S256 only; a downgrade in either direction is refused
//! (ATTACKS 20).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{crypto, secret::Secret};

/// The one `code_challenge_method` (RFC 7636 §4.2).
pub const CODE_CHALLENGE_METHOD: &str = "S256";

const VERIFIER_LENGTH_MIN: usize = 43;
const VERIFIER_LENGTH_MAX: usize = 128;

/// A `code_challenge`: SHA-256 of the verifier that only the client has (RFC 7636 §4.2).
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeChallenge([u8; 32]);

/// A `code_challenge` or `code_challenge_method` that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChallengeRefused {
    /// Not SHA-256 in base64url.
    #[error("code_challenge must be 43 characters of base64url")]
    Malformed,
    /// Another method, or none, which would mean `plain`.
    #[error("code_challenge_method must be S256")]
    Method,
    /// A method without a challenge.
    #[error("code_challenge_method without code_challenge")]
    Alone,
}

impl CodeChallenge {
    /// Reads the two parameters of an authorization request (RFC 7636 §4.3); nothing when neither was sent.
    pub fn from_request(
        challenge: Option<&str>,
        method: Option<&str>,
    ) -> Result<Option<Self>, ChallengeRefused> {
        match (challenge, method) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(ChallengeRefused::Alone),
            (Some(text), Some(CODE_CHALLENGE_METHOD)) => Self::parse(text).map(Some),
            (Some(_), _) => Err(ChallengeRefused::Method),
        }
    }

    fn parse(text: &str) -> Result<Self, ChallengeRefused> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| ChallengeRefused::Malformed)?;
        bytes.try_into().map(Self).map_err(|_| ChallengeRefused::Malformed)
    }

    /// In constant time.
    fn is_of(&self, verifier: &CodeVerifier) -> bool {
        crypto::same(&self.0, &crypto::sha256(verifier.0.expose().as_bytes()))
    }
}

impl TryFrom<String> for CodeChallenge {
    type Error = ChallengeRefused;

    fn try_from(text: String) -> Result<Self, ChallengeRefused> {
        Self::parse(&text)
    }
}

impl From<CodeChallenge> for String {
    fn from(challenge: CodeChallenge) -> Self {
        URL_SAFE_NO_PAD.encode(challenge.0)
    }
}

impl fmt::Debug for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from(*self))
    }
}

/// A `code_verifier`: 43 to 128 unreserved characters (RFC 7636 §4.1).
#[derive(Debug, Clone)]
pub struct CodeVerifier(Secret<String>);

/// A `code_verifier` that is refused (RFC 7636 §4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifierRefused {
    /// Too short, too long, or with a character that is not unreserved.
    #[error("code_verifier must be 43 to 128 of A-Z, a-z, 0-9, -, ., _ and ~")]
    Malformed,
    /// The request had a challenge.
    #[error("code_verifier is missing")]
    Missing,
    /// The request had no challenge: it was not this client's, or somebody removed it.
    #[error("code_verifier was sent, but the request had no code_challenge")]
    Unasked,
    /// It is another one's.
    #[error("code_verifier does not match the code_challenge")]
    Mismatch,
}

impl CodeVerifier {
    /// Reads the parameter of a token request.
    pub fn parse(text: impl Into<Secret<String>>) -> Result<Self, VerifierRefused> {
        let text = text.into();
        let is_unreserved =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        let fits = (VERIFIER_LENGTH_MIN..=VERIFIER_LENGTH_MAX).contains(&text.expose().len());
        if fits && text.expose().bytes().all(is_unreserved) {
            Ok(Self(text))
        } else {
            Err(VerifierRefused::Malformed)
        }
    }
}

/// Whether the token request proves what the authorization request promised; a request without promise takes no proof.
pub fn verify(
    challenge: Option<&CodeChallenge>,
    verifier: Option<&CodeVerifier>,
) -> Result<(), VerifierRefused> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(VerifierRefused::Missing),
        (None, Some(_)) => Err(VerifierRefused::Unasked),
        (Some(challenge), Some(verifier)) => {
            challenge.is_of(verifier).then_some(()).ok_or(VerifierRefused::Mismatch)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 Appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn challenge() -> CodeChallenge {
        CodeChallenge::from_request(Some(CHALLENGE), Some("S256")).unwrap().unwrap()
    }

    fn verifier(text: &str) -> Result<CodeVerifier, VerifierRefused> {
        CodeVerifier::parse(text.to_owned())
    }

    #[test]
    fn the_pair_of_rfc_7636_appendix_b_matches() {
        let verifier = verifier(VERIFIER).unwrap();
        assert_eq!(verify(Some(&challenge()), Some(&verifier)), Ok(()));
    }

    #[test]
    fn another_verifier_does_not_match() {
        for place in 0..VERIFIER.len() {
            let mut other = VERIFIER.to_owned();
            other.replace_range(
                place..=place,
                if &VERIFIER[place..=place] == "a" { "b" } else { "a" },
            );
            let other = verifier(&other).unwrap();
            assert_eq!(verify(Some(&challenge()), Some(&other)), Err(VerifierRefused::Mismatch));
        }
    }

    #[test]
    fn a_downgrade_in_either_direction_is_refused() {
        let verifier = verifier(VERIFIER).unwrap();
        assert_eq!(verify(Some(&challenge()), None), Err(VerifierRefused::Missing));
        assert_eq!(verify(None, Some(&verifier)), Err(VerifierRefused::Unasked));
        assert_eq!(verify(None, None), Ok(()));
    }

    #[test]
    fn only_s256_is_a_method_and_it_must_be_named() {
        for method in [None, Some("plain"), Some("s256"), Some("S256 "), Some("")] {
            let refused = CodeChallenge::from_request(Some(CHALLENGE), method);
            assert_eq!(refused, Err(ChallengeRefused::Method), "{method:?}");
        }
        assert_eq!(CodeChallenge::from_request(None, Some("S256")), Err(ChallengeRefused::Alone));
        assert_eq!(CodeChallenge::from_request(None, None), Ok(None));
    }

    #[test]
    fn a_challenge_has_one_form() {
        let not_canonical = CHALLENGE.replace("-cM", "-cN");
        let wrong = [
            "",
            &CHALLENGE[1..],
            &format!("{CHALLENGE}="),
            &format!("{CHALLENGE}A"),
            &not_canonical,
        ];
        for text in wrong.into_iter().chain(["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"]) {
            let refused = CodeChallenge::from_request(Some(text), Some("S256"));
            assert_eq!(refused, Err(ChallengeRefused::Malformed), "{text}");
        }
    }

    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        for length in [43, 128] {
            assert!(verifier(&"~".repeat(length)).is_ok());
        }
        let malformed = [
            "a".repeat(42),
            "a".repeat(129),
            "é".repeat(30),
            "a".repeat(42) + " ",
            "a".repeat(42) + "+",
        ];
        for text in malformed {
            assert_eq!(verifier(&text).unwrap_err(), VerifierRefused::Malformed, "{text}");
        }
    }

    #[test]
    fn a_verifier_does_not_show_itself_and_a_challenge_is_read_back() {
        assert!(!format!("{:?}", verifier(VERIFIER).unwrap()).contains(VERIFIER));
        let text = serde_json::to_string(&challenge()).unwrap();
        assert_eq!(text, format!("{CHALLENGE:?}"));
        assert_eq!(serde_json::from_str::<CodeChallenge>(&text).unwrap(), challenge());
    }
}
