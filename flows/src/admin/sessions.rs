//! Browser sessions as operators see them, and how they end one. Cookies and what recognises them are never shown.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use protocol::{
    AccountId, ClientId, SessionId,
    event::{Act, EndReason},
};
use storage::{Page, Stored, accounts::Account};

use super::{
    Administrator, Creation, Cursor, ITEMS_MAX, List, NotACursor, Why, revocations::Owner,
};
use crate::{Error, Failure, Flows, end_session::ended};

pub use storage::sessions::Session;

/// A session with what belongs to it.
#[derive(Debug)]
pub struct SessionWithClients {
    /// The session. Its last use may be later than it says, by a tenth of its idle timeout.
    pub session: Stored<Session>,
    /// The clients that were given something in it, in order.
    pub clients: Vec<ClientId>,
}

/// Which sessions are listed: all, or those that fit all of this.
#[derive(Debug, Clone, Copy, Default)]
pub struct SessionsOf {
    /// Of this account.
    pub account_id: Option<AccountId>,
    /// In which this client was given something.
    pub client_id: Option<ClientId>,
}

/// There is no such session, or somebody ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no session has this id")]
pub struct NoSuchSession;

/// Grants of one session that are looked at.
const GRANTS_MAX: usize = 1_000;

impl Flows {
    /// A session that holds.
    pub async fn session(
        &self,
        by: &Administrator,
        session_id: SessionId,
    ) -> Result<Option<SessionWithClients>, Failure> {
        let Some(session) = self.live_session(by, session_id).await? else { return Ok(None) };
        let clients = self.clients_of_session(by, session_id).await?;
        Ok(Some(SessionWithClients { session, clients }))
    }

    async fn clients_of_session(
        &self,
        by: &Administrator,
        session_id: SessionId,
    ) -> Result<Vec<ClientId>, Failure> {
        let grants = self.store.grants_of_session(&by.realm, session_id, GRANTS_MAX).await?;
        let mut clients: Vec<_> = grants.items.iter().map(|grant| grant.client_id).collect();
        clients.sort_unstable();
        clients.dedup();
        Ok(clients)
    }

    /// A page of the sessions that hold and are `of` this, in the order of their ids. Where few of a page are left it is
    /// short, and still says where the list goes on.
    pub async fn sessions(
        &self,
        by: &Administrator,
        of: SessionsOf,
        after: Option<&Cursor>,
    ) -> Result<List<Stored<Session>>, Error<NotACursor>> {
        let SessionsOf { account_id, client_id } = of;
        let list = format!("sessions {account_id:?} {client_id:?}");
        let position = self.after(&list, after).map_err(Error::Refused)?;
        let (realm, position) = (&by.realm, position.as_ref());
        let page = match account_id {
            Some(account_id) => {
                self.store.sessions_of(realm, account_id, position, ITEMS_MAX).await?
            }
            None => self.store.all::<Session>(realm, position, ITEMS_MAX).await?,
        };
        let mut page = self.those_that_hold(by, page).await?;
        if let Some(client_id) = client_id {
            page.items = self.those_with(by, page.items, client_id).await?;
        }
        Ok(self.listed(&list, page, |session| session)?)
    }

    /// Those of a page that hold, each judged by its account.
    async fn those_that_hold(
        &self,
        by: &Administrator,
        page: Page<Session>,
    ) -> Result<Page<Session>, Failure> {
        let mut whose: Vec<_> = page.items.iter().map(|session| session.account_id).collect();
        whose.sort_unstable();
        whose.dedup();
        let read = whose.into_iter().map(|account_id| self.store.account(&by.realm, account_id));
        let accounts = try_join_all(read).await?.into_iter().flatten();
        let accounts: BTreeMap<AccountId, Stored<Account>> =
            accounts.map(|account| (account.account_id, account)).collect();
        let now = self.store.now();
        let holds = |session: &Stored<Session>| {
            let account = accounts.get(&session.account_id);
            account.is_some_and(|account| session.is_live(account, now))
        };
        let Page { mut items, next } = page;
        items.retain(holds);
        Ok(Page { items, next })
    }

    /// Those of them in which a client was given something.
    async fn those_with(
        &self,
        by: &Administrator,
        sessions: Vec<Stored<Session>>,
        client_id: ClientId,
    ) -> Result<Vec<Stored<Session>>, Failure> {
        let mut those = Vec::new();
        // One after the other: a session may have a thousand grants.
        for session in sessions {
            if self.clients_of_session(by, session.session_id).await?.contains(&client_id) {
                those.push(session);
            }
        }
        Ok(those)
    }

    async fn live_session(
        &self,
        by: &Administrator,
        session_id: SessionId,
    ) -> Result<Option<Stored<Session>>, Failure> {
        let Some(session) = self.store.session(&by.realm, session_id).await? else {
            return Ok(None);
        };
        let account = self.store.account(&by.realm, session.account_id).await?;
        let now = self.store.now();
        let is_live = account.is_some_and(|account| session.is_live(&account, now));
        Ok(is_live.then_some(session))
    }

    /// Ends a session, with all that was given in it and does not outlive it. Everything of it is refused from the write
    /// on, on every node. Also one that has timed out or whose end-user may not sign in: what was given in it may hold.
    pub async fn revoke_session(
        &self,
        by: &Administrator,
        session_id: SessionId,
        why: &Why,
    ) -> Result<(), Error<NoSuchSession>> {
        if self.store.ended_session(&by.realm, session_id).await?.is_some() {
            return Err(Error::Refused(NoSuchSession));
        }
        let account_id = self.account_of_session(by, session_id).await?;
        let account_id = account_id.ok_or(Error::Refused(NoSuchSession))?;
        let mut batch = self.store.batch();
        batch.overwrite(&ended(&by.realm, &batch, (session_id, account_id)));
        // Without the version: a last use that is written at this moment must not keep it alive.
        batch.remove::<Session>(&by.realm, &session_id);
        let act = Act::SessionEnded { session_id, reason: EndReason::from(why.reason) };
        let whom = (Some(account_id), None);
        self.tell(&by.noting(why), &mut batch, act, whom).await?;
        let noted = self.logouts.note_session(&mut batch, &by.realm, session_id).await?;
        self.store.commit(batch).await?;
        Ok(self.tell_clients(noted).await?)
    }

    /// Takes back all that a client was given, in whichever session. Whether there is such a client.
    pub async fn end_sessions_of_client(
        &self,
        by: &Administrator,
        client_id: ClientId,
        why: &Why,
    ) -> Result<bool, Failure> {
        let by = (&by.noting(why), &Creation::once("end_sessions_of_client"));
        match self.revoke_tokens(by, Owner::Client(client_id), why.reason).await {
            Ok(is_there) => Ok(is_there),
            Err(Error::Failed(failure)) => Err(failure),
            Err(Error::Refused(why)) => Err(Failure::fault(why)),
        }
    }
}
