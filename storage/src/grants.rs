//! What a client was given for one end-user. All tokens of one authorization are of one grant: their family.

use protocol::{
    AccountId, ClientId, GrantId, Realm, SessionId, Tenant, Timestamp,
    revocation::RevokedAccessTokens,
};
use serde::{Deserialize, Serialize};

use crate::{
    engine::StorageError,
    record::{Erasure, Record, Stored},
    store::Store,
};

/// One authorization of one client by one end-user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its id.
    pub grant_id: GrantId,
    /// Whose it is.
    pub realm: Realm,
    /// The client.
    pub client_id: ClientId,
    /// The end-user.
    pub account_id: AccountId,
    /// The session in which it was given. The grant ends with it, unless it is offline.
    pub session_id: SessionId,
    /// Whether it outlives the session (`offline_access`, OpenID Connect Core 1.0 §11).
    pub offline: bool,
    /// The scopes, in order.
    pub scope: protocol::scope::ScopeSet,
    /// When the end-user proved who they are.
    pub authenticated_at: Timestamp,
    /// How.
    pub amr: Vec<String>,
    /// When it was given.
    pub given_at: Timestamp,
    /// Until when its refresh tokens hold, however often they are rotated.
    pub refreshable_until: Timestamp,
    /// When the last token of it expires.
    pub expires_at: Timestamp,
    /// When and why it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revocation>,
    /// Access tokens of it that were taken back one by one, while it lives on.
    #[serde(default, skip_serializing_if = "RevokedAccessTokens::is_empty")]
    pub revoked_access_tokens: RevokedAccessTokens,
}

/// When and why a grant was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// When.
    pub revoked_at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

/// Why a grant was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReason {
    /// Its code was presented twice (RFC 6749 §4.1.2).
    CodeReused,
    /// A rotated refresh token was presented after its grace (RFC 9700 §4.14).
    RefreshTokenReused,
    /// The client gave it back (RFC 7009 §2.1).
    ByClient,
}

impl Grant {
    /// Whether it was not taken back. Whether its session was ended is another question.
    pub fn is_live(&self) -> bool {
        self.revoked.is_none()
    }

    /// The grant as it is once taken back. The first reason stays.
    pub fn revoked(&self, revoked_at: Timestamp, reason: RevocationReason) -> Self {
        let revoked = self.revoked.clone().unwrap_or(Revocation { revoked_at, reason });
        Self { revoked: Some(revoked), ..self.clone() }
    }
}

impl Record for Grant {
    const TABLE: &'static str = "grants";
    const ON_ERASURE: Erasure = Erasure::Delete;
    type Id = GrantId;

    fn id(&self) -> GrantId {
        self.grant_id
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }

    fn subject(&self) -> Option<AccountId> {
        Some(self.account_id)
    }
}

impl Store {
    /// The grant with this id, revoked or not.
    pub async fn grant(
        &self,
        realm: &Realm,
        id: GrantId,
    ) -> Result<Option<Stored<Grant>>, StorageError> {
        self.get(realm, &id).await
    }
}
