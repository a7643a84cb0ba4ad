//! Operators: who administers. Each is let in by a token, by the account that it signs in with, or by either.
//!
//! Nobody gives what they do not have, nor changes, replaces or removes somebody who has more. What is taken is taken at
//! once: an operator is read from the store at each request.
//!
//! Whoever could act as the end-user of an account before it became an operator's must not act as the operator: a tie ends
//! every session of the account and takes back all that was given in its name, and another password must be chosen.

mod bootstrap;
mod last;

use protocol::{
    AccountId, OperatorId, Timestamp, Token,
    event::{Act, Actor},
    permission::{Missing, Permission, Permissions},
};
use serde::{Deserialize, Serialize};
use storage::{
    Batch, CommitError, Refusal, Stored, accounts::Account, engine::Version, operators::Operator,
};

use super::{Administrator, Creation, Cursor, ITEMS_MAX, KeyReused, List, Made, NotACursor, Seen};
use crate::{Error, Failure, Flows};

pub use bootstrap::{Bootstrap, NewOperator};

/// Bytes of an operator's name.
pub const NAME_BYTES_MAX: usize = 128;

/// The list of them.
const OPERATORS: &str = "operators";

/// How often a change may lose a race against another operator who was to stay.
const ATTEMPTS_MAX: usize = 10;

/// What is chosen of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorMetadata {
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub permissions: Permissions,
    /// The account that it signs in with, where it is a person who does.
    pub account_id: Option<AccountId>,
}

/// An operator, as operators see it: without what recognises its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownOperator {
    /// Its id.
    pub operator_id: OperatorId,
    /// What is chosen of it.
    pub chosen: OperatorMetadata,
    /// Whether it has a token.
    pub has_token: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An operator as it was made or changed, and its new token, which nobody can be told again.
#[derive(Debug, Clone)]
pub struct MadeOperator {
    /// The operator.
    pub operator: KnownOperator,
    /// Its new token, if one was made.
    pub token: Option<Token>,
}

/// Why an operator is not made or changed. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OperatorRefused {
    /// Its name is empty, longer than 128 bytes, or has control characters.
    #[error("an operator has a name of 1 to {NAME_BYTES_MAX} bytes, without control characters")]
    Name,
    /// There is one.
    #[error("there is an operator already")]
    Exists,
    /// Another process is making one at this moment.
    #[error("another process is making an operator at this moment")]
    Elsewhere,
    /// There is none with this id.
    #[error("no operator has this id")]
    Unknown,
    /// It is not as its author saw it, or somebody else changed it at this moment.
    #[error("the operator was changed by somebody else")]
    Changed,
    /// The operator has, or would have, a permission that its author does not have.
    #[error("the operator has {0}, and who changes it must have that too")]
    Escalation(Missing),
    /// Neither a token nor an account.
    #[error("an operator is let in by a token, by an account, or by either")]
    NoWayIn,
    /// There is no such account.
    #[error("no account has the id of account_id")]
    UnknownAccount,
    /// Another operator signs in with it.
    #[error("another operator signs in with this account")]
    AccountTaken,
    /// Nobody else could administer operators.
    #[error("nobody else has operators:write; give it to another operator first")]
    Last,
    /// The key of a creation was used for something else.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
}

/// What is remembered of a creation under its key. Sealed there, as it holds the token.
#[derive(Serialize, Deserialize)]
struct Remembered {
    operator: Operator,
    token: Option<String>,
}

impl Flows {
    /// An operator, and its version.
    pub async fn operator(
        &self,
        by: &Administrator,
        operator_id: OperatorId,
    ) -> Result<Option<(KnownOperator, Version)>, Failure> {
        let operator = self.stored_operator(by, operator_id).await?;
        Ok(operator.map(|operator| ((&operator.record).into(), operator.version)))
    }

    async fn stored_operator(
        &self,
        by: &Administrator,
        operator_id: OperatorId,
    ) -> Result<Option<Stored<Operator>>, Failure> {
        Ok(self.store.get(&by.realm, &operator_id).await?)
    }

    /// A page of the operators, in the order of their ids.
    pub async fn operators(
        &self,
        by: &Administrator,
        after: Option<&Cursor>,
    ) -> Result<List<KnownOperator>, Error<NotACursor>> {
        let position = self.after(OPERATORS, after).map_err(Error::Refused)?;
        let page = self.store.all::<Operator>(&by.realm, position.as_ref(), ITEMS_MAX).await?;
        Ok(self.listed(OPERATORS, page, |operator| (&operator.record).into())?)
    }

