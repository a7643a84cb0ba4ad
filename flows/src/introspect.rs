//! The introspection endpoint (RFC 7662): whether a token holds now, for a client that may know.
//!
//! Nobody learns why a token does not hold, or whether it is one at all. What could not be judged is a failure, and
//! never an answer.

use protocol::{
    AccountId, Timestamp, Token,
    client::{Client, GrantType},
    discovery::Endpoint,
    introspection::{self, ActiveToken, Introspection, IntrospectionError},
    parameters::Parameters,
    scope::ScopeSet,
    sign_in::permitted,
    tokens::{CustomClaims, PresentedAccessToken, PresentedToken},
};
use storage::{StorageError, refresh_tokens::RefreshTokenState};

use crate::{Context, Error, Failure, Flows};

impl Flows {
    /// What the client may know of the token that it presents (RFC 7662 §2).
    ///
    /// `authorization` is every `Authorization` header, as it came; `parameters` is the body.
    #[tracing::instrument(level = "debug", name = "flows.introspect", skip_all)]
    pub async fn introspect(
        &self,
        context: &Context,
        authorization: &[&[u8]],
        parameters: &Parameters,
    ) -> Result<Introspection, Error<IntrospectionError>> {
        parameters.refuse_repeated().map_err(Error::refused)?;
        let at = (context, Endpoint::Introspection);
        let client = self.authenticate(at, authorization, parameters).await?;
        introspection::may_ask(&client).map_err(Error::refused)?;
        let presented = PresentedToken::read(parameters).map_err(Error::refused)?;
        let presented = presented.ok_or(Error::Refused(IntrospectionError::TokenMissing))?;
        self.use_up(&client).await?;
        let active = match presented {
            PresentedToken::AccessToken(token) => {
                self.active_access_token(context, &client, &token).await?
            }
            PresentedToken::RefreshToken(token) => {
                self.active_refresh_token(context, &client, &token).await?
            }
        };
        Ok(active.map_or(Introspection::Inactive, |token| Introspection::Active(Box::new(token))))
    }

    async fn active_access_token(
        &self,
        context: &Context,
        client: &Client,
        token: &PresentedAccessToken,
    ) -> Result<Option<ActiveToken>, StorageError> {
        let now = self.store.now();
        let believed = self.believed(context, token, None).await?.ok();
        // Without the leeway: nobody is told that a token holds which says of itself that it does not.
        let believed = believed
            .filter(|claims| now < Timestamp::from(claims.exp))
            .filter(|claims| introspection::may_know(client, claims));
        let Some(claims) = believed else { return Ok(None) };
        let Some(behind) = self.behind(context, &claims).await? else { return Ok(None) };
        let scope: ScopeSet = claims.scope.parse().unwrap_or_default();
        let account_id = behind.account.map(|account| account.account_id);
        let scope = self.still_held(context, (&behind.client, account_id), &scope).await?;
        Ok(Some(ActiveToken { scope: scope.to_string(), ..claims.into() }))
    }

    async fn active_refresh_token(
        &self,
        context: &Context,
        client: &Client,
        token: &Token,
    ) -> Result<Option<ActiveToken>, Failure> {
        let found = self.store.refresh_token(&context.realm, &token.hash()).await?;
        // One that was used is replaced, even where it still gives the same successor for a moment.
        let found = found
            .filter(|token| token.client_id == client.client_id)
            .filter(|token| token.state == RefreshTokenState::Active);
        let Some(found) = found else { return Ok(None) };
        let given = self.given(context, found.grant_id).await?;
        let given = given.filter(|given| given.client.may_use(&GrantType::RefreshToken));
        let Some(given) = given else { return Ok(None) };
        let subjects = self.subjects(&given.client)?;
        let holder = (&**given.client, Some(given.account.account_id));
        let scope = self.still_held(context, holder, &given.grant.scope).await?;
        Ok(Some(ActiveToken {
            scope: scope.to_string(),
            client_id: given.client.client_id,
            token_type: None,
            exp: found.expires_at.into(),
            iat: found.issued_at.into(),
            sub: subjects.subject(given.account.account_id),
            aud: None,
            iss: context.issuer.clone(),
            jti: None,
            custom: CustomClaims::default(),
        }))
    }

    /// What of a token's scope is good for something: what was taken since from its client is not, nor are the permissions
    /// that were taken from the operator who gave them.
    async fn still_held(
        &self,
        context: &Context,
        (client, account_id): (&Client, Option<AccountId>),
        scope: &ScopeSet,
    ) -> Result<ScopeSet, StorageError> {
        let scope = scope.intersection(&client.scopes);
        let Some(account_id) = account_id else { return Ok(scope) };
        let permissions = self.permissions(context, account_id, &scope).await?;
        Ok(permitted(&scope, permissions.as_ref()))
    }
}
