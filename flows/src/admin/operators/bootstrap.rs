//! How the first operator comes to be, before anybody can administer.

use std::time::Duration;

use protocol::{OperatorId, Token, event::Act, permission::Permissions};
use storage::operators::Operator;

use super::{OperatorRefused, is_name};
use crate::{Error, Failure, Flows, admin::Administrator};

/// Who holds it may make an operator without being one.
const LEASE: &str = "bootstrap";

const LEASE_LENGTH: Duration = Duration::from_secs(10);

/// An operator that was made.
#[derive(Debug)]
pub struct NewOperator {
    /// Its id.
    pub operator_id: OperatorId,
    /// What it proves who it is with. Nobody can be told again.
    pub token: Token,
}

/// Whether an operator may be made although there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bootstrap {
    /// Only the first.
    First,
    /// Also where there are others: the token of the first was lost.
    Another,
}

impl Flows {
    /// Makes an operator, in the name of whoever may run commands on the node.
    pub async fn bootstrap_operator(
        &self,
        by: &Administrator,
        name: &str,
        bootstrap: Bootstrap,
    ) -> Result<NewOperator, Error<OperatorRefused>> {
        if !is_name(name) {
            return Err(Error::Refused(OperatorRefused::Name));
        }
        // Two that each find none must not both make the first: the lease is fenced by the batch.
        let operator_id = OperatorId::new(self.store.randomness());
        let holder = operator_id.to_string();
        let lease = self.store.lease(&by.realm, LEASE, &holder, LEASE_LENGTH).await?;
        let lease = lease.ok_or(Error::Refused(OperatorRefused::Elsewhere))?;
        let token = Token::new(self.store.randomness());
        let mut batch = self.store.batch();
        lease.give_back(&mut batch);
        let is_refused = bootstrap == Bootstrap::First && self.has_operator(by).await?;
        if !is_refused {
            batch.create(&Operator {
                operator_id,
                realm: by.realm.clone(),
                name: name.into(),
                token: Some(token.hash()),
                account_id: None,
                permissions: Permissions::all(),
                created_at: batch.now(),
            });
            self.tell(by, &mut batch, Act::OperatorCreated { operator_id }, (None, None)).await?;
        }
        self.store.commit(batch).await?;
        if is_refused {
            Err(Error::Refused(OperatorRefused::Exists))
        } else {
            Ok(NewOperator { operator_id, token })
        }
    }

    async fn has_operator(&self, by: &Administrator) -> Result<bool, Failure> {
        Ok(!self.store.all::<Operator>(&by.realm, None, 1).await?.items.is_empty())
    }
}
