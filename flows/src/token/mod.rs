//! The token endpoint: the phases that all grants share, so that a grant cannot forget one (RFC 6749 §3.2).

mod authorization_code;
mod client_credentials;
mod grants;
mod meters;
mod refresh_token;
mod sign;

pub(crate) use grants::served;
pub use meters::METRICS;
pub(crate) use sign::AtOnce;

use std::{future::Future, time::Duration};

use protocol::{
    Token,
    client::{Client, GrantType},
    discovery::Endpoint,
    oauth_error::TokenError,
    parameters::Parameters,
    resource::Resources,
    scope::ScopeSet,
};
use storage::{Batch, CommitError, accounts::Account, grants::Grant};

use crate::{Context, Flows, client_authentication::Authenticated, failure::Error, finish::finish};

/// How often a grant may lose a race against another request before the client is asked to come again.
const ATTEMPTS_MAX: usize = 5;

/// The tokens of one answer (RFC 6749 §5.1).
#[derive(Debug)]
pub struct Issued {
    /// The access token.
    pub access_token: Token,
    /// For how long it holds.
    pub expires_in: Duration,
    /// What it is good for.
    pub scope: ScopeSet,
    /// The refresh token, for a client that may use one.
    pub refresh_token: Option<Token>,
    /// The ID token, when `openid` was granted.
    pub id_token: Option<Token>,
}

/// What a grant has come to, before anything is signed or written.
struct Granted {
    /// In whose name the client acts.
    holder: Holder,
    /// What the access token is good for: at most the grant's scope.
    scope: ScopeSet,
    /// Where it is good: at most the grant's resources, where it has any.
    resources: Resources,
    /// For the ID token (OpenID Connect Core 1.0 §3.1.3.6).
    nonce: Option<String>,
    /// The refresh token to hand out.
    refresh_token: Option<Token>,
    /// What must be written before the client may know; nothing when it was written before.
    batch: Option<Batch>,
}

/// In whose name a client acts: the facts for the tokens.
enum Holder {
    /// An end-user's.
    EndUser {
        /// What they gave it.
        grant: Box<Grant>,
        /// Who they are.
        account: Box<Account>,
    },
    /// Its own (RFC 6749 §4.4).
    Client,
}

/// What of `scope` its client may have now. What was taken from the client after the end-user's yes is given no more.
fn still_allowed(scope: &ScopeSet, client: &Client) -> Result<ScopeSet, Error<TokenError>> {
    let left = scope.intersection(&client.scopes);
    if left.is_empty() && !scope.is_empty() {
        return Err(Error::Refused(TokenError::ScopeNotAllowed));
    }
    Ok(left)
}

/// The part of the token endpoint that is a grant's own.
trait Hook {
    /// Judges the presented grant and prepares what it becomes. Called again when the batch lost a race.
    fn judge(
        flows: &Flows,
        context: &Context,
        client: &Authenticated,
        parameters: &Parameters,
    ) -> impl Future<Output = Result<Granted, Error<TokenError>>> + Send;
}

impl Flows {
    /// Exchanges a grant for tokens (RFC 6749 §3.2, OpenID Connect Core 1.0 §3.1.3, §12).
    ///
    /// `authorization` is every `Authorization` header, as it came; `parameters` is the body.
    #[tracing::instrument(level = "debug", name = "flows.token", skip_all)]
    pub async fn token(
        &self,
        context: Context,
        authorization: &[&[u8]],
        parameters: Parameters,
    ) -> Result<Issued, Error<TokenError>> {
        parameters.refuse_repeated().map_err(Error::refused)?;
        let client =
            self.authenticate((&context, Endpoint::Token), authorization, &parameters).await?;
        let grant_type = grants::of(&parameters)?;
        if !client.may_use(&grant_type) {
            return Err(Error::Refused(TokenError::GrantTypeNotAllowed));
        }
        let flows = self.clone();
        // From here on a revocation or a rotation may be committed.
        finish(async move {
            let issued = flows.exchange(&context, &client, &grant_type, &parameters).await?;
            meters::issued(grants::name(&grant_type));
            Ok(issued)
        })
        .await?
    }

    async fn exchange(
        &self,
        context: &Context,
        client: &Authenticated,
        grant_type: &GrantType,
        parameters: &Parameters,
    ) -> Result<Issued, Error<TokenError>> {
        let mut lost = None;
        for _ in 0..ATTEMPTS_MAX {
            let mut granted = grants::judge(grant_type, self, context, client, parameters).await?;
            let mut issued = self.sign(context, client, &mut granted)?;
            if let Some(id_token) = issued.id_token.take() {
                issued.id_token = Some(self.id_token_as_registered(client, id_token).await?);
            }
            let batch = client.uses_up(granted.batch.take(), || self.store.batch());
            match batch {
                None => return Ok(issued),
                Some(batch) => match self.remember(batch).await {
                    Ok(()) => return Ok(issued),
                    Err(CommitError::Refused(refusal)) => lost = Some(refusal),
                    Err(error) => return Err(error.into()),
                },
            }
            // Who lost against another use of its own assertion is not the client.
            self.not_used_before(client).await?;
        }
        Err(lost.map_or_else(
            || Error::Failed(crate::Failure::fault("no attempt")),
            |refusal| CommitError::Refused(refusal).into(),
        ))
    }

    #[tracing::instrument(level = "debug", name = "token.remember", skip_all)]
    async fn remember(&self, batch: Batch) -> Result<(), CommitError> {
        self.store.commit(batch).await.map(drop)
    }
}
