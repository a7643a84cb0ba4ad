//! What requests of our own measure: how they end, and how long they take.

use std::time::Duration;

use metrics::{Counter, Histogram, counter, histogram};
use protocol::outgoing::NotAnswered;

use super::Purpose;
use crate::metrics::{Kind, Metric};

const REQUESTS: &str = "doorward_outgoing_requests_total";
const SECONDS: &str = "doorward_outgoing_request_seconds";

/// What requests of our own measure.
pub const METRICS: &[Metric] = &[
    Metric {
        name: REQUESTS,
        kind: Kind::Counter,
        labels: &["purpose", "outcome"],
        description: "Requests to addresses that clients registered: answered, forbidden, busy, unreachable, untrusted, timed_out, refused, malformed",
    },
    Metric {
        name: SECONDS,
        kind: Kind::Histogram,
        labels: &["purpose"],
        description: "Seconds that a request to an address which a client registered took, its wait for a place included",
    },
];

/// How a request ended, in few words.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    Answered,
    Forbidden,
    Busy,
    Unreachable,
    Untrusted,
    TimedOut,
    Refused,
    Malformed,
}

const OUTCOMES: [(Outcome, &str); 8] = [
    (Outcome::Answered, "answered"),
    (Outcome::Forbidden, "forbidden"),
    (Outcome::Busy, "busy"),
    (Outcome::Unreachable, "unreachable"),
    (Outcome::Untrusted, "untrusted"),
    (Outcome::TimedOut, "timed_out"),
    (Outcome::Refused, "refused"),
    (Outcome::Malformed, "malformed"),
];

impl Outcome {
    fn of(why: Option<&NotAnswered>) -> Self {
        match why {
            None => Self::Answered,
            Some(NotAnswered::NotADestination(_) | NotAnswered::Forbidden(_)) => Self::Forbidden,
            Some(NotAnswered::Busy) => Self::Busy,
            Some(NotAnswered::Unresolved | NotAnswered::Unreachable) => Self::Unreachable,
            Some(
                NotAnswered::Untrusted
                | NotAnswered::OtherName
                | NotAnswered::CertificateTime
                | NotAnswered::Tls,
            ) => Self::Untrusted,
            Some(NotAnswered::TimedOut) => Self::TimedOut,
            Some(NotAnswered::Redirected | NotAnswered::Status(_)) => Self::Refused,
            Some(NotAnswered::TooLarge | NotAnswered::Encoded | NotAnswered::Malformed) => {
                Self::Malformed
            }
        }
    }
}

/// Of each purpose.
pub(super) struct Meters([OfPurpose; Purpose::ALL.len()]);

struct OfPurpose {
    outcomes: [Counter; OUTCOMES.len()],
    seconds: Histogram,
}

impl Meters {
    pub(super) fn new() -> Self {
        Self(Purpose::ALL.map(|purpose| {
            let purpose = purpose.as_str();
            let outcome = |(_, outcome): (Outcome, &'static str)| counter!(REQUESTS, "purpose" => purpose, "outcome" => outcome);
            OfPurpose {
                outcomes: OUTCOMES.map(outcome),
                seconds: histogram!(SECONDS, "purpose" => purpose),
            }
        }))
    }

    pub(super) fn count(&self, purpose: Purpose, why: Option<&NotAnswered>, took: Duration) {
        let Some(meters) = self.0.get(purpose as usize) else { return };
        if let Some(counter) = meters.outcomes.get(Outcome::of(why) as usize) {
            counter.increment(1);
        }
        meters.seconds.record(took);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_the_lists_are_those_of_the_variants() {
        for (place, (outcome, _)) in OUTCOMES.into_iter().enumerate() {
            assert_eq!(outcome as usize, place);
        }
        for (place, purpose) in Purpose::ALL.into_iter().enumerate() {
            assert_eq!(purpose as usize, place);
        }
    }
}
