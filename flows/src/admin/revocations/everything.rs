//! All that a client or an account was given, and what is found by going through it page by page.

use protocol::{
    AccountId, ClientId, SessionId, client::Client, epochs, event::Act,
    revocation::RevocationReason,
};
use serde::{Deserialize, Serialize};
use storage::{Batch, accounts::Account};

use super::{
    ATTEMPTS_MAX,
    items::too_many_races,
    pages::{Place, Whose},
};
use crate::{
    Error, Failure, Flows,
    admin::{Administrator, Creation, Cursor, ITEMS_MAX, KeyReused, NotACursor, Why},
};

/// What is taken back altogether.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Everything {
    /// All that a client was given.
    OfClient(ClientId),
    /// All that clients were given for an account, offline access included.
    OfAccount(AccountId),
    /// All that one client was given for one account.
    OfAccountAtClient(AccountId, ClientId),
    /// All that was given in a session, offline access included. The session itself goes on.
    OfSession(SessionId),
    /// All that any client was given.
    OfRealm,
}

/// Who can lose all at once: it tells since when things are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::admin) enum Owner {
    Client(ClientId),
    Account(AccountId),
}

/// How far a revocation has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What was taken back in this step: at most a hundred things.
    pub revoked: usize,
    /// Where it goes on; nothing when all is done.
    pub next: Option<Cursor>,
}

/// What is remembered of a step under its key.
#[derive(Serialize, Deserialize)]
struct Remembered {
    revoked: usize,
    next: Option<String>,
}

/// Why one write was none.
enum Unwritten {
    /// Somebody else wrote in between.
    Lost,
    /// The key is that of another request.
    KeyReused(KeyReused),
}

/// Why nothing was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotEverything {
    /// There is no such client, account or session.
    #[error("nothing has this id")]
    Unknown,
    /// It does not go on there.
    #[error(transparent)]
    Cursor(#[from] NotACursor),
    /// The key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
}

impl From<KeyReused> for Unwritten {
    fn from(why: KeyReused) -> Self {
        Self::KeyReused(why)
    }
}

impl From<Progress> for Remembered {
    fn from(Progress { revoked, next }: Progress) -> Self {
        Self { revoked, next: next.map(|next| next.as_str().to_owned()) }
    }
}

impl From<Remembered> for Progress {
    fn from(Remembered { revoked, next }: Remembered) -> Self {
        Self { revoked, next: next.map(Cursor::presented) }
    }
}

impl Everything {
    /// The list that it goes through, for its cursor.
    fn list(self) -> String {
        match self {
            Self::OfClient(client_id) => format!("revoke {client_id}"),
            Self::OfAccount(account_id) => format!("revoke {account_id}"),
            Self::OfAccountAtClient(account_id, client_id) => {
                format!("revoke {account_id} {client_id}")
            }
            Self::OfSession(session_id) => format!("revoke {session_id}"),
            Self::OfRealm => "revoke all".to_owned(),
        }
    }

    /// The codes that come before the grants of it.
    fn codes(self) -> String {
        format!("{} codes", self.list())
    }
}

impl Flows {
    /// Takes back all of something, or the next hundred of it: where [`Progress::next`] is there it is asked for again with
    /// that. What is given meanwhile stays where it goes page by page; of a client and of an account nothing does.
    ///
    /// Asked for again under the key of `creation` it takes back nothing more, and comes to the same. All of a client and
    /// of an account is taken back once even where that is asked by many at once, or where an earlier attempt broke off.
    pub async fn revoke_everything(
        &self,
        (by, creation): (&Administrator, &Creation),
        of: Everything,
        why: &Why,
        after: Option<&Cursor>,
    ) -> Result<Progress, Error<NotEverything>> {
        if let Some(before) = self.made_before::<Remembered, _>(by, creation).await? {
            return Ok(before.into());
        }
        let progress = self.revoke_step((by, creation), of, why, after).await?;
        if creation.key.is_none()
            || matches!(of, Everything::OfClient(_) | Everything::OfAccount(_))
        {
            return Ok(progress);
        }
        let answer = (self.store.batch(), Remembered::from(progress));
        let lost = |_| Error::Failed(too_many_races());
        Ok(self.commit_creation(by, creation, answer, lost).await?.into_inner().into())
    }

