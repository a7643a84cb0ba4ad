//! All that a client or an account was given, and what is found by going through it page by page.

use protocol::{
    AccountId, ClientId, SessionId, Timestamp, client::Client, event::Act,
    revocation::RevocationReason,
};
use storage::accounts::Account;

use super::{
    ATTEMPTS_MAX,
    items::too_many_races,
    pages::{Place, Whose},
};
use crate::{
    Error, Failure, Flows,
    admin::{Administrator, Cursor, ITEMS_MAX, NotACursor, Why},
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

/// How far a revocation has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What was taken back in this step: at most a hundred things.
    pub revoked: usize,
    /// Where it goes on; nothing when all is done.
    pub next: Option<Cursor>,
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

/// Another instant than `before`, which may be a moment ago or, after the clock was set back, ahead.
fn another(now: Timestamp, before: Option<Timestamp>) -> Timestamp {
    let next = before.map(|before| Timestamp::from_millis(before.as_millis().saturating_add(1)));
    next.map_or(now, |next| next.max(now))
}

impl Flows {
    /// Takes back all of something, or the next hundred of it: where [`Progress::next`] is there it is asked for again with
    /// that. What is given meanwhile stays where it goes page by page; of a client and of an account nothing does.
    pub async fn revoke_everything(
        &self,
        by: &Administrator,
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
                let is_there = self.revoke_tokens_of_client(by, client_id, reason).await?;
                (is_there.then_some(1), None)
            }
            Everything::OfAccount(account_id) => {
                let is_there = self.revoke_tokens_of_account(by, account_id, reason).await?;
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
                    self.revoke_tokens_of_client(by, client.client_id, reason).await?;
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

    /// Takes back all that a client was given until now: one write. Whether there is such a client.
    pub async fn revoke_tokens_of_client(
        &self,
        by: &Administrator,
        client_id: ClientId,
        reason: RevocationReason,
    ) -> Result<bool, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(client) = self.store.client(&by.realm, client_id).await? else {
                return Ok(false);
            };
            let mut batch = self.store.batch();
            let tokens_revoked_at = Some(another(batch.now(), client.tokens_revoked_at));
            batch.replace(&client, &Client { tokens_revoked_at, ..client.record.clone() });
            let act = Act::ClientTokensRevoked { reason };
            if self.is_committed(by, batch, (act, (None, Some(client_id)))).await? {
                return Ok(true);
            }
        }
        Err(too_many_races())
    }

    /// Takes back all that clients were given for an account until now, offline access included: one write. Whether there
    /// is such an account.
    pub async fn revoke_tokens_of_account(
        &self,
        by: &Administrator,
        account_id: AccountId,
        reason: RevocationReason,
    ) -> Result<bool, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(account) = self.store.account(&by.realm, account_id).await? else {
                return Ok(false);
            };
            let mut batch = self.store.batch();
            let tokens_revoked_at = Some(another(batch.now(), account.tokens_revoked_at));
            batch.replace(&account, &Account { tokens_revoked_at, ..account.record.clone() });
            let act = Act::AccountTokensRevoked { reason };
            if self.is_committed(by, batch, (act, (Some(account_id), None))).await? {
                return Ok(true);
            }
        }
        Err(too_many_races())
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
