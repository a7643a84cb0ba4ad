//! Accounts: made with their names, their password and the key that seals what is personal of them.

use actors::{Unavailable, identity::HashError};
use protocol::{AccountId, Secret, claims::StandardClaims, event::Act, identifier::Identifier};
use storage::{
    CommitError, Expectation, Record, account_keys::AccountKey, accounts::Account,
    erasure::Tombstone, identifiers::IdentifierRecord, passwords::Password,
};

use super::Administrator;
use crate::{Error, Failure, Flows};

/// Names of one account.
pub const IDENTIFIERS_MAX: usize = 16;

/// An account to be.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The names it signs in with: 1 to 16.
    pub identifiers: Vec<Identifier>,
    /// What clients may be told.
    pub claims: StandardClaims,
    /// What it signs in with.
    pub password: Secret<String>,
}

/// Why an account is not made. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefused {
    /// Nobody could sign in with it, or nobody could keep its names apart.
    #[error("an account has 1 to {IDENTIFIERS_MAX} identifiers, each once")]
    Identifiers,
    /// Somebody has one of its names.
    #[error("another account has one of these identifiers")]
    IdentifierTaken,
    /// Nobody could sign in with the password.
    #[error(transparent)]
    Password(HashError),
}

impl Flows {
    /// Makes an account.
    pub async fn create_account(
        &self,
        by: &Administrator,
        new: NewAccount,
    ) -> Result<AccountId, Error<AccountRefused>> {
        let NewAccount { identifiers, claims, password } = new;
        if !are_names(&identifiers) {
            return Err(Error::Refused(AccountRefused::Identifiers));
        }
        let phc = self.identity.hash(password).await.map_err(not_hashed)?;
        let realm = by.realm.clone();
        let account_id = AccountId::new(self.store.randomness());
        let key = AccountKey::new(&realm, account_id, &self.ring, self.store.randomness())?;
        let mut batch = self.store.batch();
        let now = batch.now();
        for identifier in identifiers {
            batch.create(&IdentifierRecord { identifier, realm: realm.clone(), account_id });
        }
        batch
            .create(&Account::new(account_id, realm.clone(), claims, now))
            .create(&Password { account_id, realm, phc, chosen_at: now })
            .create(&key)
            .check::<Tombstone>(&by.realm, &account_id, Expectation::Absent);
        self.tell(by, &mut batch, Act::AccountCreated, (Some(account_id), None)).await?;
        match self.store.commit(batch).await {
            Ok(_) => Ok(account_id),
            Err(CommitError::Refused(refusal)) if refusal.table() == IdentifierRecord::TABLE => {
                Err(Error::Refused(AccountRefused::IdentifierTaken))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Erases an account with all that tells of it. Its id is never given again.
    pub async fn erase_account(
        &self,
        by: &Administrator,
        account_id: AccountId,
    ) -> Result<(), Failure> {
        let mut batch = self.store.batch();
        self.tell(by, &mut batch, Act::AccountErased, (Some(account_id), None)).await?;
        self.store.erase(&by.realm, account_id, batch).await?;
        Ok(())
    }

    /// The account that a name belongs to.
    pub async fn account_named(
        &self,
        by: &Administrator,
        identifier: &Identifier,
    ) -> Result<Option<AccountId>, Failure> {
        Ok(self.store.account_named(&by.realm, identifier).await?)
    }
}

fn are_names(identifiers: &[Identifier]) -> bool {
    let repeats = |(index, one): (usize, &Identifier)| {
        identifiers.iter().take(index).any(|before| before == one)
    };
    (1..=IDENTIFIERS_MAX).contains(&identifiers.len())
        && !identifiers.iter().enumerate().any(repeats)
}

fn not_hashed(error: HashError) -> Error<AccountRefused> {
    match error {
        HashError::Unavailable(error) => unavailable(error),
        error => Error::Refused(AccountRefused::Password(error)),
    }
}

fn unavailable(error: Unavailable) -> Error<AccountRefused> {
    Error::Failed(error.into())
}
