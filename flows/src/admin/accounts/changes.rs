//! What an operator changes of an account. What takes something away holds from the write on, on every node.

use protocol::{AccountId, Timestamp, claims::StandardClaims, event::Act, identifier::Identifier};
use storage::{
    Batch, CommitError, Record, Refusal, Stored,
    accounts::{Account, AccountState},
    identifiers::IdentifierRecord,
    logouts::Ended,
};

use super::{ATTEMPTS_MAX, AccountRefused, IDENTIFIERS_MAX, are_names, lost_race};
use crate::{
    Error, Failure, Flows,
    admin::{Administrator, Seen, Why},
};

/// What a change of an account needs beyond the permission to change accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing: the end-user can put it right.
    Nothing,
    /// Every permission of the operator who signs in with it.
    AsMuch,
    /// That, and that this operator is not the last who administers operators.
    AsMuchAndOneWhoStays,
}

impl Flows {
    /// Puts `claims` in place of what clients may be told. When they were last changed is ours to say.
    pub async fn replace_claims(
        &self,
        by: &Administrator,
        (account_id, seen): (AccountId, Seen),
        claims: StandardClaims,
    ) -> Result<(), Error<AccountRefused>> {
        let change = |account: &Account, now| {
            let claims = StandardClaims { updated_at: Some(now), ..claims.clone() };
            Account { claims, ..account.clone() }
        };
        let act = (Act::AccountChanged, Needs::AsMuch);
        self.change_account(by, (account_id, seen), act, change).await
    }

