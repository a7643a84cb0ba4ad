//! An instant, as a person reads it and as a program does.

use cookie::time::OffsetDateTime;

/// An instant of a token: seconds since 1970-01-01T00:00:00Z (`NumericDate`, RFC 7519 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    seconds: i64,
    at: OffsetDateTime,
}

impl Instant {
    /// Of a number of seconds; `None` after the year 9999.
    #[must_use]
    pub fn from_seconds(seconds: u64) -> Option<Self> {
        let seconds = i64::try_from(seconds).ok()?;
        let at = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
        Some(Self { seconds, at })
    }

    /// As it stands in the token.
    pub(super) fn number(&self) -> String {
        self.seconds.to_string()
    }

    /// For a person, the same in every language (ISO 8601).
    pub(super) fn readable(&self) -> String {
        format!("{} {} UTC", self.date(), self.time())
    }

    /// For the `datetime` attribute (RFC 3339).
    pub(super) fn machine(&self) -> String {
        format!("{}T{}Z", self.date(), self.time())
    }

    fn date(&self) -> String {
        let (year, month, day) = (self.at.year(), u8::from(self.at.month()), self.at.day());
        format!("{year:04}-{month:02}-{day:02}")
    }

    fn time(&self) -> String {
        let (hour, minute, second) = self.at.to_hms();
        format!("{hour:02}:{minute:02}:{second:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::Instant;

    #[test]
    fn an_instant_is_told_as_a_date_and_a_time() {
        let told = |seconds| Instant::from_seconds(seconds).map(|instant| instant.readable());
        assert_eq!(told(0).as_deref(), Some("1970-01-01 00:00:00 UTC"));
        assert_eq!(told(1_709_210_096).as_deref(), Some("2024-02-29 12:34:56 UTC"));
        assert_eq!(told(253_402_300_799).as_deref(), Some("9999-12-31 23:59:59 UTC"));
        let leap_day = Instant::from_seconds(1_709_210_096).map(|instant| instant.machine());
        assert_eq!(leap_day.as_deref(), Some("2024-02-29T12:34:56Z"));
    }

    #[test]
    fn what_is_no_instant_is_none() {
        for seconds in [253_402_300_800, i64::MAX.unsigned_abs(), u64::MAX] {
            assert_eq!(Instant::from_seconds(seconds), None, "{seconds}");
        }
    }
}
