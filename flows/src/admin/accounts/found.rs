//! Accounts as operators see them, one by one and page by page.

use protocol::{AccountId, Timestamp, identifier::Identifier};
use storage::{
    Page, Stored,
    accounts::{Account, AccountState},
};

use super::IDENTIFIERS_MAX;
use crate::{
    Error, Failure, Flows,
    admin::{Administrator, Cursor, ITEMS_MAX, List, NotACursor},
};

/// An account with what belongs to it.
#[derive(Debug)]
pub struct FoundAccount {
    /// The account.
    pub account: Stored<Account>,
    /// The names that it signs in with, in canonical form.
    pub identifiers: Vec<Identifier>,
    /// When its password was chosen; nothing where it has none.
    pub password_chosen_at: Option<Timestamp>,
}

/// Which accounts are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountFilter {
    /// All.
    All,
    /// The one with this name.
    Named(Identifier),
    /// Those that may sign in, or may not.
    In(AccountState),
}

impl AccountFilter {
    const fn list(&self) -> &'static str {
        match self {
            Self::All => "accounts",
            Self::Named(_) => "accounts named",
            Self::In(AccountState::Active) => "accounts active",
            Self::In(AccountState::Disabled) => "accounts disabled",
        }
    }
}

impl Flows {
    /// An account, whatever its state.
    pub async fn account(
        &self,
        by: &Administrator,
        account_id: AccountId,
    ) -> Result<Option<FoundAccount>, Failure> {
        // First, so that a change of what is read after it makes this version an old one.
        let Some(account) = self.store.account(&by.realm, account_id).await? else {
            return Ok(None);
        };
        let names = self.store.identifiers_of(&by.realm, account_id, IDENTIFIERS_MAX).await?;
        let identifiers = names.items.into_iter().map(|named| named.record.identifier).collect();
        let password = self.store.password(&by.realm, account_id).await?;
        let password_chosen_at = password.map(|password| password.chosen_at);
        Ok(Some(FoundAccount { account, identifiers, password_chosen_at }))
    }

    /// A page of the accounts, in the order of their ids. Where few of a page are left by the filter it is short, and still
    /// says where the list goes on.
    pub async fn accounts(
        &self,
        by: &Administrator,
        filter: &AccountFilter,
        after: Option<&Cursor>,
    ) -> Result<List<Stored<Account>>, Error<NotACursor>> {
        let list = filter.list();
        let position = self.after(list, after).map_err(Error::Refused)?;
        let (realm, position) = (&by.realm, position.as_ref());
        let page = match filter {
            AccountFilter::All => self.store.all::<Account>(realm, position, ITEMS_MAX).await?,
            AccountFilter::Named(identifier) => {
                let named = self.store.account_named(realm, identifier).await?;
                let account = match named {
                    Some(account_id) => self.store.account(realm, account_id).await?,
                    None => None,
                };
                Page { items: account.into_iter().collect(), next: None }
            }
            AccountFilter::In(AccountState::Disabled) => {
                self.store.disabled_accounts(realm, position, ITEMS_MAX).await?
            }
            // Nearly all are, so that an index of them would be a second list of all.
            AccountFilter::In(AccountState::Active) => {
                let mut page = self.store.all::<Account>(realm, position, ITEMS_MAX).await?;
                page.items.retain(|account| account.is_active());
                page
            }
        };
        Ok(self.listed(list, page, |account| account)?)
    }
}
