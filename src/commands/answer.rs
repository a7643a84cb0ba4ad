//! What commands ask of a store, and what they are answered: the words of the control socket.

use actors::{audit::Report, keys::ListedKey};
use openapi::management::{Part, Status};
use protocol::{KeyId, OperatorId, Timestamp, jose::Algorithm};
use serde::{Deserialize, Serialize};

/// What a command asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// The signing keys.
    KeysList,
    /// Successors for them.
    KeysRotate {
        /// Only of this algorithm.
        algorithm: Option<Algorithm>,
    },
    /// An operator.
    Bootstrap {
        /// What people call it.
        name: String,
        /// Also where there is one.
        another: bool,
    },
    /// Whether the audit log is intact.
    AuditVerify,
    /// Whether each part of the running process works.
    Health,
}

impl Command {
    /// Whether it needs actors, and not only the store.
    pub(super) const fn needs_actors(&self) -> bool {
        matches!(self, Self::KeysList | Self::KeysRotate { .. } | Self::Health)
    }

    /// Whether it may make a store where there is none.
    pub(super) const fn may_begin(&self) -> bool {
        matches!(self, Self::Bootstrap { .. })
    }
}

/// What it is answered. It may hold a token: it has no `Debug`.
#[derive(Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The signing keys, in the order in which they sign.
    Keys {
        /// All of them.
        keys: Vec<Key>,
    },
    /// Successors were announced.
    Rotated {
        /// Their ids.
        announced: Vec<KeyId>,
    },
    /// An operator was made.
    Operator {
        /// Its id.
        operator_id: OperatorId,
        /// Its token, which nobody can be told again.
        token: String,
    },
    /// The audit log was read.
    Audit {
        /// What was found.
        report: AuditReport,
    },
    /// Each part was asked.
    Health {
        /// Its name, and why it does not work if it does not.
        parts: Vec<(String, Option<String>)>,
    },
    /// It was not done, for this reason. Nothing was changed.
    Refused {
        /// For a person.
        reason: String,
    },
    /// It could not be done.
    Failed {
        /// For a person.
        reason: String,
    },
}

/// A signing key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Its `kid`.
    pub key_id: KeyId,
    /// Its `alg`.
    pub algorithm: Algorithm,
    /// `announced`, `signing`, `retired` or `former`.
    pub state: String,
    /// Whether this node can use it.
    pub is_usable: bool,
    /// From when on it signs.
    pub signs_from: Timestamp,
    /// When it leaves the JWKS.
    pub published_until: Option<Timestamp>,
}

impl From<ListedKey> for Key {
    fn from(key: ListedKey) -> Self {
        let ListedKey { key_id, algorithm, state, is_usable, signs_from, published_until, .. } =
            key;
        let state = format!("{state:?}").to_lowercase();
        Self { key_id, algorithm, state, is_usable, signs_from, published_until }
    }
}

/// What reading the audit log came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditReport {
    /// Entries that were read.
    pub entries: u64,
    /// Checkpoints that were read.
    pub checkpoints: u64,
    /// When the last checkpoint was made.
    pub covered_at: Option<Timestamp>,
    /// Each node, its last entry, and the entry up to which a checkpoint covers it.
    pub chains: Vec<(String, u64, u64)>,
    /// What does not fit, in words.
    pub discrepancies: Vec<String>,
    /// Whether everything was read and fits.
    pub is_intact: bool,
}

impl From<Report> for AuditReport {
    fn from(report: Report) -> Self {
        let chains = report.chains.iter();
        Self {
            entries: report.entries,
            checkpoints: report.checkpoints,
            covered_at: report.covered_at,
            chains: chains
                .map(|chain| (chain.node.clone(), chain.last_sequence, chain.covered_until))
                .collect(),
            discrepancies: report.discrepancies.iter().map(ToString::to_string).collect(),
            is_intact: report.is_intact(),
        }
    }
}

/// A part as it goes over the socket.
pub(super) fn told(part: Part) -> (String, Option<String>) {
    let reason = match part.status {
        Status::Ok => None,
        Status::Failing => Some(part.reason.unwrap_or_default()),
    };
    (part.name.to_owned(), reason)
}
