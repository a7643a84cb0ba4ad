//! Somebody must stay who can administer operators: whoever takes that from one names another who keeps it.

use protocol::{OperatorId, event::Actor, permission::Permission};
use storage::{Stored, operators::Operator};

use super::OperatorRefused;
use crate::{
    Error, Flows,
    admin::{Administrator, ITEMS_MAX},
};

/// Pages of operators that are looked through for another one. Where nobody is among so many, nobody is found.
const PAGES_MAX: usize = 20;

impl Flows {
    /// An operator other than `leaving` who administers operators. The batch that lets `leaving` go must leave it as it is,
    /// so that of two who let each other go only one does.
    pub(super) async fn who_stays(
        &self,
        by: &Administrator,
        leaving: OperatorId,
    ) -> Result<Stored<Operator>, Error<OperatorRefused>> {
        if let Actor::Operator(operator_id) = by.actor
            && operator_id != leaving
            && let Some(author) = self.stored_operator(by, operator_id).await?
            && self.can_administer(by, &author).await?
        {
            return Ok(author);
        }
        let mut after = None;
        for _ in 0..PAGES_MAX {
            let page = self.store.all::<Operator>(&by.realm, after.as_ref(), ITEMS_MAX).await?;
            for operator in page.items {
                if operator.operator_id != leaving && self.can_administer(by, &operator).await? {
                    return Ok(operator);
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Err(Error::Refused(OperatorRefused::Last))
    }

    /// Whether somebody may administer operators and can be let in.
    async fn can_administer(
        &self,
        by: &Administrator,
        operator: &Operator,
    ) -> Result<bool, Error<OperatorRefused>> {
        if !operator.permissions.allow(Permission::OperatorsWrite) {
            return Ok(false);
        }
        if operator.token.is_some() {
            return Ok(true);
        }
        let Some(account_id) = operator.account_id else { return Ok(false) };
        let account = self.store.account(&by.realm, account_id).await?;
        Ok(account.is_some_and(|account| account.is_active()))
    }
}
