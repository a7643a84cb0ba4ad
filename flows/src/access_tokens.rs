//! What an access token must survive beyond its signature and its time, at whichever endpoint it is presented.

use std::sync::Arc;

use protocol::tokens::AccessTokenClaims;
use storage::{StorageError, Stored, accounts::Account};

use crate::{Context, Flows};

impl Flows {
    /// The account behind an access token that was believed; nothing where what stands behind it was taken back: the
    /// token itself, its grant, the session of the grant, the client or the account.
    pub(crate) async fn account_behind(
        &self,
        context: &Context,
        claims: &AccessTokenClaims,
    ) -> Result<Option<Arc<Stored<Account>>>, StorageError> {
        let Some(grant_id) = claims.grant_id else { return Ok(None) };
        let grant = self.live_grant(context, grant_id).await?;
        let grant = grant.filter(|grant| !grant.revoked_access_tokens.contains(claims));
        let Some(grant) = grant else { return Ok(None) };
        if self.live_client(context, grant.client_id).await?.is_none() {
            return Ok(None);
        }
        self.live_account(context, grant.account_id).await
    }
}
