//! Checkpoints: signed statements of how far the chains had come, numbered without a gap.

use protocol::{
    Realm, Tenant, Timestamp,
    jose::{Audience, Claims, NumericDate, PrivateKey, SignError, Typ},
};
use serde::{Deserialize, Serialize};

use super::AuditHead;
use crate::{
    engine::StorageError,
    record::{Erasure, Record, Stored},
    store::{Batch, Store},
};

/// Heads in one checkpoint, so that it fits into a token. Where more have moved, another checkpoint follows.
pub const HEADS_MAX: usize = 32;

/// A signed statement of how far chains had come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditCheckpoint {
    /// Its realm.
    pub realm: Realm,
    /// Its place among the checkpoints, from 1 on, without a gap.
    pub number: u64,
    /// A JWS (RFC 7515) over [`CheckpointClaims`], by the audit key.
    pub signed: String,
}

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointClaims {
    /// The realm.
    pub iss: String,
    /// The audit log.
    pub aud: Audience,
    /// When it was made.
    pub iat: NumericDate,
    /// The same instant: it is no token, and nobody believes it as one.
    pub exp: NumericDate,
    /// Its place among the checkpoints.
    pub number: u64,
    /// The head of each chain that had moved since the checkpoint that covers it last.
    pub heads: Vec<ChainHead>,
}

impl Claims for CheckpointClaims {
    const TYP: Typ = Typ::AuditCheckpoint;
}

impl CheckpointClaims {
    /// The `aud` of every checkpoint.
    pub const AUDIENCE: &str = "audit";

    fn new(realm: &Realm, number: u64, heads: Vec<ChainHead>, now: Timestamp) -> Self {
        let aud = Audience::One(Self::AUDIENCE.into());
        Self { iss: realm.to_string(), aud, iat: now.into(), exp: now.into(), number, heads }
    }
}

/// How far a chain had come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// The node.
    pub node: String,
    /// The sequence of its last entry.
    pub sequence: u64,
    /// The digest of that entry.
    pub digest: String,
}

impl Record for AuditCheckpoint {
    const TABLE: &'static str = "audit_checkpoints";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = String;

    fn id(&self) -> String {
        checkpoint_id(self.number)
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }
}

/// The id of a checkpoint; in order.
pub fn checkpoint_id(number: u64) -> String {
    format!("{number:020}")
}

/// The last checkpoint. Written with each, so that of two nodes that make one only one does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditCheckpointHead {
    /// Its realm.
    pub realm: Realm,
    /// Its number.
    pub number: u64,
    /// When it was made.
    pub made_at: Timestamp,
}

const LAST: &str = "last";

impl Record for AuditCheckpointHead {
    const TABLE: &'static str = "audit_checkpoint_heads";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = String;

    fn id(&self) -> String {
        LAST.into()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }
}

/// How far checkpoints cover a node's chain, so that a chain that rests is not stated again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditCoverage {
    /// Its realm.
    pub realm: Realm,
    /// The node.
    pub node: String,
    /// The sequence in the last checkpoint that states it.
    pub sequence: u64,
}

impl Record for AuditCoverage {
    const TABLE: &'static str = "audit_coverages";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = String;

    fn id(&self) -> String {
        self.node.clone()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }
}

const PAGE: usize = 256;

impl Store {
    /// The last checkpoint, if there is one.
    pub async fn checkpoint_head(
        &self,
        realm: &Realm,
    ) -> Result<Option<Stored<AuditCheckpointHead>>, StorageError> {
        self.get(realm, &LAST.to_owned()).await
    }

    /// At most [`HEADS_MAX`] heads that have moved since a checkpoint stated them.
    pub async fn uncovered_heads(&self, realm: &Realm) -> Result<Vec<AuditHead>, StorageError> {
        let mut moved = Vec::new();
        let mut after = None;
        loop {
            let page = self.all::<AuditHead>(realm, after.as_ref(), PAGE).await?;
            for head in page.items {
                let covered = self.get::<AuditCoverage>(realm, &head.node).await?;
                if covered.is_none_or(|covered| covered.sequence < head.sequence) {
                    moved.push(head.record);
                }
                if moved.len() == HEADS_MAX {
                    return Ok(moved);
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(moved);
            }
        }
    }

    /// The batch that puts a checkpoint over `heads` after the last one. Of two such batches one is refused.
    pub fn checkpoint(
        &self,
        realm: &Realm,
        last: Option<&Stored<AuditCheckpointHead>>,
        heads: &[AuditHead],
        key: &PrivateKey,
    ) -> Result<Batch, SignError> {
        let mut batch = self.batch();
        let (number, made_at) = (last.map_or(0, |last| last.number) + 1, batch.now());
        let stated = |head: &AuditHead| {
            let AuditHead { node, sequence, digest, .. } = head.clone();
            ChainHead { node, sequence, digest }
        };
        let claims =
            CheckpointClaims::new(realm, number, heads.iter().map(stated).collect(), made_at);
        batch.create(&AuditCheckpoint { realm: realm.clone(), number, signed: key.sign(&claims)? });
        let head = AuditCheckpointHead { realm: realm.clone(), number, made_at };
        match last {
            Some(last) => batch.replace(last, &head),
            None => batch.create(&head),
        };
        for AuditHead { node, sequence, .. } in heads.iter().cloned() {
            batch.overwrite(&AuditCoverage { realm: realm.clone(), node, sequence });
        }
        Ok(batch)
    }
}
