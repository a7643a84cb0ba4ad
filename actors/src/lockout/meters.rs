//! What the lockout measures.

use metrics::{Counter, counter};
use protocol::event::LockSubject;

use super::counters::Verdict;
use crate::metrics::{Kind, Metric};

const ADMISSIONS: &str = "doorward_lockout_admissions_total";
const LOCKS: &str = "doorward_lockout_locks_total";

/// What the lockout measures.
pub const METRICS: &[Metric] = &[
    Metric {
        name: ADMISSIONS,
        kind: Kind::Counter,
        labels: &["outcome"],
        description: "Attempts to prove who one is: admitted, locked, not_counted",
    },
    Metric {
        name: LOCKS,
        kind: Kind::Counter,
        labels: &["subject"],
        description: "Locks that fell on an account, an address, an unknown identifier",
    },
];

pub(super) struct Meters {
    admitted: Counter,
    locked: Counter,
    not_counted: Counter,
    accounts: Counter,
    addresses: Counter,
    unknown: Counter,
}

impl Meters {
    pub(super) fn new() -> Self {
        let admissions = |outcome: &'static str| counter!(ADMISSIONS, "outcome" => outcome);
        let locks = |subject: &'static str| counter!(LOCKS, "subject" => subject);
        Self {
            admitted: admissions("admitted"),
            locked: admissions("locked"),
            not_counted: admissions("not_counted"),
            accounts: locks("account"),
            addresses: locks("address"),
            unknown: locks("unknown"),
        }
    }

    pub(super) fn admission(&self, verdict: &Verdict) {
        match verdict {
            Verdict::Counted { .. } => self.admitted.increment(1),
            Verdict::Locked { .. } => self.locked.increment(1),
            Verdict::NotCounted(_) => self.not_counted.increment(1),
        }
    }

    pub(super) fn locked(&self, subject: LockSubject) {
        match subject {
            LockSubject::Account => self.accounts.increment(1),
            LockSubject::Address => self.addresses.increment(1),
            LockSubject::Unknown => self.unknown.increment(1),
        }
    }
}
