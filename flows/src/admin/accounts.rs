//! Accounts: made with their names, their password and the key that seals what is personal of them; looked at, changed,
//! ended.
//!
//! Nobody takes over who has more than they have: an operator's account can be given a password, names or claims, or be
//! switched or erased, by those alone who have every permission of that operator. Whether it is an operator's is asked
//! after the account was read, and a tie writes the account, so that none comes between.

mod changes;
mod found;
mod passwords;

use actors::{Unavailable, identity::HashError};
use protocol::{
    AccountId, Secret,
    claims::StandardClaims,
    crypto::hmac_sha256,
    event::Act,
    identifier::Identifier,
    permission::{Missing, Permission},
};
use storage::{
    Batch, CommitError, Expectation, Record, Refusal, Stored, account_keys::AccountKey,
    erasure::Tombstone, identifiers::IdentifierRecord, logouts::Ended, operators::Operator,
    passwords::Password,
};

use super::{Administrator, Creation, KeyReused, Made, Seen};
use crate::{Error, Failure, Flows, finish::finish};

pub use found::{AccountFilter, FoundAccount};
pub use storage::accounts::{Account, AccountState};

/// Names of one account.
pub const IDENTIFIERS_MAX: usize = 16;

/// How often an act that needs no version may lose a race against another change of the account.
const ATTEMPTS_MAX: usize = 32;

/// An account to be.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The names it signs in with: 1 to 16.
    pub identifiers: Vec<Identifier>,
    /// What clients may be told.
    pub claims: StandardClaims,
    /// What it signs in with. Without one nobody can, until one is set.
    pub password: Option<Secret<String>>,
}

/// Why an account is not made or changed. Nothing was changed.
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
    /// There is none with this id.
    #[error("no account has this id")]
    Unknown,
    /// It is not as its author saw it, or somebody else changed it at this moment.
    #[error("the account was changed by somebody else")]
    Changed,
    /// It is an operator's, who may do more than its author.
    #[error("the account is an operator's who has {0}; who changes it must have that too")]
    Escalation(Missing),
    /// Nobody else could administer operators.
    #[error(
        "nobody else has operators:write; give it to another operator, or this one a token, first"
    )]
    Last,
    /// The key of a creation was used for something else.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
}

impl Flows {
    /// Makes an account.
    pub async fn create_account(
        &self,
        by: &Administrator,
        new: NewAccount,
    ) -> Result<AccountId, Error<AccountRefused>> {
        let made = self.make_account(by, Creation::once("create"), new).await?;
        Ok(made.into_inner())
    }

    /// Makes an account: once for each key of a creation, whose answer then is the same.
    pub async fn make_account(
        &self,
        by: &Administrator,
        creation: Creation,
        new: NewAccount,
    ) -> Result<Made<AccountId>, Error<AccountRefused>> {
        let creation = self.guarded(creation);
        if let Some(before) = self.made_before(by, &creation).await? {
            return Ok(Made::Before(before));
        }
        if !are_names(&new.identifiers) {
            return Err(Error::Refused(AccountRefused::Identifiers));
        }
        let phc = match new.password.clone() {
            Some(password) => Some(self.identity.hash(password).await.map_err(not_hashed)?),
            None => None,
        };
        let account_id = AccountId::new(self.store.randomness());
        let mut batch = self.new_account(by, (account_id, new), phc)?;
        self.tell(by, &mut batch, Act::AccountCreated, (Some(account_id), None)).await?;
        match self.commit_creation(by, &creation, (batch, account_id), not_created).await {
            // Perhaps by the same request, which was sent twice.
            Err(Error::Refused(AccountRefused::IdentifierTaken)) => {
                let before = self.made_before(by, &creation).await?;
                before.map(Made::Before).ok_or(Error::Refused(AccountRefused::IdentifierTaken))
            }
            made => made,
        }
    }

    /// All that an account begins with.
    fn new_account(
        &self,
        by: &Administrator,
        (account_id, new): (AccountId, NewAccount),
        phc: Option<String>,
    ) -> Result<Batch, Failure> {
        let realm = &by.realm;
        let key = AccountKey::new(realm, account_id, &self.ring, self.store.randomness())?;
        let mut batch = self.store.batch();
        let now = batch.now();
        for identifier in new.identifiers {
            batch.create(&IdentifierRecord { identifier, realm: realm.clone(), account_id });
        }
        if let Some(phc) = phc {
            batch.create(&Password { account_id, realm: realm.clone(), phc, chosen_at: now });
        }
        batch
            .create(&Account::new(account_id, realm.clone(), new.claims, now))
            .create(&key)
            .check::<Tombstone>(realm, &account_id, Expectation::Absent);
        Ok(batch)
    }

    /// The creation, whose body can be recognised and not be guessed: a password is in it.
    fn guarded(&self, creation: Creation) -> Creation {
        let key = self.ring.derive("doorward creation of an account");
        let body = hmac_sha256(key.expose(), &creation.body).to_vec();
        Creation { body, ..creation }
    }

    /// Erases an account with all that tells of it. Its id is never given again.
    pub async fn erase_account(
        &self,
        by: &Administrator,
        account_id: AccountId,
    ) -> Result<(), Failure> {
        let mut batch = self.store.batch();
        self.tell(by, &mut batch, Act::AccountErased, (Some(account_id), None)).await?;
        let ended = Ended::SessionsOf(account_id);
        let noted = self.logouts.note(&mut batch, &by.realm, ended).await?;
        self.store.erase(&by.realm, account_id, batch).await?;
        self.tell_clients(noted).await
    }

