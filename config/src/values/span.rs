//! Spans of time between two limits.

use std::{fmt, time::Duration};

use schemars::json_schema;

use super::{
    quantity::Units,
    text::{Text, written_as_text},
};

/// Milliseconds in a second.
pub const SECOND: u64 = 1000;
/// Milliseconds in a minute.
pub const MINUTE: u64 = 60 * SECOND;
/// Milliseconds in an hour.
pub const HOUR: u64 = 60 * MINUTE;
/// Milliseconds in a day.
pub const DAY: u64 = 24 * HOUR;

const UNITS: Units =
    Units { units: &[("ms", 1), ("s", SECOND), ("m", MINUTE), ("h", HOUR), ("d", DAY)], zero: "s" };

/// A span of time from `MIN` to `MAX` milliseconds, written as one whole number and one unit: `250ms`, `30s`, `15m`,
/// `12h`, `90d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Span<MIN, MAX> {
    /// The span.
    pub const fn get(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl<const MIN: u64, const MAX: u64> fmt::Display for Span<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&UNITS.write(self.0))
    }
}

impl<const MIN: u64, const MAX: u64> Text for Span<MIN, MAX> {
    fn expected() -> String {
        let (min, max) = (UNITS.write(MIN), UNITS.write(MAX));
        format!("a duration from {min} to {max}: a whole number and ms, s, m, h or d")
    }

    fn read(text: &str) -> Result<Self, String> {
        let span = UNITS.read(text).filter(|span| (MIN..=MAX).contains(span));
        span.map(Self).ok_or_else(Self::expected)
    }
}

written_as_text!(Span<MIN, MAX>, json_schema!({
    "type": "string",
    "pattern": UNITS.pattern(),
    "x-minimum": UNITS.write(MIN),
    "x-maximum": UNITS.write(MAX),
}));

#[cfg(test)]
mod tests {
    use super::*;

    type Any = Span<0, { u64::MAX }>;

    #[test]
    fn a_span_is_written_in_its_largest_exact_unit_and_reads_back() {
        for (text, milliseconds, written) in [
            ("0ms", 0, "0s"),
            ("250ms", 250, "250ms"),
            ("1500ms", 1500, "1500ms"),
            ("60s", 60_000, "1m"),
            ("90m", 5_400_000, "90m"),
            ("24h", 86_400_000, "1d"),
            ("90d", 7_776_000_000, "90d"),
        ] {
            let span = Any::read(text).unwrap();
            assert_eq!(span.get(), Duration::from_millis(milliseconds));
            assert_eq!(span.to_string(), written);
            assert_eq!(Any::read(written).unwrap(), span);
        }
    }

    #[test]
    fn what_is_not_one_number_and_one_unit_is_no_span() {
        for text in [
            "",
            "15",
            "m",
            "1.5h",
            "-1s",
            "1 h",
            "1h30m",
            "1w",
            "1M",
            " 1s",
            "99999999999999999999d",
        ] {
            assert!(Any::read(text).is_err(), "{text:?} was read");
        }
    }

    #[test]
    fn a_span_beyond_its_limits_is_refused_and_told_them() {
        type Grace = Span<0, { 30 * SECOND }>;
        assert!(Grace::read("30s").is_ok());
        assert!(Grace::read("30001ms").unwrap_err().contains("from 0s to 30s"));
    }
}
