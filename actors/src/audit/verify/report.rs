//! What a verification has found, for people and for programs.

use std::{collections::BTreeMap, fmt};

use protocol::Timestamp;
use serde::Serialize;

use super::chain::Known;

/// Discrepancies of one report. At this number the verification ends: the log is not what it was.
const DISCREPANCIES_MAX: usize = 1_000;

/// What a verification came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Entries that were read.
    pub entries: u64,
    /// Checkpoints that were read.
    pub checkpoints: u64,
    /// When the last checkpoint that holds was made. What happened later is covered by its chain alone.
    pub covered_at: Option<Timestamp>,
    /// Each node's chain.
    pub chains: Vec<ChainReport>,
    /// What does not fit, in the order in which it was found. Empty when the log is intact.
    pub discrepancies: Vec<Discrepancy>,
    /// Whether all was read. Otherwise there were too many discrepancies to go on.
    pub is_complete: bool,
}

impl Report {
    /// Whether everything was read and fits.
    pub fn is_intact(&self) -> bool {
        self.is_complete && self.discrepancies.is_empty()
    }
}

/// One node's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainReport {
    /// The node.
    pub node: String,
    /// The sequence of its last entry.
    pub last_sequence: u64,
    /// The sequence up to which a checkpoint covers it.
    pub covered_until: u64,
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Discrepancy {
    /// Where.
    pub place: Where,
    /// What.
    pub kind: DiscrepancyKind,
}

/// A place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Where {
    /// In a chain.
    Entry {
        /// Whose chain.
        node: String,
        /// Which entry.
        sequence: u64,
    },
    /// Among the checkpoints.
    Checkpoint {
        /// Which.
        number: u64,
    },
}

/// What does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscrepancyKind {
    /// The entry's content is not what its digest was made of.
    ContentChanged,
    /// The entry's digest is not what the entry after it was chained to.
    DigestChanged,
    /// From here on so many are gone.
    Missing {
        /// How many.
        count: u64,
    },
    /// From here on the end of the chain is gone, up to where its head or a checkpoint states that it was.
    Truncated {
        /// The last sequence that was there.
        until: u64,
    },
    /// It stands after one with a higher number.
    OutOfOrder,
    /// It bears another number than when it was written.
    Renumbered {
        /// For an entry the number that it bears; for a checkpoint the one that was signed.
        from: u64,
    },
    /// The chain was made anew: a checkpoint states another digest here.
    ContradictsCheckpoint {
        /// Which checkpoint.
        number: u64,
    },
    /// The record of the chain's end is not its end.
    HeadChanged,
    /// The audit key has not signed it.
    Forged,
}

impl fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Where::Entry { node, sequence } => {
                write!(f, "entry {sequence} of {node}: {}", self.kind)
            }
            Where::Checkpoint { number } => write!(f, "checkpoint {number}: {}", self.kind),
        }
    }
}

impl fmt::Display for DiscrepancyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContentChanged => f.write_str("its content was changed"),
            Self::DigestChanged => f.write_str("its digest was changed"),
            Self::Missing { count } => write!(f, "missing from here on: {count}"),
            Self::Truncated { until } => write!(f, "cut off from here on, up to {until}"),
            Self::OutOfOrder => f.write_str("out of order"),
            Self::Renumbered { from } => write!(f, "renumbered: {from}"),
            Self::ContradictsCheckpoint { number } => {
                write!(
                    f,
                    "checkpoint {number} states another digest: the chain was made anew before it"
                )
            }
            Self::HeadChanged => f.write_str("the head of the chain was changed"),
            Self::Forged => f.write_str("not signed by the audit key"),
        }
    }
}

/// A report as it grows.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) entries: u64,
    pub(super) checkpoints: u64,
    pub(super) covered_at: Option<Timestamp>,
    discrepancies: Vec<Discrepancy>,
}

impl Findings {
    /// Adds it; its index.
    pub(super) fn add_entry(&mut self, node: &str, sequence: u64, kind: DiscrepancyKind) -> usize {
        self.add(Where::Entry { node: node.to_owned(), sequence }, kind)
    }

    pub(super) fn add_checkpoint(&mut self, number: u64, kind: DiscrepancyKind) {
        self.add(Where::Checkpoint { number }, kind);
    }

    /// Names one otherwise, in the light of what came after it.
    pub(super) fn amend(&mut self, index: usize, kind: DiscrepancyKind) {
        if let Some(discrepancy) = self.discrepancies.get_mut(index) {
            discrepancy.kind = kind;
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.discrepancies.len() >= DISCREPANCIES_MAX
    }

    fn add(&mut self, place: Where, kind: DiscrepancyKind) -> usize {
        let index = self.discrepancies.len();
        if !self.is_full() {
            self.discrepancies.push(Discrepancy { place, kind });
        }
        index
    }

    pub(super) fn report(self, chains: BTreeMap<String, Known>) -> Report {
        let chain = |(node, known): (String, Known)| {
            let Known { last_sequence, covered_until, .. } = known;
            ChainReport { node, last_sequence, covered_until }
        };
        Report {
            is_complete: !self.is_full(),
            entries: self.entries,
            checkpoints: self.checkpoints,
            covered_at: self.covered_at,
            chains: chains.into_iter().map(chain).collect(),
            discrepancies: self.discrepancies,
        }
    }
}
