//! What an operator does about a password: sets one, or has the end-user choose another.

use protocol::{AccountId, Secret, event::Act};
use storage::{Batch, CommitError, Stored, accounts::Account, passwords::Password};

use super::{
    ATTEMPTS_MAX, AccountRefused,
    changes::{Needs, too_many_races},
    not_hashed,
};
use crate::{
    Error, Failure, Flows,
    admin::{Administrator, Seen, Why},
};

impl Flows {
    /// Sets the password of an account. Where it is temporary, the end-user must choose another at the next sign-in;
    /// otherwise none is asked for any more. Sessions go on.
    pub async fn set_password(
        &self,
        by: &Administrator,
        account_id: AccountId,
        (password, is_temporary): (Secret<String>, bool),
    ) -> Result<(), Error<AccountRefused>> {
        self.account_as_seen(by, account_id, Seen::Any).await?;
        // Before the work of a hash; what counts is asked again.
        self.may_take_over(by, &mut self.store.batch(), account_id).await?;
        let phc = self.identity.hash(password).await.map_err(not_hashed)?;
        for _ in 0..ATTEMPTS_MAX {
            let account = self.account_as_seen(by, account_id, Seen::Any).await?;
            let mut batch = self.store.batch();
            self.may_take_over(by, &mut batch, account_id).await?;
            self.put_password(&mut batch, &account, &phc).await?;
            let password_required_at = is_temporary.then(|| batch.now());
            batch.replace(&account, &Account { password_required_at, ..account.record.clone() });
            let act = Act::PasswordSet { is_temporary };
            self.tell(by, &mut batch, act, (Some(account_id), None)).await?;
            match self.store.commit(batch).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(too_many_races())
    }

    async fn put_password(
        &self,
        batch: &mut Batch,
        account: &Stored<Account>,
        phc: &str,
    ) -> Result<(), Failure> {
        let (account_id, realm) = (account.account_id, account.realm.clone());
        let old = self.store.password(&realm, account_id).await?;
        let new = Password { account_id, realm, phc: phc.to_owned(), chosen_at: batch.now() };
        match &old {
            Some(old) => batch.replace(old, &new),
            None => batch.create(&new),
        };
        Ok(())
    }

    /// From now on whoever signs in with the password must choose another before anything else. Sessions go on.
    pub async fn require_new_password(
        &self,
        by: &Administrator,
        account_id: AccountId,
        why: &Why,
    ) -> Result<(), Error<AccountRefused>> {
        let act = Act::NewPasswordRequired { reason: why.reason };
        let change = |account: &Account, now| {
            let password_required_at = account.password_required_at.or(Some(now));
            Account { password_required_at, ..account.clone() }
        };
        let act = (act, Needs::Nothing);
        self.change_account(&by.noting(why), (account_id, Seen::Any), act, change).await
    }
}
