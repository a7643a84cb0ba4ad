//! The grant `client_credentials`: a client acts in its own name (RFC 6749 §4.4). There is no end-user, so neither a
//! refresh token nor an ID token, and nothing is written where the access token is a JWT.

use protocol::{
    client::Client,
    oauth_error::TokenError,
    parameters::Parameters,
    resource::{self, Resources, TargetRefused},
    scope::ScopeSet,
};

use super::{Granted, Holder, Hook};
use crate::{Context, Flows, client_authentication::Authenticated, failure::Error};

pub(super) struct ClientCredentials;

impl Hook for ClientCredentials {
    async fn judge(
        _: &Flows,
        context: &Context,
        client: &Authenticated,
        parameters: &Parameters,
    ) -> Result<Granted, Error<TokenError>> {
        // Whatever its record says: who cannot keep a secret has not proven to be anybody (§4.4).
        if client.is_public() {
            return Err(Error::Refused(TokenError::GrantTypeNotAllowed));
        }
        let scope = own_scope(client, parameters)?;
        let resources = Resources::asked(parameters).map_err(TargetRefused::Malformed);
        let resources = resources.map_err(Error::refused)?;
        resource::judge(&resources, client, &context.issuer).map_err(Error::refused)?;
        let holder = Holder::Client;
        Ok(Granted { holder, scope, resources, nonce: None, refresh_token: None, batch: None })
    }
}

/// What is asked for, or all that the client is registered for and that means something without an end-user (§3.3).
fn own_scope(client: &Client, parameters: &Parameters) -> Result<ScopeSet, Error<TokenError>> {
    let own = client.scopes.without_end_user();
    let Some(asked) = parameters.get("scope").map_err(Error::refused)? else { return Ok(own) };
    let asked: ScopeSet = asked.parse().map_err(|_| Error::Refused(TokenError::ScopeMalformed))?;
    if asked.is_subset(&own) { Ok(asked) } else { Err(Error::Refused(TokenError::ScopeNotAllowed)) }
}
