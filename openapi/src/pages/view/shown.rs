//! Text from outside, made fit to be seen: bounded, on one line, unable to reorder what is around it.
//!
//! Escaping for HTML is the templates' work and happens to this text like to any other.

use std::fmt;

use crate::pages::text::Argument;

/// The longest text that is shown, in characters; what is longer ends in an ellipsis.
const CHARACTERS_MAX: usize = 256;

/// What stands where a character was that must not be shown.
const REPLACEMENT: char = '\u{fffd}';

/// Text that came from outside (a client's name, a typed username, a claim).
///
/// Characters that cannot be seen, or that change the order in which others are read, are replaced
/// visibly: they serve to pass one name off as another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True when nothing was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text as the argument of a sentence.
    #[must_use]
    pub fn argument(&self) -> Argument<'_> {
        Argument::Shown(self)
    }

    /// The first letter or digit in upper case, where there is no picture to show.
    #[must_use]
    pub fn initial(&self) -> String {
        let first = self.0.chars().find(|character| character.is_alphanumeric());
        first.map(|character| character.to_uppercase().to_string()).unwrap_or_default()
    }
}

impl From<&str> for Shown {
    fn from(text: &str) -> Self {
        let mut characters = text.trim().chars();
        let mut shown: String = characters.by_ref().take(CHARACTERS_MAX).map(visible).collect();
        if characters.next().is_some() {
            shown.push('…');
        }
        Self(shown)
    }
}

impl From<String> for Shown {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn visible(character: char) -> char {
    match character {
        // Line and tab breaks are spaces in HTML anyway.
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
        _ if character.is_control() => REPLACEMENT,
        // Embeddings, overrides, isolates; the marks U+200E, U+200F and U+061C stay, they are part
        // of honest writing and reach no further than their neighbours.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => REPLACEMENT,
        // Zero width without a use in any script, variation and tag characters.
        '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' => {
            REPLACEMENT
        }
        '\u{e0000}'..='\u{e0fff}' => REPLACEMENT,
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::Shown;

    #[test]
    fn a_name_cannot_reorder_or_hide_characters() {
        let shown = Shown::from("Bank\u{202e}moc.live\u{2069}\u{200b}\u{0}");
        assert_eq!(shown.as_str(), "Bank\u{fffd}moc.live\u{fffd}\u{fffd}\u{fffd}");
    }

    #[test]
    fn honest_writing_is_left_alone() {
        for name in ["Ångström & Söhne", "می\u{200c}خواهم", "חברה\u{200f}", "👩\u{200d}🔧"]
        {
            assert_eq!(Shown::from(name).as_str(), name);
        }
    }

    #[test]
    fn a_text_is_bounded_and_stays_on_one_line() {
        assert_eq!(Shown::from(" a\nb\t").as_str(), "a b");
        assert_eq!(Shown::from("é".repeat(10_000)).as_str().chars().count(), 257);
        assert_eq!(Shown::from("é".repeat(256)).as_str().chars().count(), 256);
    }

    #[test]
    fn an_initial_is_a_letter_or_nothing() {
        assert_eq!(Shown::from("<ßeta>").initial(), "SS");
        assert_eq!(Shown::from("(élan)").initial(), "É");
        assert_eq!(Shown::from("…").initial(), "");
    }
}