    /// As [`Self::erase_account`], of an account as its author has seen it. An erasure that was cut short goes on when it
    /// is asked for again.
    pub async fn delete_account(
        &self,
        by: &Administrator,
        (account_id, seen): (AccountId, Seen),
    ) -> Result<(), Error<AccountRefused>> {
        let mut batch = self.store.batch();
        match self.account_as_seen(by, account_id, seen).await {
            Ok(account) => {
                let operator = self.may_take_over(by, &mut batch, account_id).await?;
                self.somebody_stays_without(by, &mut batch, operator.as_ref()).await?;
                batch.delete(&account);
                self.tell(by, &mut batch, Act::AccountErased, (Some(account_id), None)).await?;
                self.tell_of_operator(by, &mut batch, operator.as_ref()).await?;
            }
            Err(Error::Refused(AccountRefused::Unknown)) => {
                let tombstone = self.store.get::<Tombstone>(&by.realm, &account_id).await?;
                tombstone.ok_or(Error::Refused(AccountRefused::Unknown))?;
            }
            Err(error) => return Err(error),
        }
        let ended = Ended::SessionsOf(account_id);
        let noted = self.logouts.note(&mut batch, &by.realm, ended).await?;
        let (flows, realm) = (self.clone(), by.realm.clone());
        let rest = async move { flows.store.erase(&realm, account_id, batch).await };
        finish(rest).await?.map_err(lost_race)?;
        Ok(self.tell_clients(noted).await?)
    }

    /// What becomes of the operator who signs in with an account that is erased.
    async fn tell_of_operator(
        &self,
        by: &Administrator,
        batch: &mut Batch,
        operator: Option<&Stored<Operator>>,
    ) -> Result<(), Failure> {
        let Some(operator) = operator else { return Ok(()) };
        let operator_id = operator.operator_id;
        let act = match operator.without_person() {
            Some(_) => Act::OperatorChanged { operator_id },
            None => Act::OperatorDeleted { operator_id },
        };
        Ok(self.tell(by, batch, act, (None, None)).await?)
    }

    /// The account that a name belongs to.
    pub async fn account_named(
        &self,
        by: &Administrator,
        identifier: &Identifier,
    ) -> Result<Option<AccountId>, Failure> {
        Ok(self.store.account_named(&by.realm, identifier).await?)
    }

    /// An account as the author of a change has seen it.
    async fn account_as_seen(
        &self,
        by: &Administrator,
        account_id: AccountId,
        seen: Seen,
    ) -> Result<Stored<Account>, Error<AccountRefused>> {
        let account = self.store.account(&by.realm, account_id).await?;
        let account = account.ok_or(Error::Refused(AccountRefused::Unknown))?;
        if seen.is(account.version) {
            Ok(account)
        } else {
            Err(Error::Refused(AccountRefused::Changed))
        }
    }

    /// Refuses who would gain permissions by acting as the end-user of an account that was read before. The operator that
    /// signs in with it, if one does; the batch holds only while that has no other permissions.
    async fn may_take_over(
        &self,
        by: &Administrator,
        batch: &mut Batch,
        account_id: AccountId,
    ) -> Result<Option<Stored<Operator>>, Error<AccountRefused>> {
        let operator = self.store.operator_of(&by.realm, account_id).await?;
        let Some(operator) = operator else { return Ok(None) };
        if let Some(missing) = by.lacks(&operator.permissions) {
            return Err(Error::Refused(AccountRefused::Escalation(missing)));
        }
        batch.unchanged(&operator);
        Ok(Some(operator))
    }

    /// Refuses that the account of the last operator who administers operators goes, if that signs in with nothing else.
    async fn somebody_stays_without(
        &self,
        by: &Administrator,
        batch: &mut Batch,
        operator: Option<&Stored<Operator>>,
    ) -> Result<(), Error<AccountRefused>> {
        let Some(operator) = operator else { return Ok(()) };
        let administers = operator.permissions.allow(Permission::OperatorsWrite);
        if operator.token.is_some()
            || !administers
            || self.somebody_stays(by, batch, operator.operator_id).await?
        {
            Ok(())
        } else {
            Err(Error::Refused(AccountRefused::Last))
        }
    }
}

fn are_names(identifiers: &[Identifier]) -> bool {
    let repeats = |(index, one): (usize, &Identifier)| {
        identifiers.iter().take(index).any(|before| before == one)
    };
    (1..=IDENTIFIERS_MAX).contains(&identifiers.len())
        && !identifiers.iter().enumerate().any(repeats)
}

fn not_created(refusal: Refusal) -> Error<AccountRefused> {
    if refusal.table() == IdentifierRecord::TABLE {
        Error::Refused(AccountRefused::IdentifierTaken)
    } else {
        Error::Failed(Failure::unavailable(refusal))
    }
}

/// A batch that expected the account as it was read is refused because somebody was quicker.
fn lost_race(error: CommitError) -> Error<AccountRefused> {
    match error {
        CommitError::Refused(_) => Error::Refused(AccountRefused::Changed),
        error => error.into(),
    }
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