    async fn revoke_step(
        &self,
        (by, creation): (&Administrator, &Creation),
        of: Everything,
        why: &Why,
        after: Option<&Cursor>,
    ) -> Result<Progress, Error<NotEverything>> {
        let (by, reason) = (&by.noting(why), why.reason);
        let (grants, codes) = (of.list(), of.codes());
        let place = match self.after(&codes, after) {
            Ok(after) => Place::Codes(after),
            Err(_) => Place::Grants(self.after(&grants, after).map_err(Error::refused)?),
        };
        let (revoked, next) = match of {
            Everything::OfClient(client_id) => {
                let of = Owner::Client(client_id);
                let is_there = self.revoke_tokens((by, creation), of, reason).await?;
                (is_there.then_some(1), None)
            }
            Everything::OfAccount(account_id) => {
                let of = Owner::Account(account_id);
                let is_there = self.revoke_tokens((by, creation), of, reason).await?;
                (is_there.then_some(1), None)
            }
            Everything::OfAccountAtClient(account_id, client_id) => {
                if self.store.client(&by.realm, client_id).await?.is_none()
                    || self.store.account(&by.realm, account_id).await?.is_none()
                {
                    return Err(Error::Refused(NotEverything::Unknown));
                }
                let whose = Whose { account_id, client_id: Some(client_id), session_id: None };
                let (revoked, next) = self.revoke_page(by, whose, reason, place).await?;
                (Some(revoked), next)
            }
            Everything::OfSession(session_id) => {
                let account_id = self.account_of_session(by, session_id).await?;
                let account_id = account_id.ok_or(Error::Refused(NotEverything::Unknown))?;
                let whose = Whose { account_id, client_id: None, session_id: Some(session_id) };
                let (revoked, next) = self.revoke_page(by, whose, reason, place).await?;
                (Some(revoked), next)
            }
            Everything::OfRealm => {
                let after = place.position();
                let page = self.store.all::<Client>(&by.realm, after, ITEMS_MAX).await?;
                for client in &page.items {
                    let by = (by, &creation.part(&client.client_id));
                    self.revoke_tokens(by, Owner::Client(client.client_id), reason).await?;
                }
                (Some(page.items.len()), page.next.map(|next| Place::Grants(Some(next))))
            }
        };
        let revoked = revoked.ok_or(Error::Refused(NotEverything::Unknown))?;
        let sealing = (&*self.ring, self.store.randomness());
        let list = if matches!(next, Some(Place::Codes(_))) { &codes } else { &grants };
        let next = next.as_ref().and_then(Place::position);
        let next = next.map(|next| Cursor::new(next, list, sealing)).transpose()?;
        Ok(Progress { revoked, next })
    }

    /// Takes back all that was given until now to a client, or for an account, offline access included; or was given when
    /// that was asked for before: one write. Whether there is such a one.
    pub(in crate::admin) async fn revoke_tokens(
        &self,
        (by, creation): (&Administrator, &Creation),
        of: Owner,
        reason: RevocationReason,
    ) -> Result<bool, Error<NotEverything>> {
        for _ in 0..ATTEMPTS_MAX {
            if self.made_before::<Remembered, NotEverything>(by, creation).await?.is_some() {
                return Ok(true);
            }
            let mut batch = self.store.batch();
            if !self.begin_epoch(by, &mut batch, of).await? {
                return Ok(false);
            }
            let (act, concerned) = match of {
                Owner::Client(id) => (Act::ClientTokensRevoked { reason }, (None, Some(id))),
                Owner::Account(id) => (Act::AccountTokensRevoked { reason }, (Some(id), None)),
            };
            self.tell(by, &mut batch, act, concerned).await?;
            if self.is_written((by, creation), batch).await? {
                return Ok(true);
            }
        }
        Err(too_many_races().into())
    }

    /// From now on what was given before is no longer believed. Whether there is such an owner.
    async fn begin_epoch(
        &self,
        by: &Administrator,
        batch: &mut Batch,
        of: Owner,
    ) -> Result<bool, Failure> {
        let begun = |before| Some(epochs::next(before, batch.now()));
        match of {
            Owner::Client(client_id) => {
                let Some(client) = self.store.client(&by.realm, client_id).await? else {
                    return Ok(false);
                };
                let tokens_revoked_at = begun(client.tokens_revoked_at);
                batch.replace(&client, &Client { tokens_revoked_at, ..client.record.clone() });
            }
            Owner::Account(account_id) => {
                let Some(account) = self.store.account(&by.realm, account_id).await? else {
                    return Ok(false);
                };
                let tokens_revoked_at = begun(account.tokens_revoked_at);
                batch.replace(&account, &Account { tokens_revoked_at, ..account.record.clone() });
            }
        }
        Ok(true)
    }

    /// Commits `batch`, which is one thing that was taken back, under the key; whether nobody wrote in between.
    async fn is_written(
        &self,
        (by, creation): (&Administrator, &Creation),
        batch: Batch,
    ) -> Result<bool, Error<NotEverything>> {
        let answer = (batch, Remembered { revoked: 1, next: None });
        match self.commit_creation(by, creation, answer, |_| Error::Refused(Unwritten::Lost)).await
        {
            Ok(_) => Ok(true),
            Err(Error::Refused(Unwritten::Lost)) => Ok(false),
            Err(Error::Refused(Unwritten::KeyReused(why))) => Err(Error::refused(why)),
            Err(Error::Failed(failure)) => Err(Error::Failed(failure)),
        }
    }

    /// Whose session it is, or was while something that was given in it can hold: it may have timed out.
    pub(in crate::admin) async fn account_of_session(
        &self,
        by: &Administrator,
        session_id: SessionId,
    ) -> Result<Option<AccountId>, Failure> {
        if let Some(session) = self.store.session(&by.realm, session_id).await? {
            return Ok(Some(session.account_id));
        }
        if let Some(ended) = self.store.ended_session(&by.realm, session_id).await? {
            return Ok(Some(ended.account_id));
        }
        let given = self.store.grants_of_session(&by.realm, session_id, 1).await?;
        Ok(given.items.first().map(|grant| grant.account_id))
    }
}
