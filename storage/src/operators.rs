//! Operators: who administers. Their credential is a token of which only the hash is kept.

use protocol::{
    AccountId, OperatorId, Realm, Tenant, Timestamp, TokenHash, permission::Permissions,
};
use serde::{Deserialize, Serialize};

use crate::{
    engine::{CommitError, IndexEntry, StorageError},
    record::{Erasure, Index, Record, Stored},
    store::Store,
};

/// Who administers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// Its id.
    pub operator_id: OperatorId,
    /// Its realm.
    pub realm: Realm,
    /// What people call it.
    pub name: String,
    /// Recognises its token; one that signs in with an account may have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenHash>,
    /// The account that it signs in with, where it is a person who does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// What it may do. An operator that was made before permissions were stored could do everything, and still can.
    #[serde(default = "Permissions::all")]
    pub permissions: Permissions,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How often an erasure may lose a race against another change of the operator.
const ATTEMPTS_MAX: usize = 10;

impl Operator {
    /// It, without what tells of the person who signed in as it. Nothing where nobody is let in as it any more; what it has
    /// done is told of by its id.
    pub fn without_person(&self) -> Option<Self> {
        self.token?;
        Some(Self { name: self.operator_id.to_string(), account_id: None, ..self.clone() })
    }
}

/// By the hash of the token.
pub const BY_TOKEN: Index<Operator> = Index::unique("token");
/// By the account that it signs in with.
pub const BY_ACCOUNT: Index<Operator> = Index::unique("account");

impl Record for Operator {
    const TABLE: &'static str = "operators";
    const ON_ERASURE: Erasure = Erasure::Strip;
    type Id = OperatorId;

    fn id(&self) -> OperatorId {
        self.operator_id
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let token = self.token.map(|token| BY_TOKEN.entry(token));
        let account = self.account_id.map(|account_id| BY_ACCOUNT.entry(account_id));
        token.into_iter().chain(account).collect()
    }
}

impl Store {
    /// The operator whose token this is.
    pub async fn operator_with(
        &self,
        realm: &Realm,
        token: &TokenHash,
    ) -> Result<Option<Stored<Operator>>, StorageError> {
        self.find(&realm.into(), BY_TOKEN, token).await
    }

    /// Takes out of the operator that signs in with an account what tells of its end-user.
    pub(crate) async fn forget_person_of_operator(
        &self,
        realm: &Realm,
        account_id: AccountId,
    ) -> Result<(), CommitError> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(operator) = self.operator_of(realm, account_id).await? else { return Ok(()) };
            let mut batch = self.batch();
            match operator.without_person() {
                Some(left) => batch.replace(&operator, &left),
                None => batch.delete(&operator),
            };
            match self.commit(batch).await {
                Err(CommitError::Refused(_)) => {}
                done => return done.map(drop),
            }
        }
        let reason = "an erasure lost too many races against changes of an operator".into();
        Err(StorageError::Unavailable { reason }.into())
    }

    /// The operator that signs in with this account.
    pub async fn operator_of(
        &self,
        realm: &Realm,
        account_id: AccountId,
    ) -> Result<Option<Stored<Operator>>, StorageError> {
        self.find(&realm.into(), BY_ACCOUNT, account_id).await
    }
}
