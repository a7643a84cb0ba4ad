//! Refresh tokens (RFC 6749 §6), kept by their hash, with the successor that only the old token opens (DESIGN 4).

use protocol::{
    AccountId, ClientId, GrantId, Randomness, Realm, Sealed, Tenant, Timestamp, Token, TokenHash,
    crypto,
    master_key::{Place, SealError, open_under, seal_under},
};
use serde::{Deserialize, Serialize};

use crate::{
    engine::StorageError,
    record::{Erasure, Record, Stored},
    store::Store,
};

/// One refresh token of a family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshToken {
    /// Recognises it.
    pub refresh_token: TokenHash,
    /// Whose it is.
    pub realm: Realm,
    /// Its family.
    pub grant_id: GrantId,
    /// The client; nobody else may present it.
    pub client_id: ClientId,
    /// The end-user.
    pub account_id: AccountId,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Whether it was used.
    pub state: RefreshTokenState,
}

/// Whether a refresh token was used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshTokenState {
    /// Not yet.
    Active,
    /// It was replaced.
    Rotated {
        /// When.
        rotated_at: Timestamp,
        /// By this one, sealed under a key made from the old token, which is not in the store.
        successor: Sealed<String>,
    },
}

impl Eq for RefreshTokenState {}

const LABEL: &str = "doorward refresh token successor";

impl RefreshToken {
    /// This token as it is once `successor` has replaced it. `presented` is this token's text.
    pub fn rotated(
        &self,
        presented: &Token,
        successor: &Token,
        rotated_at: Timestamp,
        randomness: &dyn Randomness,
    ) -> Result<Self, SealError> {
        let key = crypto::derive(presented.expose().as_bytes(), LABEL);
        let id = self.refresh_token.to_string();
        let successor = seal_under(
            &key,
            "predecessor",
            &successor.expose().to_owned(),
            place(&id),
            randomness,
        )?;
        Ok(Self { state: RefreshTokenState::Rotated { rotated_at, successor }, ..self.clone() })
    }
}

/// Opens the successor of a rotated token for who presents that token.
pub fn open_successor(presented: &Token, successor: &Sealed<String>) -> Result<Token, SealError> {
    let key = crypto::derive(presented.expose().as_bytes(), LABEL);
    open_under(&key, successor, place(&presented.hash().to_string())).map(Token::presented)
}

fn place(id: &str) -> Place<'_> {
    Place { table: RefreshToken::TABLE, record: id, field: "successor" }
}

impl Record for RefreshToken {
    const TABLE: &'static str = "refresh_tokens";
    const ON_ERASURE: Erasure = Erasure::Delete;
    type Id = TokenHash;

    fn id(&self) -> TokenHash {
        self.refresh_token
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
    /// The refresh token with this hash, used or not.
    pub async fn refresh_token(
        &self,
        realm: &Realm,
        refresh_token: &TokenHash,
    ) -> Result<Option<Stored<RefreshToken>>, StorageError> {
        self.get(realm, refresh_token).await
    }
}
