//! Names of languages, as requests, claims and discovery spell them (BCP 47).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The form of a language tag (RFC 5646 §2.1): letters, then subtags of up to 8 letters and digits. At most 35 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LanguageTag(String);

/// A text that does not have the form of a language tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a language tag such as en or pt-BR")]
pub struct NotALanguageTag;

impl LanguageTag {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LanguageTag {
    type Err = NotALanguageTag;

    fn from_str(text: &str) -> Result<Self, NotALanguageTag> {
        let subtag = |tag: &str| {
            (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let language = text.split('-').next().unwrap_or_default();
        let fits = text.len() <= 35
            && text.split('-').all(subtag)
            && language.bytes().all(|byte| byte.is_ascii_alphabetic());
        if fits { Ok(Self(text.to_owned())) } else { Err(NotALanguageTag) }
    }
}

impl TryFrom<String> for LanguageTag {
    type Error = NotALanguageTag;

    fn try_from(text: String) -> Result<Self, NotALanguageTag> {
        text.parse()
    }
}

impl From<LanguageTag> for String {
    fn from(tag: LanguageTag) -> Self {
        tag.0
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_form_of_a_language_tag_is_one() {
        for text in ["en", "pt-BR", "zh-Hant-TW", "de-CH-1996", "x-private"] {
            assert_eq!(text.parse::<LanguageTag>().unwrap().as_str(), text);
        }
        let long = format!("en-{}", "a-".repeat(20));
        for text in ["", "-", "en-", "en_US", "1a", "../x", "abcdefghi", "é", &long] {
            assert_eq!(text.parse::<LanguageTag>(), Err(NotALanguageTag), "{text}");
        }
    }
}
