//! Accounts: the records of end-users.

use protocol::{AccountId, Realm, Tenant, Timestamp, claims::StandardClaims};
use serde::{Deserialize, Serialize};

use crate::{
    engine::StorageError,
    record::{Erasure, Record, Stored},
    store::Store,
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
    /// Sessions that started before are over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions_ended_at: Option<Timestamp>,
    /// What clients were given for it before holds no more, offline access included.
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

    fn subject(&self) -> Option<AccountId> {
        Some(self.account_id)
    }
}

impl Store {
    /// The account with this id.
    pub async fn account(
        &self,
        realm: &Realm,
        id: AccountId,
    ) -> Result<Option<Stored<Account>>, StorageError> {
        self.get(realm, &id).await
    }
}