    /// Makes an operator, with a token if `has_token`.
    pub async fn create_operator(
        &self,
        by: &Administrator,
        creation: &Creation,
        (chosen, has_token): (OperatorMetadata, bool),
    ) -> Result<Made<MadeOperator>, Error<OperatorRefused>> {
        if let Some(before) = self.made_before::<Remembered, _>(by, creation).await? {
            may_touch(by, &before.operator.permissions)?;
            return Ok(Made::Before(before.into()));
        }
        may_touch(by, &chosen.permissions)?;
        for _ in 0..ATTEMPTS_MAX {
            match self.try_create_operator(by, creation, (chosen.clone(), has_token)).await {
                Err(Error::Refused(OperatorRefused::Changed)) => {}
                done => return done,
            }
        }
        Err(Failure::unavailable("making an operator lost too many races").into())
    }

    async fn try_create_operator(
        &self,
        by: &Administrator,
        creation: &Creation,
        (chosen, has_token): (OperatorMetadata, bool),
    ) -> Result<Made<MadeOperator>, Error<OperatorRefused>> {
        let mut batch = self.store.batch();
        let operator_id = OperatorId::new(self.store.randomness());
        let token = has_token.then(|| Token::new(self.store.randomness()));
        let operator = Operator {
            operator_id,
            realm: by.realm.clone(),
            name: chosen.name,
            token: token.as_ref().map(Token::hash),
            account_id: chosen.account_id,
            permissions: chosen.permissions,
            created_at: batch.now(),
        };
        judge_operator(&operator)?;
        self.tie(by, &mut batch, operator.account_id).await?;
        batch.create(&operator);
        self.tell(by, &mut batch, Act::OperatorCreated { operator_id }, (None, None)).await?;
        let token = token.map(|token| token.expose().to_owned());
        let made = Remembered { operator, token };
        let made = self.commit_creation(by, creation, (batch, made), refused).await?;
        Ok(match made {
            Made::Now(made) => Made::Now(made.into()),
            Made::Before(made) => Made::Before(made.into()),
        })
    }

    /// Puts `chosen` in place of all that can be chosen of an operator. A permission that this release does not know cannot
    /// be chosen, and stays.
    pub async fn replace_operator(
        &self,
        by: &Administrator,
        (operator_id, seen): (OperatorId, Seen),
        chosen: OperatorMetadata,
    ) -> Result<(KnownOperator, Version), Error<OperatorRefused>> {
        may_touch(by, &chosen.permissions)?;
        let change = |old: &Operator| {
            let OperatorMetadata { name, permissions, account_id } = chosen.clone();
            let permissions = permissions.union(&old.permissions.of_later_releases());
            Operator { name, permissions, account_id, ..old.clone() }
        };
        let act = Act::OperatorChanged { operator_id };
        let (new, version) = self.change_operator(by, (operator_id, seen), act, change).await?;
        Ok(((&new).into(), version))
    }

    /// Gives an operator a token in place of the one that it has, if it has one, which is good for nothing from now on.
    pub async fn rotate_operator_token(
        &self,
        by: &Administrator,
        operator_id: OperatorId,
    ) -> Result<MadeOperator, Error<OperatorRefused>> {
        let token = Token::new(self.store.randomness());
        let change = |old: &Operator| Operator { token: Some(token.hash()), ..old.clone() };
        let act = Act::OperatorTokenRotated { operator_id };
        let (operator, _) = self.change_operator(by, (operator_id, Seen::Any), act, change).await?;
        Ok(MadeOperator { operator: (&operator).into(), token: Some(token) })
    }

    /// Removes an operator.
    pub async fn delete_operator(
        &self,
        by: &Administrator,
        (operator_id, seen): (OperatorId, Seen),
    ) -> Result<(), Error<OperatorRefused>> {
        for _ in 0..ATTEMPTS_MAX {
            let old = self.operator_as_seen(by, operator_id, seen).await?;
            let mut batch = self.store.batch();
            batch.delete(&old);
            if old.permissions.allow(Permission::OperatorsWrite) {
                self.who_stays(by, &mut batch, operator_id).await?;
            }
            let act = Act::OperatorDeleted { operator_id };
            self.tell(by, &mut batch, act, (None, None)).await?;
            match self.store.commit(batch).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::unavailable("removing an operator lost too many races").into())
    }

