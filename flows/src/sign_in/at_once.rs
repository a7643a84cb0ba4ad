//! What comes through the browser beside a code, or in place of one: a grant like any other, and the tokens that it gives at
//! once (OpenID Connect Core 1.0 §3.2, §3.3).
//!
//! A code of the same answer becomes the same grant: who uses it twice takes back what came with it too.

use protocol::{
    GrantId, Timestamp, Token,
    authorize::{AuthorizationRequest, Granted},
    client::{ACCESS_TOKEN_LIFETIME_MAX, Client},
    event::Act,
    jose::LEEWAY,
    sign_in::{Issue, permitted},
};
use storage::{Batch, grants::Grant};

use crate::{Context, Failure, Flows, token::AtOnce};

impl Flows {
    /// Puts a grant into `batch` and makes what the client gets of it beside `code`.
    pub(super) async fn give_at_once(
        &self,
        context: &Context,
        batch: &mut Batch,
        (client, request, code): (&Client, &AuthorizationRequest, Option<&Token>),
        issue: &Issue,
    ) -> Result<(GrantId, Granted), Failure> {
        let account = self.active_account(context, issue.session.account_id).await?;
        // It was there when the session was found, so it went a moment ago.
        let account = account.ok_or_else(|| Failure::unavailable("the account went meanwhile"))?;
        let grant = self.grant_at_once((client, request, issue), batch.now());
        let grant_id = grant.grant_id;
        batch.create(&grant);
        let act = Act::TokensGivenAtOnce { grant_id };
        self.record_grant_event(context, batch, &grant, act).await?;
        let at_once = AtOnce { request, code, grant, account: account.record };
        let mut given = self.sign_at_once(context, client, batch, at_once)?;
        if let Some(id_token) = given.id_token.take() {
            given.id_token = Some(self.id_token_as_registered(client, id_token).await?);
        }
        Ok((grant_id, given))
    }

    /// It gives nothing that lasts: no refresh token ever comes through a browser (RFC 6749 §4.2.2), and what was given so
    /// ends with its session.
    fn grant_at_once(
        &self,
        (client, request, issue): (&Client, &AuthorizationRequest, &Issue),
        now: Timestamp,
    ) -> Grant {
        let session = &issue.session;
        Grant {
            grant_id: GrantId::new(self.store.randomness()),
            realm: client.realm.clone(),
            client_id: client.client_id,
            account_id: session.account_id,
            session_id: session.session_id,
            offline: false,
            // In whose name a client administers is not handed on by a redirect: permissions come by a code alone.
            scope: permitted(&issue.scope, None),
            authenticated_at: session.authenticated_at,
            amr: session.amr.clone(),
            given_at: now,
            refreshable_until: now,
            expires_at: now + ACCESS_TOKEN_LIFETIME_MAX + LEEWAY,
            revoked: None,
            revoked_access_tokens: Default::default(),
            resources: request.resources.clone(),
            epochs: issue.epochs,
            claims: issue.claims.clone(),
        }
    }
}
