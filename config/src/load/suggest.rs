//! Which known key somebody meant who wrote an unknown one.

use strsim::jaro_winkler;

use crate::schema::known_keys;

/// Below this likeness, from 0 to 1, a suggestion confuses more than it helps.
const LIKENESS_MIN: f64 = 0.75;

/// The nearest known `section.key`.
pub(super) fn nearest(key: &str) -> Option<&'static str> {
    best(known_keys().keys().map(String::as_str), |known| likeness(key, known))
}

/// The nearest known section.
pub(super) fn nearest_section(name: &str) -> Option<&'static str> {
    let sections = known_keys().keys().filter_map(|key| key.split_once('.'));
    best(sections.map(|(section, _)| section), |known| jaro_winkler(name, known))
}

fn best<'a>(
    candidates: impl Iterator<Item = &'a str>,
    likeness: impl Fn(&str) -> f64,
) -> Option<&'a str> {
    candidates
        .map(|candidate| (candidate, likeness(candidate)))
        .filter(|(_, likeness)| *likeness >= LIKENESS_MIN)
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(candidate, _)| candidate)
}

/// A right key in the wrong section is nearer than another key of the right section. Without a section, the whole is
/// compared.
fn likeness(key: &str, known: &str) -> f64 {
    match (key.split_once('.'), known.split_once('.')) {
        (Some((section, name)), Some((known_section, known_name))) => {
            0.3 * jaro_winkler(section, known_section) + 0.7 * jaro_winkler(name, known_name)
        }
        _ => jaro_winkler(key, known),
    }
}
