//! What had been taken back already when something was given: how one write takes back all that came before it.
//!
//! A client, an account, and the sessions of an account each name the last time at which all of theirs was taken back.
//! Whoever gives something writes down the three as they were read for it; whoever uses it compares them with the present
//! ones, and what differs is dead. No clock is compared with another, and no race leaves anything behind: what rests on a
//! read before the revocation names the state before it, however late it is written.

use serde::{Deserialize, Serialize};

use crate::{clock::Timestamp, mutant::Mutant};

/// The last revocations that were known when something was given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epochs {
    /// Of all that the client had been given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Timestamp>,
    /// Of all that anybody had been given for the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Timestamp>,
    /// Of all sessions of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Timestamp>,
}

impl Epochs {
    /// Whether nothing had been taken back before.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether what was given then holds where `present` is what is known now. What outlives its session is not touched
    /// by the end of all sessions.
    pub fn hold(&self, present: &Self, outlives_sessions: bool) -> bool {
        let hold = self.client == present.client
            && self.account == present.account
            && (outlives_sessions || self.sessions == present.sessions);
        hold || Mutant::Epochs.is_out()
    }
}

/// The instant to write down for a revocation at `now`: later than that of the one before, however fast they come and
/// whatever the clock does, so that each of them is told apart.
pub fn next(before: Option<Timestamp>, now: Timestamp) -> Timestamp {
    before.map_or(now, |before| now.max(Timestamp::from_millis(before.as_millis() + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Option<Timestamp> {
        Some(Timestamp::from_millis(millis))
    }

    #[test]
    fn whatever_was_taken_back_since_ends_it_and_nothing_else_does() {
        let given = Epochs { client: at(5), account: None, sessions: at(7) };
        assert!(given.hold(&given, false));
        for present in [
            Epochs { client: at(6), ..given },
            Epochs { client: None, ..given },
            Epochs { account: at(1), ..given },
        ] {
            assert!(!given.hold(&present, false) && !given.hold(&present, true), "{present:?}");
        }
        let signed_out = Epochs { sessions: at(8), ..given };
        assert!(!given.hold(&signed_out, false) && given.hold(&signed_out, true));
    }

    #[test]
    fn every_revocation_is_another_even_at_the_same_instant_and_when_the_clock_goes_back() {
        let first = next(None, Timestamp::from_millis(100));
        let second = next(Some(first), Timestamp::from_millis(100));
        let third = next(Some(second), Timestamp::from_millis(3));
        assert!(first < second && second < third);
        assert_eq!(next(Some(third), Timestamp::from_millis(500)).as_millis(), 500);
    }

    #[test]
    fn what_an_earlier_release_gave_knew_of_no_revocation() {
        assert!(serde_json::from_str::<Epochs>("{}").unwrap().is_default());
    }
}
