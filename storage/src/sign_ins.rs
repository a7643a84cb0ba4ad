//! Sign-ins: each a stored record, from the authorization request to its answer (DESIGN 7).

use protocol::{
    AccountId, Realm, SignInId, Tenant, Timestamp, TokenHash, authorize::AuthorizationRequest,
    sign_in::SignInState,
};
use serde::{Deserialize, Serialize};

use crate::{
    engine::StorageError,
    record::{Erasure, Record, Stored},
    store::Store,
};

/// One sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// Its id: all that a page carries.
    pub sign_in_id: SignInId,
    /// Whose it is.
    pub realm: Realm,
    /// Recognises the browser in which it began. It goes on nowhere else.
    pub browser: TokenHash,
    /// What was asked. Nothing changes it.
    pub request: AuthorizationRequest,
    /// How far it is.
    pub state: SignInState,
    /// When it began.
    pub began_at: Timestamp,
    /// Until when it may be finished.
    pub expires_at: Timestamp,
}

impl Record for SignIn {
    const TABLE: &'static str = "sign_ins";
    const ON_ERASURE: Erasure = Erasure::Delete;
    type Id = SignInId;

    fn id(&self) -> SignInId {
        self.sign_in_id
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }

    fn subject(&self) -> Option<AccountId> {
        match &self.state {
            SignInState::Authenticated { session } | SignInState::Consented { session, .. } => {
                Some(session.account_id)
            }
            SignInState::PasswordOutdated { old } => Some(old.account_id),
            SignInState::Begun | SignInState::Named { .. } | SignInState::Answered => None,
        }
    }
}

impl Store {
    /// The sign-in with this id.
    pub async fn sign_in(
        &self,
        realm: &Realm,
        id: SignInId,
    ) -> Result<Option<Stored<SignIn>>, StorageError> {
        self.get(realm, &id).await
    }
}
