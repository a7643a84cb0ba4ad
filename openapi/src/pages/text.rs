//! Every word a person reads, in the language that person reads best.
//!
//! Decides which language a request gets. The words themselves are in `openapi/locales`, a folder a
//! language, compiled in; English is complete and stands in where another language has a gap.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock, time::Duration};

use fluent_templates::{LanguageIdentifier, Loader, fluent_bundle::FluentValue};
use unic_langid::{CharacterDirection, langid};

use super::view::Shown;

fluent_templates::static_loader! {
    static LOCALES = {
        locales: "locales",
        fallback_language: "en",
    };
}

static ENGLISH: LanguageIdentifier = langid!("en");

/// How many languages of one preference list are looked at.
const RANGES_MAX: usize = 16;

/// The longest language tag that is looked at, in bytes (RFC 5646 §4.4.1 asks for 35 at least).
const TAG_LENGTH_MAX: usize = 35;

/// The words of one language. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    language: &'static LanguageIdentifier,
}

impl Text {
    /// The language that suits best: first what the client asked for on the person's behalf
    /// (`ui_locales`, OpenID Connect Core 1.0 §3.1.2.1), then what the browser sends
    /// (`Accept-Language`, RFC 9110 §12.5.4), else English. What cannot be read is passed over.
    #[must_use]
    pub fn negotiate(ui_locales: Option<&str>, accept_language: Option<&str>) -> Self {
        let asked = ui_locales.into_iter().flat_map(|list| list.split_ascii_whitespace());
        let language = asked
            .take(RANGES_MAX)
            .find_map(available)
            .or_else(|| by_quality(accept_language?).into_iter().find_map(available));
        Self { language: language.unwrap_or(&ENGLISH) }
    }

    /// The words in English.
    #[must_use]
    pub fn english() -> Self {
        Self { language: &ENGLISH }
    }

    /// The words in each language there is, in a stable order.
    #[must_use]
    pub fn every_language() -> Vec<Self> {
        let mut languages: Vec<_> = LOCALES.locales().collect();
        languages.sort_by_key(|language| language.to_string());
        languages.into_iter().map(|language| Self { language }).collect()
    }

    /// The language tag, for the `lang` attribute and `Content-Language`.
    #[must_use]
    pub fn language(&self) -> String {
        self.language.to_string()
    }

    /// The writing direction, for the `dir` attribute.
    #[must_use]
    pub fn direction(&self) -> &'static str {
        match self.language.character_direction() {
            CharacterDirection::RTL => "rtl",
            _ => "ltr",
        }
    }

    /// The words of a key that takes no arguments.
    #[must_use]
    pub fn get(&self, key: &'static str) -> String {
        LOCALES.try_lookup(self.language, key).unwrap_or_else(|| key.to_owned())
    }

    /// The words of a key with its arguments put in, each isolated from the writing direction
    /// around it.
    #[must_use]
    pub fn with(&self, key: &'static str, arguments: &[(&'static str, Argument<'_>)]) -> String {
        let arguments: HashMap<Cow<'static, str>, FluentValue<'_>> = arguments
            .iter()
            .map(|(name, argument)| (Cow::Borrowed(*name), argument.into()))
            .collect();
        LOCALES
            .try_lookup_with_args(self.language, key, &arguments)
            .unwrap_or_else(|| key.to_owned())
    }

    /// How long a person has to wait, for use inside a sentence: "in 3 minutes". Rounded up, so
    /// that nobody comes back too early; minutes from one minute on, hours from 90 minutes on.
    #[must_use]
    pub fn wait(&self, wait: Duration) -> Argument<'static> {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let minutes = seconds.div_ceil(60);
        Argument::Words(if seconds < 60 {
            self.with("wait-seconds", &[("seconds", Argument::Number(seconds.max(1)))])
        } else if minutes < 90 {
            self.with("wait-minutes", &[("minutes", Argument::Number(minutes))])
        } else {
            self.with("wait-hours", &[("hours", Argument::Number(minutes.div_ceil(60)))])
        })
    }
}

/// What may be put into a sentence. Text from outside only ever as [`Shown`].
#[derive(Debug, Clone)]
pub enum Argument<'a> {
    /// Text from outside, made fit to be seen.
    Shown(&'a Shown),
    /// A number, which may also choose between singular and plural.
    Number(u64),
    /// Words of ours.
    Words(String),
}

