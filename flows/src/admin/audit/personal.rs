//! What is personal in a page of the log, opened with the keys of its accounts: one look-up for each account.

use std::collections::BTreeMap;

use protocol::{AccountId, EventId, Realm, Sealed, event::Personal};
use storage::{
    StorageError, Stored, account_keys::AccountKey, erasure::Tombstone, events::open_personal,
};

use crate::Flows;

/// Opens what is personal, for one page.
pub(super) struct Opener<'a> {
    flows: &'a Flows,
    realm: &'a Realm,
    accounts: BTreeMap<AccountId, Whose>,
}

/// What there is to know of an account.
enum Whose {
    Known(Box<Stored<AccountKey>>),
    Erased,
    /// Never was there, or has no key.
    Unknown,
}

impl<'a> Opener<'a> {
    pub(super) fn new(flows: &'a Flows, realm: &'a Realm) -> Self {
        Self { flows, realm, accounts: BTreeMap::new() }
    }

    /// What is personal in an event, and whether its account was erased.
    pub(super) async fn personal(
        &mut self,
        (event_id, account_id): (EventId, Option<AccountId>),
        sealed: Option<&Sealed<Personal>>,
    ) -> Result<(Personal, bool), StorageError> {
        let flows = self.flows;
        let key = match account_id {
            None => None,
            Some(account_id) => match self.whose(account_id).await? {
                Whose::Erased => return Ok((Personal::default(), true)),
                Whose::Unknown => return Ok((Personal::default(), false)),
                Whose::Known(key) => Some(&key.record),
            },
        };
        let Some(sealed) = sealed else { return Ok((Personal::default(), false)) };
        // The rest of an entry is worth reading, whatever became of this.
        let opened = open_personal(event_id, key, sealed, &flows.ring);
        let opened = opened.inspect_err(|error| {
            tracing::warn!(%event_id, %error, "what is personal in an event does not open");
        });
        Ok((opened.unwrap_or_default(), false))
    }

    async fn whose(&mut self, account_id: AccountId) -> Result<&Whose, StorageError> {
        let whose = match self.accounts.remove(&account_id) {
            Some(known) => known,
            None => self.look_up(account_id).await?,
        };
        Ok(self.accounts.entry(account_id).or_insert(whose))
    }

    async fn look_up(&self, account_id: AccountId) -> Result<Whose, StorageError> {
        let store = &self.flows.store;
        if let Some(key) = store.get::<AccountKey>(self.realm, &account_id).await? {
            return Ok(Whose::Known(Box::new(key)));
        }
        let tombstone = store.get::<Tombstone>(self.realm, &account_id).await?;
        Ok(tombstone.map_or(Whose::Unknown, |_| Whose::Erased))
    }
}
