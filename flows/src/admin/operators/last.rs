//! Somebody must stay who can administer operators: whoever takes that from one names another who keeps it.

use protocol::{OperatorId, event::Actor, permission::Permission};
use storage::{Batch, Stored, accounts::Account, operators::Operator};

use super::OperatorRefused;
use crate::{
    Error, Failure, Flows,
    admin::{Administrator, ITEMS_MAX},
};

/// Pages of operators that are looked through for another one. Where nobody is among so many, nobody is found.
const PAGES_MAX: usize = 20;

impl Flows {
    /// Refuses that `leaving` goes where nobody else administers operators. The batch that lets it go holds only while who
    /// stays is as they are, their account included, so that of two who let each other go only one does.
    pub(super) async fn who_stays(
        &self,
        by: &Administrator,
        batch: &mut Batch,
        leaving: OperatorId,
    ) -> Result<(), Error<OperatorRefused>> {
        match self.somebody_stays(by, batch, leaving).await? {
            true => Ok(()),
            false => Err(Error::Refused(OperatorRefused::Last)),
        }
    }

    /// Whether somebody other than `leaving` administers operators; the batch holds only while they do.
    pub(in crate::admin) async fn somebody_stays(
        &self,
        by: &Administrator,
        batch: &mut Batch,
        leaving: OperatorId,
    ) -> Result<bool, Failure> {
        if let Actor::Operator(operator_id) = by.actor
            && operator_id != leaving
            && let Some(author) = self.stored_operator(by, operator_id).await?
            && self.stays(by, batch, &author).await?
        {
            return Ok(true);
        }
        let mut after = None;
        for _ in 0..PAGES_MAX {
            let page = self.store.all::<Operator>(&by.realm, after.as_ref(), ITEMS_MAX).await?;
            for operator in page.items {
                if operator.operator_id != leaving && self.stays(by, batch, &operator).await? {
                    return Ok(true);
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(false)
    }

    /// Whether somebody may administer operators and can be let in; the batch then holds only while that is so.
    async fn stays(
        &self,
        by: &Administrator,
        batch: &mut Batch,
        operator: &Stored<Operator>,
    ) -> Result<bool, Failure> {
        if !operator.permissions.allow(Permission::OperatorsWrite) {
            return Ok(false);
        }
        if operator.token.is_none() {
            let Some(account_id) = operator.account_id else { return Ok(false) };
            let account = self.store.account(&by.realm, account_id).await?;
            let Some(account) = account.filter(|account| account.is_active()) else {
                return Ok(false);
            };
            // It goes only with its account.
            if self.store.password(&by.realm, account_id).await?.is_none() {
                return Ok(false);
            }
            // Whoever takes over that very account writes it, and learns that it is taken.
            if !batch.writes::<Account>(&by.realm, &account_id) {
                batch.unchanged(&account);
            }
        }
        batch.unchanged(operator);
        Ok(true)
    }
}
