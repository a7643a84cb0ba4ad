//! Names that an account can sign in with, in the one form that is compared (MISSION S1, ATTACKS 13).

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::crypto;

/// An e-mail address, username or phone number in canonical form: NFKC, case-folded, trimmed; the domain in IDNA's
/// ASCII form (RFC 5891); a phone number in E.164. At most 254 bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identifier(String);

/// A text that cannot name an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnIdentifier {
    /// Nothing is left of it once trimmed.
    #[error("an identifier must not be empty")]
    Empty,
    /// Longer than an e-mail address may be (RFC 5321 §4.5.3.1.3).
    #[error("an identifier is at most 254 bytes long")]
    TooLong,
    /// It holds a control character, a separator within, or a domain that is none.
    #[error("an identifier must not hold this character or domain")]
    Malformed,
}

const BYTES_MAX: usize = 254;

impl Identifier {
    /// Brings what a person typed into canonical form.
    pub fn canonical(typed: &str) -> Result<Self, NotAnIdentifier> {
        // Normalisation may lengthen a text; this bounds the work before it starts.
        if typed.len() > 4 * BYTES_MAX {
            return Err(NotAnIdentifier::TooLong);
        }
        let folded = fold(typed);
        let text = folded.trim();
        let canonical = match text {
            "" => return Err(NotAnIdentifier::Empty),
            _ if text.chars().any(is_refused) => return Err(NotAnIdentifier::Malformed),
            _ if text.starts_with('+') => phone(text)?,
            _ => match text.rsplit_once('@') {
                Some((local, domain)) => email(local, domain)?,
                None => text.to_owned(),
            },
        };
        if canonical.len() > BYTES_MAX {
            Err(NotAnIdentifier::TooLong)
        } else {
            Ok(Self(canonical))
        }
    }

    /// Stands for a text that can name no account: of one length, and nobody's.
    pub fn nobodys(typed: &str) -> Self {
        let digest = crypto::sha256(typed.as_bytes());
        Self(format!("{:032x}", u128::from_be_bytes(*digest.first_chunk().unwrap_or(&[0; 16]))))
    }

    /// The canonical form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Lower-casing can undo a normalisation and the reverse, so both are done until nothing changes.
fn fold(typed: &str) -> String {
    let once = |text: &str| -> String { text.nfkc().flat_map(char::to_lowercase).nfkc().collect() };
    let mut folded = once(typed);
    for _ in 0..3 {
        let again = once(&folded);
        if again == folded {
            break;
        }
        folded = again;
    }
    // Full case folding also joins what lower case keeps apart (CaseFolding.txt): the sharp s and the final sigma.
    folded.replace('ß', "ss").replace('ς', "σ")
}

/// Invisible and steering characters would let two names look alike.
fn is_refused(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{00ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

fn phone(text: &str) -> Result<String, NotAnIdentifier> {
    let is_separator = |c: char| matches!(c, ' ' | '-' | '.' | '(' | ')' | '/');
    let digits: String = text.chars().skip(1).filter(|c| !is_separator(*c)).collect();
    let fits = (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    if fits { Ok(format!("+{digits}")) } else { Err(NotAnIdentifier::Malformed) }
}

fn email(local: &str, domain: &str) -> Result<String, NotAnIdentifier> {
    if local.is_empty() || local.contains(char::is_whitespace) {
        return Err(NotAnIdentifier::Malformed);
    }
    let domain = idna::domain_to_ascii_strict(domain).map_err(|_| NotAnIdentifier::Malformed)?;
    if domain.is_empty() {
        Err(NotAnIdentifier::Malformed)
    } else {
        Ok(format!("{local}@{domain}"))
    }
}

impl TryFrom<String> for Identifier {
    type Error = NotAnIdentifier;

    fn try_from(text: String) -> Result<Self, NotAnIdentifier> {
        Self::canonical(&text)
    }
}

impl From<Identifier> for String {
    fn from(identifier: Identifier) -> Self {
        identifier.0
    }
}

impl std::str::FromStr for Identifier {
    type Err = NotAnIdentifier;

    fn from_str(text: &str) -> Result<Self, NotAnIdentifier> {
        Self::canonical(text)
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a person typed does not belong in a log.
impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identifier(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn variants_of_one_name_are_one_identifier() {
        let groups: [&[&str]; 5] = [
            &["alice", "ALICE", "  Alice\t", "ａｌｉｃｅ"],
            &["alice@example.com", "Alice@EXAMPLE.com", " alice@example.com "],
            &["a@bücher.example", "A@BÜCHER.example", "a@xn--bcher-kva.example"],
            &["+49 (170) 123-4567", "+491701234567"],
            &["jos\u{e9}", "jose\u{301}", "JOSÉ"],
        ];
        for group in groups {
            let forms: Vec<_> =
                group.iter().map(|typed| Identifier::canonical(typed).unwrap()).collect();
            assert!(
                forms.windows(2).all(|pair| pair[0] == pair[1]),
                "{group:?}: {:?}",
                forms.iter().map(|f| f.as_str()).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn what_cannot_name_an_account_is_refused() {
        use NotAnIdentifier::{Empty, Malformed, TooLong};
        let cases = [
            ("", Empty),
            ("  ", Empty),
            ("a\u{200b}b", Malformed),
            ("a\u{0}b", Malformed),
            ("@example.com", Malformed),
            ("a@", Malformed),
            ("a b@example.com", Malformed),
            ("+123", Malformed),
            ("+12345678x", Malformed),
        ];
        for (typed, why) in cases {
            assert_eq!(Identifier::canonical(typed), Err(why), "{typed:?}");
        }
        assert_eq!(Identifier::canonical(&"a".repeat(255)), Err(TooLong));
        assert_eq!(Identifier::canonical(&"a".repeat(100_000)), Err(TooLong));
    }

    proptest! {
        #[test]
        fn a_canonical_form_is_its_own(typed in "\\PC{0,64}") {
            if let Ok(identifier) = Identifier::canonical(&typed) {
                prop_assert_eq!(Identifier::canonical(identifier.as_str()), Ok(identifier));
            }
        }
    }
}
