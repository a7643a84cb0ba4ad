//! Authorization codes (RFC 6749 §4.1.2), kept by their hash.

use protocol::{
    AccountId, ClientId, GrantId, Realm, SessionId, Tenant, Timestamp, TokenHash,
    claims::ClaimsAsked, epochs::Epochs, pkce::CodeChallenge, resource::Resources, scope::ScopeSet,
};
use serde::{Deserialize, Serialize};

use crate::{
    engine::StorageError,
    record::{Erasure, Record, Stored},
    store::Store,
};

/// A code, and what it becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Recognises it.
    pub code: TokenHash,
    /// Whose it is.
    pub realm: Realm,
    /// The client that asked; nobody else may redeem it.
    pub client_id: ClientId,
    /// The `redirect_uri` of the request, which the client must repeat.
    pub redirect_uri: String,
    /// The PKCE challenge (RFC 7636), if one was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<CodeChallenge>,
    /// The `nonce` for the ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// What was allowed.
    pub scope: ScopeSet,
    /// The claims that were asked for one by one.
    #[serde(default, skip_serializing_if = "ClaimsAsked::is_empty")]
    pub claims: ClaimsAsked,
    /// The resources that were asked for.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// What had been taken back before.
    #[serde(default, skip_serializing_if = "Epochs::is_default")]
    pub epochs: Epochs,
    /// The end-user.
    pub account_id: AccountId,
    /// Their session.
    pub session_id: SessionId,
    /// When they proved who they are.
    pub authenticated_at: Timestamp,
    /// How.
    pub amr: Vec<String>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it, or the memory of its use, expires.
    pub expires_at: Timestamp,
    /// Whether it was used.
    pub state: CodeState,
    /// The grant of the tokens that came with it, which it becomes; nothing where it came alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_id: Option<GrantId>,
}

/// Whether a code was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeState {
    /// Not yet.
    Issued,
    /// It became this grant. A second use revokes it (RFC 6749 §4.1.2).
    Redeemed {
        /// What it became.
        grant_id: GrantId,
    },
}

impl Record for Code {
    const TABLE: &'static str = "codes";
    const ON_ERASURE: Erasure = Erasure::Delete;
    type Id = TokenHash;

    fn id(&self) -> TokenHash {
        self.code
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
    /// The code with this hash, used or not.
    pub async fn code(
        &self,
        realm: &Realm,
        code: &TokenHash,
    ) -> Result<Option<Stored<Code>>, StorageError> {
        self.get(realm, code).await
    }
}
