//! The developer as an operator: by a token that is printed, and by signing in as the end-user.

use flows::admin::{
    Seen,
    operators::{Bootstrap, OperatorMetadata},
};
use protocol::Token;

use super::{Ground, Kept, USERNAME, identifier, refused};
use crate::{commands::Failed, start::Running};

impl Ground<'_> {
    /// The operator whose token is printed.
    pub(super) async fn lay_operator(&self, kept: &mut Kept) -> Result<(), Failed> {
        let running = self.running;
        if let Some(token) = &kept.admin_token {
            let hash = Token::presented(token.clone()).hash();
            let found = running
                .store
                .operator_with(&running.realm, &hash)
                .await
                .map_err(Failed::not_done)?;
            if found.is_some() {
                return Ok(());
            }
        }
        let made =
            running.flows.bootstrap_operator(&self.by, "developer", Bootstrap::Another).await;
        kept.admin_token = Some(made.map_err(refused)?.token.expose().to_owned());
        Ok(())
    }

    /// The end-user is the operator too, so that the developer can sign in to the page that describes the API. Whoever has
    /// tied them otherwise is left alone.
    pub(super) async fn tie_operator(&self, kept: &Kept) -> Result<(), Failed> {
        let Running { flows, store, realm, .. } = self.running;
        let account_id = flows.account_named(&self.by, &identifier(USERNAME)?).await;
        let (Some(account_id), Some(token)) =
            (account_id.map_err(Failed::not_done)?, &kept.admin_token)
        else {
            return Ok(());
        };
        let hash = Token::presented(token.clone()).hash();
        let operator = store.operator_with(realm, &hash).await.map_err(Failed::not_done)?;
        let tied = store.operator_of(realm, account_id).await.map_err(Failed::not_done)?;
        let (Some(operator), None) = (operator, tied) else { return Ok(()) };
        if operator.account_id.is_some() {
            return Ok(());
        }
        let chosen = OperatorMetadata {
            name: operator.name.clone(),
            permissions: operator.permissions.clone(),
            account_id: Some(account_id),
        };
        let which = (operator.operator_id, Seen::Version(operator.version));
        flows.replace_operator(&self.by, which, chosen).await.map(drop).map_err(refused)
    }
}
