//! What is locked, or has failed lately, as operators see it, and how they release it.

use std::{fmt, str::FromStr};

use actors::lockout::{Counted, Release};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::{
    AccountId, Timestamp,
    event::{Act, Event},
};
use storage::{Stored, lockouts::Lockout, record::Index};

use super::{Administrator, Cursor, ITEMS_MAX, List, NotACursor, Why};
use crate::{Error, Failure, Flows};

/// The id of a lockout: the name of its counter, fit for an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockoutId(String);

/// A text that is the id of no lockout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no lockout has this id")]
pub struct NoSuchLockout;

/// Bytes of the name of a counter.
const NAME_BYTES_MAX: usize = 255;

impl FromStr for LockoutId {
    type Err = NoSuchLockout;

    fn from_str(text: &str) -> Result<Self, NoSuchLockout> {
        if text.len() > NAME_BYTES_MAX * 2 {
            return Err(NoSuchLockout);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NoSuchLockout)?;
        let name = String::from_utf8(bytes).map_err(|_| NoSuchLockout)?;
        Counted::by(&name).map(|_| Self(name)).ok_or(NoSuchLockout)
    }
}

impl fmt::Display for LockoutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

/// Failures that count, and the lock that they led to.
#[derive(Debug, Clone)]
pub struct ListedLockout {
    /// Its id.
    pub lockout_id: LockoutId,
    /// What is counted.
    pub kind: LockoutKind,
    /// The account, where one is counted.
    pub account_id: Option<AccountId>,
    /// The address or network, where one is counted.
    pub address: Option<String>,
    /// Failures since the last success, lock or window.
    pub failures: u32,
    /// When the last of them was.
    pub last_failed_at: Timestamp,
    /// How many locks followed upon one another.
    pub locks: u32,
    /// Until when attempts are refused; nothing where they are not.
    pub locked_until: Option<Timestamp>,
    /// When all of it is forgotten by itself.
    pub forgotten_at: Timestamp,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockoutKind {
    /// Failures at one account.
    Account,
    /// Failures at one account from one browser on which its end-user signed in before.
    KnownBrowser,
    /// Failures from one address, or one network of IPv6.
    Address,
    /// Failures at identifiers that nobody has. Which ones is not known.
    Unknown,
}

impl ListedLockout {
    /// Of a counter; nothing where it is of a kind that only a later release knows.
    fn of(lockout: &Lockout, now: Timestamp) -> Option<Self> {
        let counted = Counted::by(&lockout.subject)?;
        let (account_id, locked_until) = (counted.account_id(), lockout.locked_until);
        let (kind, address) = match counted {
            Counted::Account(_) => (LockoutKind::Account, None),
            Counted::KnownBrowser(_) => (LockoutKind::KnownBrowser, None),
            Counted::Address(address) => (LockoutKind::Address, Some(address)),
            Counted::Unknown => (LockoutKind::Unknown, None),
        };
        Some(Self {
            lockout_id: LockoutId(lockout.subject.clone()),
            kind,
            account_id,
            address,
            failures: lockout.failures,
            last_failed_at: lockout.last_failed_at,
            locks: lockout.locks,
            locked_until: locked_until.filter(|until| now < *until),
            forgotten_at: lockout.expires_at,
        })
    }
}

impl Flows {
    /// A page of what is counted now, of an account or of all.
    pub async fn lockouts(
        &self,
        by: &Administrator,
        account_id: Option<AccountId>,
        after: Option<&Cursor>,
    ) -> Result<List<ListedLockout>, Error<NotACursor>> {
        let list =
            account_id.map_or("lockouts".into(), |account_id| format!("lockouts {account_id}"));
        let position = self.after(&list, after).map_err(Error::Refused)?;
        let (realm, position) = (&by.realm, position.as_ref());
        let page = match account_id {
            Some(account_id) => {
                let of_account = Index::<Lockout>::of_subject();
                let tenant = realm.into();
                self.store.having(&tenant, of_account, account_id, position, ITEMS_MAX).await?
            }
            None => self.store.all::<Lockout>(realm, position, ITEMS_MAX).await?,
        };
        let now = self.store.now();
        let shown = |stored: Stored<Lockout>| ListedLockout::of(&stored, now);
        let List { items, next } = self.listed(&list, page, shown)?;
        Ok(List { items: items.into_iter().flatten().collect(), next })
    }

    /// What one counter says now, and nothing where nothing is counted.
    pub async fn lockout(
        &self,
        by: &Administrator,
        lockout_id: &LockoutId,
    ) -> Result<Option<ListedLockout>, Failure> {
        let found = self.store.lockout(&by.realm, &lockout_id.0).await?;
        Ok(found.and_then(|found| ListedLockout::of(&found, self.store.now())))
    }

    /// Forgets failures, and a lock with them. An attempt that is made after this returns is judged without them.
    pub async fn release_lockout(
        &self,
        by: &Administrator,
        lockout_id: &LockoutId,
        why: &Why,
    ) -> Result<(), Error<NoSuchLockout>> {
        let counted = Counted::by(&lockout_id.0).ok_or(Error::Refused(NoSuchLockout))?;
        let by = by.noting(why);
        let event = Event {
            actor: by.actor.clone(),
            act: Act::LockoutReleased { subject: counted.lock_subject(), reason: why.reason },
            account_id: counted.account_id(),
            client_id: None,
            request_id: by.request_id.clone(),
            personal: by.personal.clone(),
        };
        match self.lockout.release(&by.realm, &lockout_id.0, event).await? {
            Release::Released => Ok(()),
            Release::NothingCounted => Err(Error::Refused(NoSuchLockout)),
            Release::NotWritten(error) => Err(error.into()),
        }
    }
}
