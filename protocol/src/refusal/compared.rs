//! A value that was received beside those that were expected: the nearest of them, and the difference character by
//! character.

use serde::{Deserialize, Serialize};

/// Expected values that are kept.
const EXPECTED_MAX: usize = 16;
/// Cells of the tables of edit distances that one comparison may fill: a millisecond or two.
const CELLS_MAX: usize = 1_000_000;

/// A value that was received, and what was expected in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// What was compared: a parameter, or a claim of an assertion.
    pub name: String,
    /// What was received, as far as it may be shown; nothing where nothing was received, or it may be a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<String>,
    /// What would have been accepted; the nearest 16 of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<String>,
    /// The one of them that is nearest to what was received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
    /// How what was received differs from the nearest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub difference: Vec<Segment>,
}

/// A part of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "text", rename_all = "snake_case")]
pub enum Segment {
    /// In both.
    Same(String),
    /// Expected, and not received.
    Missing(String),
    /// Received, and not expected.
    Surplus(String),
}

impl Comparison {
    /// Compares. `expected` are at most some dozens of texts of at most two thousand bytes.
    pub(super) fn new(name: &str, received: Option<String>, expected: Vec<String>) -> Self {
        let mut ranked = rank(received.as_deref(), expected);
        ranked.truncate(EXPECTED_MAX);
        let nearest = received.as_ref().and(ranked.first().cloned());
        let difference = match (&nearest, &received) {
            (Some(nearest), Some(received)) => difference(nearest, received),
            _ => Vec::new(),
        };
        Self { name: name.to_owned(), received, expected: ranked, nearest, difference }
    }
}

/// The expected values, the nearest first; in their own order where nothing was received.
fn rank(received: Option<&str>, expected: Vec<String>) -> Vec<String> {
    let Some(received) = received else { return expected };
    let mut cells = 0_usize;
    let mut ranked: Vec<(usize, String)> = expected
        .into_iter()
        .map(|one| {
            let (left, right) = without_ends(received, &one);
            cells = cells.saturating_add(left.len().saturating_mul(right.len()));
            let distance = match cells > CELLS_MAX {
                true => left.len().max(right.len()),
                false => strsim::levenshtein(left, right),
            };
            (distance, one)
        })
        .collect();
    ranked.sort_by_key(|(distance, _)| *distance);
    ranked.into_iter().map(|(_, one)| one).collect()
}

/// What is left of two texts without what they begin and end with in common.
fn without_ends<'a>(left: &'a str, right: &'a str) -> (&'a str, &'a str) {
    let pairs = left.char_indices().zip(right.chars());
    let head = pairs.take_while(|((_, l), r)| l == r).last();
    let head = head.map_or(0, |((at, c), _)| at + c.len_utf8());
    let (left, right) =
        (left.get(head..).unwrap_or_default(), right.get(head..).unwrap_or_default());
    let pairs = left.chars().rev().zip(right.chars().rev());
    let tail: usize = pairs.take_while(|(l, r)| l == r).map(|(c, _)| c.len_utf8()).sum();
    (
        left.get(..left.len() - tail).unwrap_or_default(),
        right.get(..right.len() - tail).unwrap_or_default(),
    )
}

fn difference(nearest: &str, received: &str) -> Vec<Segment> {
    let segment = |chunk| match chunk {
        dissimilar::Chunk::Equal(text) => Segment::Same(text.to_owned()),
        dissimilar::Chunk::Delete(text) => Segment::Missing(text.to_owned()),
        dissimilar::Chunk::Insert(text) => Segment::Surplus(text.to_owned()),
    };
    dissimilar::diff(nearest, received).into_iter().map(segment).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn compare(received: &str, expected: &[&str]) -> Comparison {
        let expected = expected.iter().map(|one| (*one).to_owned()).collect();
        Comparison::new("redirect_uri", Some(received.to_owned()), expected)
    }

    #[test]
    fn a_difference_is_shown_character_by_character() {
        use Segment::{Missing, Same, Surplus};
        let registered = ["https://other.example/in", "https://app.example/cb"];
        let compared = compare("https://app.example/cb/", &registered);
        assert_eq!(compared.nearest.as_deref(), Some("https://app.example/cb"));
        let same = |text: &str| Same(text.to_owned());
        assert_eq!(compared.difference, [same("https://app.example/cb"), Surplus("/".into())]);
        let compared = compare("http://app.example/cb", &registered);
        let expected = [same("http"), Missing("s".into()), same("://app.example/cb")];
        assert_eq!(compared.difference, expected);
    }

    #[test]
    fn nothing_received_has_no_nearest() {
        let compared = Comparison::new("scope", None, vec!["openid".into()]);
        assert_eq!((compared.nearest, compared.difference), (None, vec![]));
        assert_eq!(compared.expected, ["openid"]);
    }

    #[test]
    fn many_long_texts_are_compared_within_the_bound() {
        let expected: Vec<_> = (0..64).map(|n| format!("{n}{}", "a".repeat(2_000))).collect();
        let received = "b".repeat(512);
        let compared = Comparison::new("redirect_uri", Some(received), expected);
        assert_eq!(compared.expected.len(), EXPECTED_MAX);
    }

    proptest! {
        #[test]
        fn a_difference_tells_both_texts(nearest in "[a-cé/]{0,30}", received in "[a-cé/]{0,30}") {
            let (mut left, mut right) = (String::new(), String::new());
            for segment in difference(&nearest, &received) {
                match segment {
                    Segment::Same(text) => { left.push_str(&text); right.push_str(&text); }
                    Segment::Missing(text) => left.push_str(&text),
                    Segment::Surplus(text) => right.push_str(&text),
                }
            }
            prop_assert_eq!((left, right), (nearest.clone(), received.clone()));
            let (l, r) = without_ends(&nearest, &received);
            prop_assert_eq!(strsim::levenshtein(l, r), strsim::levenshtein(&nearest, &received));
        }
    }
}
