//! Accounts: the records of end-users.

use std::ops::Bound;

use protocol::{AccountId, Realm, Tenant, Timestamp, claims::StandardClaims, epochs};
use serde::{Deserialize, Serialize};

use crate::{
    engine::{IndexEntry, Position, StorageError},
    record::{Erasure, Index, Record, Stored},
    store::{Page, Store},
};

/// An end-user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Its id: the public `sub`. Never reused.
    pub account_id: AccountId,
    /// Whose it is.
    pub realm: Realm,
    /// Whether it may sign in.
    pub state: AccountState,
    /// What clients may be told (OpenID Connect Core 1.0 §5.1).
    pub claims: StandardClaims,
    /// When it was made.
    pub created_at: Timestamp,
    /// Sessions are over that name another instant here: they started before ([`epochs`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions_ended_at: Option<Timestamp>,
    /// What clients were given under another instant here holds no more, offline access included ([`epochs`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_revoked_at: Option<Timestamp>,
    /// Since when another password must be chosen before anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_required_at: Option<Timestamp>,
}

impl Account {
    /// A new one, that may sign in.
    pub const fn new(
        account_id: AccountId,
        realm: Realm,
        claims: StandardClaims,
        created_at: Timestamp,
    ) -> Self {
        Self {
            account_id,
            realm,
            state: AccountState::Active,
            claims,
            created_at,
            sessions_ended_at: None,
            tokens_revoked_at: None,
            password_required_at: None,
        }
    }
}

/// Whether an account may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// It may.
    Active,
    /// It may not, and its tokens are refused.
    Disabled,
}

impl Account {
    /// Whether it may sign in and its tokens hold.
    pub fn is_active(&self) -> bool {
        self.state == AccountState::Active
    }

    /// The account once every session that there is now is over.
    #[must_use]
    pub fn with_sessions_ended(&self, now: Timestamp) -> Self {
        let ended_at = epochs::next(self.sessions_ended_at, now);
        Self { sessions_ended_at: Some(ended_at), ..self.clone() }
    }

    /// The account once every session that there is now is over, and offline access with them.
    #[must_use]
    pub fn with_tokens_revoked(&self, now: Timestamp) -> Self {
        let revoked_at = epochs::next(self.tokens_revoked_at, now);
        Self { tokens_revoked_at: Some(revoked_at), ..self.with_sessions_ended(now) }
    }

    /// What the end-user is called on a page of ours: what they are known by, or else their id.
    pub fn display_name(&self) -> String {
        let claims = &self.claims;
        let known = [&claims.name, &claims.preferred_username, &claims.email];
        let name = known.into_iter().flatten().next();
        name.map_or_else(|| self.account_id.to_string(), |name| name.as_str().to_owned())
    }
}

impl Record for Account {
    const TABLE: &'static str = "accounts";
    const ON_ERASURE: Erasure = Erasure::Delete;
    type Id = AccountId;

    fn id(&self) -> AccountId {
        self.account_id
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    /// Only those that may not sign in: all others are nearly all.
    fn indexes(&self) -> Vec<IndexEntry> {
        let disabled = (!self.is_active()).then(|| DISABLED.entry(self.account_id));
        disabled.into_iter().collect()
    }

    fn subject(&self) -> Option<AccountId> {
        Some(self.account_id)
    }
}

/// Accounts that may not sign in, by their ids.
const DISABLED: Index<Account> = Index::many("disabled");

impl Store {
    /// The account with this id.
    pub async fn account(
        &self,
        realm: &Realm,
        id: AccountId,
    ) -> Result<Option<Stored<Account>>, StorageError> {
        self.get(realm, &id).await
    }

    /// At most `limit` accounts that may not sign in, in the order of their ids, after `after`.
    pub async fn disabled_accounts(
        &self,
        realm: &Realm,
        after: Option<&Position>,
        limit: usize,
    ) -> Result<Page<Account>, StorageError> {
        let all = (Bound::Unbounded, Bound::Unbounded);
        self.ordered(&realm.into(), DISABLED, all, after, limit).await
    }
}