    /// Puts `identifiers`, 1 to 16, in place of the names that an account signs in with: all of them or none. Sessions go
    /// on.
    pub async fn set_identifiers(
        &self,
        by: &Administrator,
        (account_id, seen): (AccountId, Seen),
        identifiers: &[Identifier],
    ) -> Result<(), Error<AccountRefused>> {
        if !are_names(identifiers) {
            return Err(Error::Refused(AccountRefused::Identifiers));
        }
        for _ in 0..ATTEMPTS_MAX {
            let account = self.account_as_seen(by, account_id, seen).await?;
            let mut batch = self.store.batch();
            self.may_take_over(by, &mut batch, account_id).await?;
            self.put_names(by, &mut batch, (account_id, identifiers)).await?;
            if batch.is_empty() {
                return Ok(());
            }
            // The names are part of the account as its author sees it, so this is another version of it.
            batch.replace(&account, &account.record);
            self.tell(by, &mut batch, Act::IdentifiersChanged, (Some(account_id), None)).await?;
            match self.store.commit(batch).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Refused(refusal)) => {
                    self.why_not_named(by, (account_id, seen), (identifiers, &refusal)).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(too_many_races())
    }

    /// What makes the names that there are those that are to be.
    async fn put_names(
        &self,
        by: &Administrator,
        batch: &mut Batch,
        (account_id, identifiers): (AccountId, &[Identifier]),
    ) -> Result<(), Failure> {
        let realm = &by.realm;
        let there = self.store.identifiers_of(realm, account_id, IDENTIFIERS_MAX).await?.items;
        for gone in there.iter().filter(|named| !identifiers.contains(&named.identifier)) {
            batch.delete(gone);
        }
        let is_there = |one: &&Identifier| there.iter().any(|named| named.identifier == **one);
        for identifier in identifiers.iter().filter(|one| !is_there(one)) {
            let (identifier, realm) = (identifier.clone(), realm.clone());
            batch.create(&IdentifierRecord { identifier, realm, account_id });
        }
        Ok(())
    }

    /// Why names were not set; nothing where it may be tried again.
    async fn why_not_named(
        &self,
        by: &Administrator,
        (account_id, seen): (AccountId, Seen),
        (identifiers, refusal): (&[Identifier], &Refusal),
    ) -> Result<(), Error<AccountRefused>> {
        if refusal.table() == IdentifierRecord::TABLE {
            for identifier in identifiers {
                let named = self.store.account_named(&by.realm, identifier).await?;
                if named.is_some_and(|named| named != account_id) {
                    return Err(Error::Refused(AccountRefused::IdentifierTaken));
                }
            }
        }
        match seen {
            Seen::Any => Ok(()),
            Seen::Version(_) | Seen::OneOf(_) => Err(Error::Refused(AccountRefused::Changed)),
        }
    }

    /// From now on an account may not sign in, and its sessions and tokens hold no more while it may not.
    pub async fn disable_account(
        &self,
        by: &Administrator,
        account_id: AccountId,
        why: &Why,
    ) -> Result<(), Error<AccountRefused>> {
        let act = Act::AccountDisabled { reason: why.reason };
        self.switch_account(&by.noting(why), account_id, (AccountState::Disabled, act)).await
    }

    /// From now on an account may sign in again.
    pub async fn enable_account(
        &self,
        by: &Administrator,
        account_id: AccountId,
        why: &Why,
    ) -> Result<(), Error<AccountRefused>> {
        let act = Act::AccountEnabled { reason: why.reason };
        self.switch_account(&by.noting(why), account_id, (AccountState::Active, act)).await
    }

    async fn switch_account(
        &self,
        by: &Administrator,
        account_id: AccountId,
        (state, act): (AccountState, Act),
    ) -> Result<(), Error<AccountRefused>> {
        let needs = match state {
            AccountState::Active => Needs::AsMuch,
            AccountState::Disabled => Needs::AsMuchAndOneWhoStays,
        };
        let change = |account: &Account, _| Account { state, ..account.clone() };
        self.change_account(by, (account_id, Seen::Any), (act, needs), change).await
    }

    /// Ends every session of an account, with all that was given in them; with `tokens` also what outlives a session. One
    /// write: what there is when it returns is refused at each use.
    pub async fn end_sessions_of_account(
        &self,
        by: &Administrator,
        (account_id, tokens): (AccountId, bool),
        why: &Why,
    ) -> Result<(), Error<AccountRefused>> {
        let act = Act::SessionsEnded { reason: why.reason, tokens };
        let change =
            if tokens { Account::with_tokens_revoked } else { Account::with_sessions_ended };
        let act = (act, Needs::Nothing);
        self.change_account(&by.noting(why), (account_id, Seen::Any), act, change).await
    }

    /// Puts what `change` makes of an account in its place; where that is the same, nothing is done and nothing told.
    pub(super) async fn change_account(
        &self,
        by: &Administrator,
        (account_id, seen): (AccountId, Seen),
        (act, needs): (Act, Needs),
        change: impl Fn(&Account, Timestamp) -> Account,
    ) -> Result<(), Error<AccountRefused>> {
        for _ in 0..ATTEMPTS_MAX {
            let account: Stored<Account> = self.account_as_seen(by, account_id, seen).await?;
            let mut batch = self.store.batch();
            let operator = match needs {
                Needs::Nothing => None,
                _ => self.may_take_over(by, &mut batch, account_id).await?,
            };
            let changed = change(&account, batch.now());
            if changed == account.record {
                return Ok(());
            }
            if needs == Needs::AsMuchAndOneWhoStays {
                self.somebody_stays_without(by, &mut batch, operator.as_ref()).await?;
            }
            batch.replace(&account, &changed);
            self.tell(by, &mut batch, act.clone(), (Some(account_id), None)).await?;
            let noted = if ends_sessions(&account, &changed) {
                let ended = Ended::SessionsOf(account_id);
                self.logouts.note(&mut batch, &by.realm, ended).await?
            } else {
                None
            };
            match self.store.commit(batch).await {
                Ok(_) => return Ok(self.tell_clients(noted).await?),
                Err(CommitError::Refused(_)) if seen == Seen::Any => {}
                Err(error) => return Err(lost_race(error)),
            }
        }
        Err(too_many_races())
    }
}

/// Whether sessions that held before the change do not hold after it.
fn ends_sessions(before: &Account, after: &Account) -> bool {
    before.sessions_ended_at != after.sessions_ended_at || before.is_active() && !after.is_active()
}

pub(super) fn too_many_races() -> Error<AccountRefused> {
    Failure::unavailable("a change of an account lost too many races").into()
}
