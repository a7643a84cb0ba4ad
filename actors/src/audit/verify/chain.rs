//! The walk over the entries, in the order in which they stand: node by node, each chain from its first link.

use std::collections::BTreeMap;

use storage::audit::{AuditEntry, FIRST_DIGEST, digest};

use super::report::{DiscrepancyKind, Findings};

/// What is known of a chain beside its entries.
#[derive(Default)]
pub(super) struct Known {
    /// The sequence and the digest that its head states.
    pub(super) head: Option<(u64, String)>,
    /// Up to here a checkpoint states it.
    pub(super) covered_until: u64,
    pub(super) is_contradicted: bool,
    /// What the walk found to be its end.
    pub(super) last_sequence: u64,
}

impl Known {
    pub(super) fn is_head_behind(&self) -> bool {
        self.head_sequence() < self.last_sequence
    }

    fn head_sequence(&self) -> u64 {
        self.head.as_ref().map_or(0, |(sequence, _)| *sequence)
    }
}

/// Goes over entries as they come.
pub(super) struct Walk<'a> {
    chains: &'a mut BTreeMap<String, Known>,
    findings: &'a mut Findings,
    at: Option<Link>,
}

/// The link after which the next entry should come.
struct Link {
    node: String,
    sequence: u64,
    digest: String,
    /// The digest that its content gives, where it has another: what comes next tells which of them was changed.
    doubt: Option<Doubt>,
}

struct Doubt {
    digest_due: String,
    /// Which discrepancy it is.
    index: usize,
}

impl Link {
    fn before_the_first(node: &str) -> Self {
        Self { node: node.into(), sequence: 0, digest: FIRST_DIGEST.into(), doubt: None }
    }

    /// The digest of an entry with this content, were it chained to this link.
    fn digest_of_next(&self, content: &str) -> String {
        digest(&self.node, self.next_sequence(), &self.digest, content)
    }

    fn next_sequence(&self) -> u64 {
        self.sequence.saturating_add(1)
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(chains: &'a mut BTreeMap<String, Known>, findings: &'a mut Findings) -> Self {
        Self { chains, findings, at: None }
    }

    pub(super) fn is_full(&self) -> bool {
        self.findings.is_full()
    }

    pub(super) fn step(&mut self, entry: &AuditEntry) {
        self.findings.entries += 1;
        let before = match self.at.take_if(|at| at.node == entry.node) {
            Some(before) => before,
            None => {
                self.leave_chain();
                Link::before_the_first(&entry.node)
            }
        };
        let after = self.next(&before, entry);
        self.compare_with_head(&after);
        self.at = Some(after);
    }

    /// After the last entry: what is known and was not met is gone.
    pub(super) fn end(&mut self) {
        self.leave_chain();
        for (node, known) in self.chains.iter() {
            let until = known.covered_until.max(known.head_sequence());
            if until > known.last_sequence {
                let from = known.last_sequence + 1;
                self.findings.add_entry(node, from, DiscrepancyKind::Truncated { until });
            }
        }
    }

    fn leave_chain(&mut self) {
        if let Some(at) = self.at.take() {
            self.chains.entry(at.node).or_default().last_sequence = at.sequence;
        }
    }

    /// The link that `entry` is, and what does not fit about it.
    fn next(&mut self, before: &Link, entry: &AuditEntry) -> Link {
        let (node, expected) = (&before.node, before.next_sequence());
        let digest_due = before.digest_of_next(&entry.content);
        let link = |sequence, doubt| {
            let (node, digest) = (node.clone(), entry.digest.clone());
            Link { node, sequence, digest, doubt }
        };
        if digest_due == entry.digest {
            if entry.sequence != expected {
                let kind = DiscrepancyKind::Renumbered { from: entry.sequence };
                self.findings.add_entry(node, expected, kind);
            }
            if !names_its_account(entry) {
                self.findings.add_entry(node, expected, DiscrepancyKind::ContentChanged);
            }
            return link(expected, None);
        }
        if entry.sequence != expected {
            match entry.sequence.checked_sub(expected) {
                Some(count) => {
                    self.findings.add_entry(node, expected, DiscrepancyKind::Missing { count })
                }
                None => self.findings.add_entry(node, entry.sequence, DiscrepancyKind::OutOfOrder),
            };
            // What it was chained to is not known; what comes after it can be.
            return link(entry.sequence, None);
        }
        if let Some(doubt) = &before.doubt
            && digest(node, expected, &doubt.digest_due, &entry.content) == entry.digest
        {
            self.findings.amend(doubt.index, DiscrepancyKind::DigestChanged);
            return link(expected, None);
        }
        let index = self.findings.add_entry(node, expected, DiscrepancyKind::ContentChanged);
        link(expected, Some(Doubt { digest_due, index }))
    }

    fn compare_with_head(&mut self, link: &Link) {
        let head = self.chains.get(&link.node).and_then(|known| known.head.as_ref());
        let Some((_, stated)) = head.filter(|(sequence, _)| *sequence == link.sequence) else {
            return;
        };
        match &link.doubt {
            Some(doubt) if doubt.digest_due == *stated => {
                self.findings.amend(doubt.index, DiscrepancyKind::DigestChanged);
            }
            _ if link.digest != *stated => {
                self.findings.add_entry(&link.node, link.sequence, DiscrepancyKind::HeadChanged);
            }
            _ => {}
        }
    }
}

/// Whose an entry is stands beside its content too, so that it can be found; the digest covers only the content.
fn names_its_account(entry: &AuditEntry) -> bool {
    entry.read().is_ok_and(|content| content.event.account_id == entry.account_id)
}
