//! What operators see of an account: never a password or its hash.

use flows::admin::accounts::{Account, AccountState, FoundAccount};
use poem_openapi::{Object, types::Example};
use protocol::{AccountId, Timestamp};

use super::claims::ClaimsBody;
use crate::admin::written::Written;

/// The id in examples.
pub(in crate::admin) const EXAMPLE_ID: &str = "acc_0123456789abcdef0123456789abcdef";

/// An account, as operators see it.
#[derive(Debug, Object)]
#[oai(rename = "Account", skip_serializing_if_is_none, example)]
pub(super) struct AccountView {
    /// Its id: the `sub` that clients are told. Never given to another.
    account_id: String,
    /// Whether it may sign in.
    state: Written<AccountState>,
    /// The names that it signs in with, in canonical form.
    identifiers: Vec<String>,
    /// What clients may be told.
    claims: ClaimsBody,
    /// When the claims were last changed.
    claims_updated_at: Option<Written<Timestamp>>,
    /// When it was made.
    created_at: Written<Timestamp>,
    /// When its password was chosen or set. Missing where it has none.
    password_chosen_at: Option<Written<Timestamp>>,
    /// Since when another password must be chosen at the next sign-in.
    new_password_required_at: Option<Written<Timestamp>>,
    /// When all its sessions were last ended.
    sessions_ended_at: Option<Written<Timestamp>>,
    /// When all that clients had been given for it was last taken back.
    tokens_revoked_at: Option<Written<Timestamp>>,
}

/// An account in a list.
#[derive(Debug, Object)]
#[oai(rename = "ListedAccount", example)]
pub(super) struct ListedAccount {
    /// Its id.
    account_id: String,
    /// What people know it by: its name, or else its username, e-mail address or id.
    display_name: String,
    /// Whether it may sign in.
    state: Written<AccountState>,
    /// When it was made.
    created_at: Written<Timestamp>,
}

/// An account that was made.
#[derive(Debug, Object)]
#[oai(rename = "CreatedAccount", example)]
pub(super) struct CreatedAccount {
    /// Its id.
    account_id: String,
}

impl AccountView {
    pub(super) fn of(found: FoundAccount) -> Self {
        let FoundAccount { account, identifiers, password_chosen_at } = found;
        Self {
            account_id: account.account_id.to_string(),
            state: Written(account.state),
            identifiers: identifiers.iter().map(ToString::to_string).collect(),
            claims: ClaimsBody::of(&account.claims),
            claims_updated_at: account.claims.updated_at.map(Written),
            created_at: Written(account.created_at),
            password_chosen_at: password_chosen_at.map(Written),
            new_password_required_at: account.password_required_at.map(Written),
            sessions_ended_at: account.sessions_ended_at.map(Written),
            tokens_revoked_at: account.tokens_revoked_at.map(Written),
        }
    }
}

impl ListedAccount {
    pub(super) fn of(account: &Account) -> Self {
        Self {
            account_id: account.account_id.to_string(),
            display_name: account.display_name(),
            state: Written(account.state),
            created_at: Written(account.created_at),
        }
    }
}

impl CreatedAccount {
    pub(super) fn of(account_id: AccountId) -> Self {
        Self { account_id: account_id.to_string() }
    }
}

/// An instant in examples.
pub(in crate::admin) const fn example_instant() -> Written<Timestamp> {
    Written(Timestamp::from_seconds(1_790_000_000))
}

impl Example for AccountView {
    fn example() -> Self {
        Self {
            account_id: EXAMPLE_ID.into(),
            state: Written(AccountState::Active),
            identifiers: vec!["ada".into(), "ada@example.com".into()],
            claims: ClaimsBody::example(),
            claims_updated_at: Some(example_instant()),
            created_at: example_instant(),
            password_chosen_at: Some(example_instant()),
            new_password_required_at: None,
            sessions_ended_at: None,
            tokens_revoked_at: None,
        }
    }
}

impl Example for ListedAccount {
    fn example() -> Self {
        Self {
            account_id: EXAMPLE_ID.into(),
            display_name: "Ada Lovelace".into(),
            state: Written(AccountState::Active),
            created_at: example_instant(),
        }
    }
}

impl Example for CreatedAccount {
    fn example() -> Self {
        Self { account_id: EXAMPLE_ID.into() }
    }
}
