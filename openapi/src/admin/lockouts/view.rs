//! What operators see of a lockout.

use flows::admin::lockouts::{ListedLockout, LockoutKind};
use poem_openapi::{Enum, Object, types::Example};
use protocol::Timestamp;

use crate::admin::{
    accounts::{EXAMPLE_ID, example_instant},
    written::Written,
};

/// Failures that count, and the lock that they led to.
#[derive(Debug, Object)]
#[oai(rename = "Lockout", skip_serializing_if_is_none, example)]
pub(super) struct LockoutView {
    /// Its id.
    lockout_id: String,
    /// What is counted.
    kind: Kind,
    /// The account, where one is counted.
    account_id: Option<String>,
    /// The address, or the network of IPv6, where one is counted.
    address: Option<String>,
    /// Failures since the last success, lock or window.
    failures: u32,
    /// When the last of them was.
    last_failed_at: Written<Timestamp>,
    /// How many locks followed upon one another; each is longer than the one before.
    locks: u32,
    /// Until when attempts are refused. Missing where they are not.
    locked_until: Option<Written<Timestamp>>,
    /// When all of it is forgotten by itself.
    forgotten_at: Written<Timestamp>,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "LockoutKind", rename_all = "snake_case")]
enum Kind {
    /// Failures at one account.
    Account,
    /// Failures at one account from one browser on which its end-user signed in before.
    KnownBrowser,
    /// Failures from one address, or one network of IPv6.
    Address,
    /// Failures at identifiers that nobody has.
    Unknown,
}

impl From<LockoutKind> for Kind {
    fn from(kind: LockoutKind) -> Self {
        match kind {
            LockoutKind::Account => Self::Account,
            LockoutKind::KnownBrowser => Self::KnownBrowser,
            LockoutKind::Address => Self::Address,
            LockoutKind::Unknown => Self::Unknown,
        }
    }
}

impl LockoutView {
    pub(super) fn of(listed: ListedLockout) -> Self {
        Self {
            lockout_id: listed.lockout_id.to_string(),
            kind: listed.kind.into(),
            account_id: listed.account_id.map(|account_id| account_id.to_string()),
            address: listed.address,
            failures: listed.failures,
            last_failed_at: Written(listed.last_failed_at),
            locks: listed.locks,
            locked_until: listed.locked_until.map(Written),
            forgotten_at: Written(listed.forgotten_at),
        }
    }
}

impl Example for LockoutView {
    fn example() -> Self {
        Self {
            lockout_id: "YWRkcmVzczoxOTIuMC4yLjc".into(),
            kind: Kind::Account,
            account_id: Some(EXAMPLE_ID.into()),
            address: None,
            failures: 10,
            last_failed_at: example_instant(),
            locks: 1,
            locked_until: Some(example_instant()),
            forgotten_at: example_instant(),
        }
    }
}
