//! What a client was given for one end-user. All tokens of one authorization are of one grant: their family.

use protocol::{
    AccountId, ClientId, GrantId, Realm, SessionId, Tenant, Timestamp, claims::ClaimsAsked,
    client::Client, epochs::Epochs, event::Actor, resource::Resources,
    revocation::RevokedAccessTokens,
};
use serde::{Deserialize, Serialize};

use crate::{
    accounts::Account,
    audit::newest_first,
    engine::{IndexEntry, StorageError},
    record::{Erasure, Index, Record, Stored},
    store::{Page, Store},
};

pub use protocol::revocation::RevocationReason;

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
    /// The resources that it is for; none where none was asked for.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// What had been taken back before.
    #[serde(default, skip_serializing_if = "Epochs::is_default")]
    pub epochs: Epochs,
    /// The claims that were asked for one by one.
    #[serde(default, skip_serializing_if = "ClaimsAsked::is_empty")]
    pub claims: ClaimsAsked,
}

/// When and why a grant was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// When.
    pub revoked_at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
    /// Who, where it was an operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
}

impl Grant {
    /// Whether it was not taken back by itself. Whether its session was ended, or all that its client or its account had
    /// been given was taken back, are other questions.
    pub fn is_live(&self) -> bool {
        self.revoked.is_none()
    }

    /// Whether nothing was taken back since that took it along: all that its client had been given, all that was given
    /// for its account, or, unless it outlives them, every session of the account.
    pub fn holds_under(&self, client: &Client, account: &Account) -> bool {
        self.epochs.hold(&account.epochs(client), self.offline)
    }

    /// The grant as it is once taken back. The first reason stays.
    pub fn revoked(&self, revoked_at: Timestamp, reason: RevocationReason) -> Self {
        let revoked = self.revoked.clone().unwrap_or(Revocation { revoked_at, reason, by: None });
        Self { revoked: Some(revoked), ..self.clone() }
    }

    /// As [`Self::revoked`], by an operator.
    pub fn withdrawn(&self, revoked_at: Timestamp, reason: RevocationReason, by: &Actor) -> Self {
        let by = Some(by.clone());
        let revoked = self.revoked.clone().unwrap_or(Revocation { revoked_at, reason, by });
        Self { revoked: Some(revoked), ..self.clone() }
    }
}

/// Grants that were taken back.
pub(crate) const BY_REVOCATION: Index<Grant> = Index::many("revocation");

/// By the session in which they were given.
const BY_SESSION: Index<Grant> = Index::many("session");

impl Account {
    /// What of it and of `client` was taken back last, for what is given now.
    pub fn epochs(&self, client: &Client) -> Epochs {
        let (account, sessions) = (self.tokens_revoked_at, self.sessions_ended_at);
        Epochs { client: client.tokens_revoked_at, account, sessions }
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

    /// By session; and those that were taken back, the latest first: all of them, those of a client, those of an account.
    fn indexes(&self) -> Vec<IndexEntry> {
        let session = BY_SESSION.entry(self.session_id);
        let Some(revoked) = &self.revoked else { return vec![session] };
        let at = newest_first(revoked.revoked_at);
        let lists = [String::new(), self.client_id.to_string(), self.account_id.to_string()];
        let lists = lists.map(|list| BY_REVOCATION.entry(format_args!("{list}:{at}")));
        lists.into_iter().chain([session]).collect()
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

    /// At most `limit` grants that were given in a session, revoked or not.
    pub async fn grants_of_session(
        &self,
        realm: &Realm,
        session_id: SessionId,
        limit: usize,
    ) -> Result<Page<Grant>, StorageError> {
        self.having(&realm.into(), BY_SESSION, session_id, None, limit).await
    }
}
