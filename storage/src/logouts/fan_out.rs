//! A notice becomes deliveries: for each client that took part one, whoever else does the same at this moment.

use std::collections::BTreeMap;

use protocol::{ClientId, Realm, SessionId, Timestamp, tokens::Jti};

use super::{Ended, KEPT, LogoutDelivery, LogoutNotice};
use crate::{
    engine::{CommitError, Position, StorageError},
    record::Stored,
    session_clients::SessionClient,
    store::{Page, Store},
};

/// Clients of one batch.
const PAGE: usize = 100;

/// How often a page is read again because somebody else made deliveries of it.
const TRIES_MAX: usize = 8;

impl Store {
    /// Makes a delivery of `notice` for each client that took part, and removes the notice. Those that this call has made,
    /// as they were written; of others somebody else takes care. Before `due_at` nobody else tries: whoever makes them does.
    pub async fn fan_out(
        &self,
        notice: &LogoutNotice,
        due_at: Timestamp,
    ) -> Result<Vec<Stored<LogoutDelivery>>, CommitError> {
        let (mut made, mut after, mut tries) = (Vec::new(), None, 0);
        loop {
            let page = self.to_tell(notice, after.as_ref()).await?;
            let is_last = page.next.is_none();
            match self.fan_out_page(notice, &page, due_at).await {
                Ok(of_page) => made.extend(of_page),
                // Somebody else was quicker with some of them: what is left is read again.
                Err(CommitError::Refused(_)) if tries < TRIES_MAX => {
                    tries += 1;
                    continue;
                }
                Err(error) => return Err(error),
            }
            if is_last {
                return Ok(made);
            }
            after = page.next;
        }
    }

    async fn to_tell(
        &self,
        notice: &LogoutNotice,
        after: Option<&Position>,
    ) -> Result<Page<SessionClient>, StorageError> {
        let realm = &notice.realm;
        match notice.ended {
            Ended::Session(session_id) => {
                self.clients_of_session(realm, session_id, after, PAGE).await
            }
            Ended::SessionsOf(account_id) => {
                let mut page = self.clients_of_sessions_of(realm, account_id, after, PAGE).await?;
                let over = self.sessions_over(realm, &page).await?;
                page.items.retain(|client| over.get(&client.session_id) == Some(&true));
                Ok(page)
            }
        }
    }

    /// Which of the sessions of a page hold no more: another may have started since, and one may have been renewed.
    async fn sessions_over(
        &self,
        realm: &Realm,
        page: &Page<SessionClient>,
    ) -> Result<BTreeMap<SessionId, bool>, StorageError> {
        let mut over = BTreeMap::new();
        for client in &page.items {
            if over.contains_key(&client.session_id) {
                continue;
            }
            let session = self.session(realm, client.session_id).await?;
            let account = self.account(realm, client.account_id).await?;
            let lives = session
                .zip(account)
                .is_some_and(|(session, account)| session.is_live(&account, self.now()));
            over.insert(client.session_id, !lives);
        }
        Ok(over)
    }

    async fn fan_out_page(
        &self,
        notice: &LogoutNotice,
        page: &Page<SessionClient>,
        due_at: Timestamp,
    ) -> Result<Vec<Stored<LogoutDelivery>>, CommitError> {
        let mut batch = self.batch();
        let mut made = Vec::new();
        for client in &page.items {
            batch.delete(client);
            if !self.is_told(&notice.realm, client.client_id).await? {
                continue;
            }
            let delivery = LogoutDelivery {
                jti: Jti::new(self.randomness()),
                realm: notice.realm.clone(),
                client_id: client.client_id,
                issuer: client.issuer.clone(),
                session_id: client.session_id,
                account_id: client.account_id,
                ended_at: notice.ended_at,
                attempts: 0,
                due_at,
                expires_at: notice.ended_at + KEPT,
            };
            batch.create(&delivery);
            made.push(delivery);
        }
        if page.next.is_none() {
            batch.remove::<LogoutNotice>(&notice.realm, &notice.logout_id);
        }
        let version = if batch.is_empty() { batch.version() } else { self.commit(batch).await? };
        let stored = |record| Stored { record, version, unknown: None };
        Ok(made.into_iter().map(stored).collect())
    }

    /// Whether a client is told by us, and not only by the end-user's browser.
    async fn is_told(&self, realm: &Realm, client_id: ClientId) -> Result<bool, StorageError> {
        let client = self.client(realm, client_id).await?;
        Ok(client
            .is_some_and(|client| !client.is_disabled() && client.logout.backchannel.is_some()))
    }
}
