//! The token endpoint: the phases that all grants share, so that a grant cannot forget one (RFC 6749 §3.2).

mod authorization_code;
mod grants;
mod refresh_token;
mod sign;

pub(crate) use grants::served;

use std::{future::Future, time::Duration};

use protocol::{
    Token,
    client::{Client, GrantType},
    client_authentication::{self, NotAuthenticated, NotPresented},
    oauth_error::TokenError,
    parameters::Parameters,
    scope::ScopeSet,
};
use storage::{Batch, CommitError, grants::Grant};

use crate::{Context, Flows, failure::Error, finish::finish, remembered::record};

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
    /// What the client was given: the facts for the tokens.
    grant: Grant,
    /// What the access token is good for: at most the grant's scope.
    scope: ScopeSet,
    /// For the ID token (OpenID Connect Core 1.0 §3.1.3.6).
    nonce: Option<String>,
    /// The refresh token to hand out.
    refresh_token: Option<Token>,
    /// What must be written before the client may know; nothing when it was written before.
    batch: Option<Batch>,
}

/// The part of the token endpoint that is a grant's own.
trait Hook {
    /// Judges the presented grant and prepares what it becomes. Called again when the batch lost a race.
    fn judge(
        flows: &Flows,
        context: &Context,
        client: &Client,
        parameters: &Parameters,
    ) -> impl Future<Output = Result<Granted, Error<TokenError>>> + Send;
}

impl Flows {
    /// Exchanges a grant for tokens (RFC 6749 §3.2, OpenID Connect Core 1.0 §3.1.3, §12).
    ///
    /// `authorization` is every `Authorization` header, as it came; `parameters` is the body.
    pub async fn token(
        &self,
        context: Context,
        authorization: &[&[u8]],
        parameters: Parameters,
    ) -> Result<Issued, Error<TokenError>> {
        parameters.refuse_repeated().map_err(Error::refused)?;
        let client = self.authenticate(&context, authorization, &parameters).await?;
        let grant_type = grants::of(&parameters)?;
        if !client.may_use(&grant_type) {
            return Err(Error::Refused(TokenError::GrantTypeNotAllowed));
        }
        let flows = self.clone();
        // From here on a revocation or a rotation may be committed.
        finish(async move { flows.exchange(&context, &client, &grant_type, &parameters).await })
            .await?
    }

    async fn exchange(
        &self,
        context: &Context,
        client: &Client,
        grant_type: &GrantType,
        parameters: &Parameters,
    ) -> Result<Issued, Error<TokenError>> {
        let mut lost = None;
        for _ in 0..ATTEMPTS_MAX {
            let mut granted = grants::judge(grant_type, self, context, client, parameters).await?;
            let batch = granted.batch.take();
            let issued = self.sign(context, client, granted)?;
            match batch {
                None => return Ok(issued),
                Some(batch) => match self.store.commit(batch).await {
                    Ok(_) => return Ok(issued),
                    Err(CommitError::Refused(refusal)) => lost = Some(refusal),
                    Err(error) => return Err(error.into()),
                },
            }
        }
        Err(lost.map_or_else(
            || Error::Failed(crate::Failure::fault("no attempt")),
            |refusal| CommitError::Refused(refusal).into(),
        ))
    }

    /// Who the client is, and that it is (RFC 6749 §2.3); for every endpoint that clients authenticate at.
    pub(crate) async fn authenticate<R: From<NotPresented> + From<NotAuthenticated>>(
        &self,
        context: &Context,
        authorization: &[&[u8]],
        parameters: &Parameters,
    ) -> Result<Client, Error<R>> {
        let presented =
            client_authentication::present(authorization, parameters).map_err(Error::refused)?;
        let client = match presented.client_id() {
            Some(client_id) => self.present_client(context, client_id).await?,
            None => None,
        };
        let judged = client_authentication::judge(record(&client), &presented, self.store.now());
        judged.cloned().map_err(Error::refused)
    }
}