impl<'a> From<&'a Argument<'_>> for FluentValue<'a> {
    fn from(argument: &'a Argument<'_>) -> Self {
        match argument {
            Argument::Shown(shown) => shown.as_str().into(),
            Argument::Number(number) => (*number).into(),
            Argument::Words(words) => words.as_str().into(),
        }
    }
}

/// The language of ours that a tag asks for: the tag itself, or what is left of it when its
/// subtags are dropped from the end (RFC 4647 §3.4).
fn available(tag: &str) -> Option<&'static LanguageIdentifier> {
    if tag.len() > TAG_LENGTH_MAX {
        return None;
    }
    let mut wanted: LanguageIdentifier = tag.parse().ok()?;
    let languages = LazyLock::force(&LOCALES);
    let find = |wanted: &LanguageIdentifier| languages.locales().find(|known| *known == wanted);
    wanted.clear_variants();
    find(&wanted)
        .or_else(|| {
            wanted.region = None;
            find(&wanted)
        })
        .or_else(|| {
            wanted.script = None;
            find(&wanted)
        })
}

/// The tags of an `Accept-Language` header, most wanted first; those with quality 0 are left out.
fn by_quality(header: &str) -> Vec<&str> {
    let mut ranges: Vec<(&str, f32)> = header
        .split(',')
        .take(RANGES_MAX)
        .filter_map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let quality: f32 = weight.trim().strip_prefix("q=")?.parse().ok()?;
            (quality > 0.0 && quality <= 1.0).then_some((tag.trim(), quality))
        })
        .collect();
    ranges.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    ranges.into_iter().map(|(tag, _)| tag).collect()
}

#[cfg(test)]
mod tests {
    use super::{Argument, Text};
    use std::time::Duration;

    fn negotiated(ui_locales: Option<&str>, accept_language: Option<&str>) -> String {
        Text::negotiate(ui_locales, accept_language).language()
    }

    fn plain(argument: Argument<'_>) -> String {
        let Argument::Words(words) = argument else { return String::new() };
        words.replace(['\u{2068}', '\u{2069}'], "")
    }

    #[test]
    fn the_browser_gets_the_language_it_wants_most() {
        assert_eq!(negotiated(None, Some("fr, en;q=0.3, de-AT;q=0.8")), "de");
        assert_eq!(negotiated(None, Some("en-GB,de")), "en");
        assert_eq!(negotiated(None, Some("DE-1996")), "de");
    }

    #[test]
    fn the_client_may_ask_on_behalf_of_the_person() {
        assert_eq!(negotiated(Some("fr de-CH en"), Some("en")), "de");
        assert_eq!(negotiated(Some("fr"), Some("de")), "de");
    }

    #[test]
    fn a_language_that_is_refused_is_not_chosen() {
        assert_eq!(negotiated(None, Some("de;q=0, en;q=0.1")), "en");
    }

    #[test]
    fn what_cannot_be_read_becomes_english() {
        let endless = "de-".repeat(10_000);
        let crowded = format!("{}de", "fr,".repeat(16));
        let odd = ["", "*", ";;;", "de;q=NaN", "de;q=2", "de;level=1", "\u{0}", "../../de"];
        for header in odd.into_iter().chain([endless.as_str(), crowded.as_str()]) {
            assert_eq!(negotiated(Some(header), None), "en", "{header:.40}");
            assert_eq!(negotiated(None, Some(header)), "en", "{header:.40}");
        }
    }

    #[test]
    fn a_wait_is_told_in_whole_units_and_never_too_short() {
        let exactly = |wait| plain(Text::english().wait(wait));
        let english = |seconds| exactly(Duration::from_secs(seconds));
        assert_eq!(english(0), "in one second");
        assert_eq!(exactly(Duration::from_millis(4_001)), "in 5 seconds");
        assert_eq!(english(59), "in 59 seconds");
        assert_eq!(exactly(Duration::from_millis(59_001)), "in one minute");
        assert_eq!(english(60), "in one minute");
        assert_eq!(english(61), "in 2 minutes");
        assert_eq!(english(89 * 60), "in 89 minutes");
        assert_eq!(english(90 * 60), "in 2 hours");
        let german = Text::negotiate(None, Some("de"));
        assert_eq!(plain(german.wait(Duration::from_secs(1))), "in einer Sekunde");
        assert_eq!(plain(german.wait(Duration::from_secs(5))), "in 5 Sekunden");
        assert_eq!(plain(german.wait(Duration::from_secs(60))), "in einer Minute");
        assert_eq!(plain(german.wait(Duration::from_secs(7200))), "in 2 Stunden");
    }
}
