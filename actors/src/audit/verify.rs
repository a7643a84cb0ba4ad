//! `audit verify`: goes over every checkpoint and every chain and says what does not fit.
//!
//! A chain shows that its entries belong together; a checkpoint, signed with a key that the store has only sealed, that
//! the chain was so when it was made. So what somebody with the store but without the master key has changed, removed,
//! reordered or cut off is found up to the last checkpoint; what came after it, as long as they have not made the rest
//! of the chain anew.

mod chain;
mod report;

use std::collections::BTreeMap;

use protocol::{
    KeyRing, Realm, Timestamp,
    jose::{Expectations, KeyError, VerifyingKeys},
};
use storage::{
    StorageError, Store,
    audit::{
        AuditCheckpoint, AuditEntry, AuditHead, AuditKey, CheckpointClaims, UnusableAuditKey,
        entry_id,
    },
};

use chain::{Known, Walk};
use report::Findings;
pub use report::{ChainReport, Discrepancy, DiscrepancyKind, Report, Where};

/// Rows that are read at once.
const PAGE: usize = 256;

/// Why the log could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum NotVerified {
    /// The store did not answer, or a row cannot be read at all.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The key with which checkpoints are verified cannot be used.
    #[error(transparent)]
    Key(#[from] UnusableAuditKey),
}

impl From<KeyError> for NotVerified {
    fn from(error: KeyError) -> Self {
        Self::Key(error.into())
    }
}

/// Verifies the audit log of a realm while it grows. Reads all of it, a page at a time.
pub async fn verify(store: &Store, realm: &Realm, ring: &KeyRing) -> Result<Report, NotVerified> {
    let keys = match store.get::<AuditKey>(realm, &AuditKey::the_id()).await? {
        Some(key) => VerifyingKeys::new([key.open(ring)?.public_jwk()])?,
        None => VerifyingKeys::default(),
    };
    let mut log =
        Log { store, realm, keys, chains: BTreeMap::new(), findings: Findings::default() };
    // In this order: whatever a head or a checkpoint states was written before it, so the entries read after have it.
    log.heads().await?;
    log.checkpoints().await?;
    log.entries().await?;
    log.heads_behind().await?;
    Ok(log.findings.report(log.chains))
}

struct Log<'a> {
    store: &'a Store,
    realm: &'a Realm,
    keys: VerifyingKeys,
    /// By node.
    chains: BTreeMap<String, Known>,
    findings: Findings,
}

impl Log<'_> {
    async fn heads(&mut self) -> Result<(), StorageError> {
        let mut after = None;
        loop {
            let page = self.store.all::<AuditHead>(self.realm, after.as_ref(), PAGE).await?;
            for AuditHead { node, sequence, digest, .. } in
                page.items.into_iter().map(|head| head.record)
            {
                self.chains.entry(node).or_default().head = Some((sequence, digest));
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn checkpoints(&mut self) -> Result<(), StorageError> {
        let last = self.store.checkpoint_head(self.realm).await?.map_or(0, |last| last.number);
        let mut next = 1;
        let mut after = None;
        loop {
            let page = self.store.all::<AuditCheckpoint>(self.realm, after.as_ref(), PAGE).await?;
            for checkpoint in page.items {
                next = self.checkpoint(&checkpoint, next).await?;
            }
            after = page.next;
            if after.is_none() || self.findings.is_full() {
                break;
            }
        }
        if next <= last {
            self.findings.add_checkpoint(next, DiscrepancyKind::Missing { count: last - next + 1 });
        }
        Ok(())
    }

    /// Checks the checkpoint that stands where `expected` should. The number that the next one should have.
    async fn checkpoint(
        &mut self,
        found: &AuditCheckpoint,
        expected: u64,
    ) -> Result<u64, StorageError> {
        let number = found.number;
        // Its age is not judged: only what it says, and whether we said it.
        let believed = Expectations {
            issuer: self.realm.as_str(),
            audience: Some(CheckpointClaims::AUDIENCE),
            now: Timestamp::from_millis(u64::MAX),
        };
        self.findings.checkpoints += 1;
        let missing = number.saturating_sub(expected);
        if missing > 0 {
            self.findings.add_checkpoint(expected, DiscrepancyKind::Missing { count: missing });
        }
        match self.keys.verify_hint::<CheckpointClaims>(&found.signed, &believed) {
            Err(_) => self.findings.add_checkpoint(number, DiscrepancyKind::Forged),
            Ok(claims) if claims.number != number || number < expected => {
                self.findings
                    .add_checkpoint(number, DiscrepancyKind::Renumbered { from: claims.number });
            }
            Ok(claims) => {
                self.findings.covered_at = Some(claims.iat.into());
                self.covered(claims).await?;
            }
        }
        Ok(expected.max(number.saturating_add(1)))
    }

    /// Compares what a checkpoint states with the entries. What is not there any more the walk over the chain will miss.
    async fn covered(&mut self, claims: CheckpointClaims) -> Result<(), StorageError> {
        for stated in claims.heads {
            let known = self.chains.entry(stated.node.clone()).or_default();
            known.covered_until = known.covered_until.max(stated.sequence);
            if known.is_contradicted {
                continue;
            }
            let id = entry_id(&stated.node, stated.sequence);
            let entry = self.store.get::<AuditEntry>(self.realm, &id).await?;
            if entry.is_some_and(|entry| entry.digest != stated.digest) {
                known.is_contradicted = true;
                let kind = DiscrepancyKind::ContradictsCheckpoint { number: claims.number };
                self.findings.add_entry(&stated.node, stated.sequence, kind);
            }
        }
        Ok(())
    }

    async fn entries(&mut self) -> Result<(), StorageError> {
        let mut walk = Walk::new(&mut self.chains, &mut self.findings);
        let mut after = None;
        loop {
            let page = self.store.all::<AuditEntry>(self.realm, after.as_ref(), PAGE).await?;
            for entry in &page.items {
                walk.step(entry);
            }
            after = page.next;
            if walk.is_full() {
                return Ok(());
            }
            if after.is_none() {
                walk.end();
                return Ok(());
            }
        }
    }

    /// A head that is behind its chain is read again: the chain may have grown, and then its head has moved too.
    async fn heads_behind(&mut self) -> Result<(), StorageError> {
        for (node, known) in self.chains.iter().filter(|(_, known)| known.is_head_behind()) {
            let head = self.store.get::<AuditHead>(self.realm, node).await?;
            if head.is_none_or(|head| head.sequence < known.last_sequence) {
                self.findings.add_entry(node, known.last_sequence, DiscrepancyKind::HeadChanged);
            }
        }
        Ok(())
    }
}
