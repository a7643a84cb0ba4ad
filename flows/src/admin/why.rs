//! Why an operator does something to somebody: one of a few reasons, and what they say of it in their own words.

use std::str::FromStr;

use protocol::{event::Personal, revocation::RevocationReason};

use super::Administrator;

/// Bytes of a note.
pub const NOTE_BYTES_MAX: usize = 512;

/// Why.
#[derive(Debug, Clone)]
pub struct Why {
    /// For programs and statistics.
    pub reason: RevocationReason,
    /// For people. It may tell of a person: the event keeps it sealed, and it goes when the account is erased.
    pub note: Option<Note>,
}

/// What an operator says of something: 1 to 512 bytes without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note(String);

/// A text that is no note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a note has 1 to {NOTE_BYTES_MAX} bytes, without control characters")]
pub struct NotANote;

impl FromStr for Note {
    type Err = NotANote;

    fn from_str(text: &str) -> Result<Self, NotANote> {
        let is_note = (1..=NOTE_BYTES_MAX).contains(&text.len())
            && !text.chars().any(char::is_control)
            && !text.trim().is_empty();
        if is_note { Ok(Self(text.to_owned())) } else { Err(NotANote) }
    }
}

impl Administrator {
    /// The same, whose events say so.
    pub(super) fn noting(&self, why: &Why) -> Self {
        let note = why.note.as_ref().map(|note| note.0.clone());
        Self { personal: Personal { note, ..self.personal.clone() }, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_bounded_and_of_one_line() {
        assert!("Reported by telephone; see case 12.".parse::<Note>().is_ok());
        assert!("ä".repeat(NOTE_BYTES_MAX / 2).parse::<Note>().is_ok());
        for text in ["", "  ", "two\nlines", &"a".repeat(NOTE_BYTES_MAX + 1)] {
            assert_eq!(text.parse::<Note>(), Err(NotANote), "{text:?}");
        }
    }
}
