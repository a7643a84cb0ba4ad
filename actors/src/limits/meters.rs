//! What the limits measure.

use metrics::{Counter, Gauge, counter, gauge};
use protocol::limits::{Decision, Policy};
use storage::CommitError;

use super::exchange::Looked;
use crate::metrics::{Kind, Metric};

const REQUESTS: &str = "doorward_limits_requests_total";
const EXCHANGES: &str = "doorward_limits_exchanges_total";
const KEYS: &str = "doorward_limits_keys";
const IN_FLIGHT: &str = "doorward_limits_requests_in_flight";
const SHED: &str = "doorward_limits_shed_total";

/// What is measured here.
pub const METRICS: &[Metric] = &[
    Metric {
        name: REQUESTS,
        kind: Kind::Counter,
        labels: &["policy", "outcome"],
        description: "Requests that a limit counted or refused: admitted, refused, held_back until the nodes' next exchange",
    },
    Metric {
        name: EXCHANGES,
        kind: Kind::Counter,
        labels: &["outcome"],
        description: "Times that nodes told one another what they have admitted: published, heard, failed",
    },
    Metric {
        name: KEYS,
        kind: Kind::Gauge,
        labels: &[],
        description: "Addresses, clients and accounts that this node counts",
    },
    Metric {
        name: IN_FLIGHT,
        kind: Kind::Gauge,
        labels: &[],
        description: "Requests that this node is answering",
    },
    Metric {
        name: SHED,
        kind: Kind::Counter,
        labels: &["reason"],
        description: "Requests sent away early: full as too many wait, late as no place became free in time",
    },
];

pub(super) struct Meters {
    /// Admitted, refused, held back; in the order of [`Policy::ALL`].
    decided: Vec<[Counter; 3]>,
    published: Counter,
    heard: Counter,
    failed: Counter,
    pub(super) keys: Gauge,
    pub(super) in_flight: Gauge,
    pub(super) shed_full: Counter,
    pub(super) shed_late: Counter,
}

impl Meters {
    pub(super) fn new() -> Self {
        let decided = |policy: &Policy| {
            let policy = policy.as_str();
            ["admitted", "refused", "held_back"]
                .map(|outcome| counter!(REQUESTS, "policy" => policy, "outcome" => outcome))
        };
        let exchanges = |outcome: &'static str| counter!(EXCHANGES, "outcome" => outcome);
        let shed = |reason: &'static str| counter!(SHED, "reason" => reason);
        Self {
            decided: Policy::ALL.iter().map(decided).collect(),
            published: exchanges("published"),
            heard: exchanges("heard"),
            failed: exchanges("failed"),
            keys: gauge!(KEYS),
            in_flight: gauge!(IN_FLIGHT),
            shed_full: shed("full"),
            shed_late: shed("late"),
        }
    }

    pub(super) fn decided(&self, policy: Policy, decision: Decision) {
        let Some([admitted, refused, held_back]) = self.decided.get(policy as usize) else {
            return;
        };
        match decision {
            Decision::Admitted => admitted.increment(1),
            Decision::Used { .. } => refused.increment(1),
            Decision::Unheard => held_back.increment(1),
        }
    }

    pub(super) fn exchanged(&self, outcome: &Result<Looked, CommitError>) {
        match outcome {
            Ok(Looked::Nothing) => {}
            Ok(Looked::Heard) => self.heard.increment(1),
            Ok(Looked::Exchanged) => self.published.increment(1),
            Err(_) => self.failed.increment(1),
        }
    }
}