    /// Writes what `change` makes of an operator. Whoever lost a race looks again, and finds that it was changed.
    async fn change_operator(
        &self,
        by: &Administrator,
        (operator_id, seen): (OperatorId, Seen),
        act: Act,
        change: impl Fn(&Operator) -> Operator,
    ) -> Result<(Operator, Version), Error<OperatorRefused>> {
        for _ in 0..ATTEMPTS_MAX {
            let old = self.operator_as_seen(by, operator_id, seen).await?;
            let new = change(&old);
            if new == old.record {
                return Ok((new, old.version));
            }
            let mut batch = self.store.batch();
            if new.account_id != old.account_id || new.name != old.name {
                judge_operator(&new)?;
            }
            if new.account_id != old.account_id {
                self.tie(by, &mut batch, new.account_id).await?;
            }
            let administers =
                |operator: &Operator| operator.permissions.allow(Permission::OperatorsWrite);
            let keeps =
                administers(&new) && (new.token.is_some() || new.account_id == old.account_id);
            if administers(&old) && !keeps {
                self.who_stays(by, &mut batch, operator_id).await?;
            }
            batch.replace(&old, &new);
            self.tell(by, &mut batch, act.clone(), (None, None)).await?;
            match self.store.commit(batch).await {
                Ok(version) => return Ok((new, version)),
                Err(CommitError::Refused(Refusal::NotUnique { .. })) => {
                    return Err(Error::Refused(OperatorRefused::AccountTaken));
                }
                Err(CommitError::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::unavailable("changing an operator lost too many races").into())
    }

    async fn operator_as_seen(
        &self,
        by: &Administrator,
        operator_id: OperatorId,
        seen: Seen,
    ) -> Result<Stored<Operator>, Error<OperatorRefused>> {
        let operator = self.stored_operator(by, operator_id).await?;
        let operator = operator.ok_or(Error::Refused(OperatorRefused::Unknown))?;
        if !seen.is(operator.version) {
            return Err(Error::Refused(OperatorRefused::Changed));
        }
        may_touch(by, &operator.permissions)?;
        Ok(operator)
    }

    /// Nothing that was prepared on the account before it is tied to an operator is worth anything after.
    async fn tie(
        &self,
        by: &Administrator,
        batch: &mut Batch,
        account_id: Option<AccountId>,
    ) -> Result<(), Error<OperatorRefused>> {
        let Some(account_id) = account_id else { return Ok(()) };
        let account = self.store.account(&by.realm, account_id).await?;
        let account = account.ok_or(Error::Refused(OperatorRefused::UnknownAccount))?;
        let free = account.with_tokens_revoked(batch.now());
        // The node ties only on the ground of a developer, whose password it has printed.
        let password_required_at = match by.actor {
            Actor::Node => free.password_required_at,
            _ => free.password_required_at.or(Some(batch.now())),
        };
        batch.replace(&account, &Account { password_required_at, ..free });
        Ok(())
    }
}

/// Refuses what cannot work.
fn judge_operator(operator: &Operator) -> Result<(), Error<OperatorRefused>> {
    if !is_name(&operator.name) {
        return Err(Error::Refused(OperatorRefused::Name));
    }
    if operator.token.is_none() && operator.account_id.is_none() {
        return Err(Error::Refused(OperatorRefused::NoWayIn));
    }
    Ok(())
}

/// Whether `by` has all of these permissions.
fn may_touch(by: &Administrator, permissions: &Permissions) -> Result<(), Error<OperatorRefused>> {
    let missing = by.lacks(permissions);
    missing.map_or(Ok(()), |missing| Err(Error::Refused(OperatorRefused::Escalation(missing))))
}

fn refused(refusal: Refusal) -> Error<OperatorRefused> {
    match refusal {
        Refusal::NotUnique { .. } => Error::Refused(OperatorRefused::AccountTaken),
        refusal if refusal.table() == <Account as storage::Record>::TABLE => {
            Error::Refused(OperatorRefused::Changed)
        }
        refusal => Failure::unavailable(refusal).into(),
    }
}

fn is_name(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && !name.chars().any(char::is_control)
        && name.trim() == name
}

impl From<&Operator> for KnownOperator {
    fn from(operator: &Operator) -> Self {
        Self {
            operator_id: operator.operator_id,
            chosen: OperatorMetadata {
                name: operator.name.clone(),
                permissions: operator.permissions.clone(),
                account_id: operator.account_id,
            },
            has_token: operator.token.is_some(),
            created_at: operator.created_at,
        }
    }
}

impl From<Remembered> for MadeOperator {
    fn from(Remembered { operator, token }: Remembered) -> Self {
        Self { operator: (&operator).into(), token: token.map(Token::presented) }
    }
}
