//! The list of grants: discovery advertises what is here, and nothing else is served.

use protocol::{client::GrantType, oauth_error::TokenError, parameters::Parameters};

use super::{
    Granted, Hook, authorization_code::AuthorizationCode, client_credentials::ClientCredentials,
    refresh_token::RefreshToken,
};
use crate::{Context, Flows, client_authentication::Authenticated, failure::Error};

/// Every grant type that the token endpoint serves, under its name in a request.
const SERVED: [(&str, GrantType); 3] = [
    ("authorization_code", GrantType::AuthorizationCode),
    ("refresh_token", GrantType::RefreshToken),
    ("client_credentials", GrantType::ClientCredentials),
];

/// What the token endpoint serves.
pub(crate) fn served() -> Vec<GrantType> {
    SERVED.into_iter().map(|(_, grant_type)| grant_type).collect()
}

/// What a request calls a grant type that is served.
pub(super) fn name(grant_type: &GrantType) -> &'static str {
    SERVED.iter().find(|(_, served)| served == grant_type).map_or("unknown", |(name, _)| name)
}

/// The `grant_type` of a request.
pub(super) fn of(parameters: &Parameters) -> Result<GrantType, Error<TokenError>> {
    let text = parameters.get("grant_type").map_err(Error::refused)?;
    let text = text.ok_or(Error::Refused(TokenError::Missing("grant_type")))?;
    let served = SERVED.into_iter().find(|(name, _)| *name == text);
    served.map(|(_, grant_type)| grant_type).ok_or(Error::Refused(TokenError::UnsupportedGrantType))
}

/// Hands the request to its grant.
#[tracing::instrument(level = "debug", name = "token.judge", skip_all)]
pub(super) async fn judge(
    grant_type: &GrantType,
    flows: &Flows,
    context: &Context,
    client: &Authenticated,
    parameters: &Parameters,
) -> Result<Granted, Error<TokenError>> {
    match grant_type {
        GrantType::AuthorizationCode => {
            AuthorizationCode::judge(flows, context, client, parameters).await
        }
        GrantType::RefreshToken => RefreshToken::judge(flows, context, client, parameters).await,
        GrantType::ClientCredentials => {
            ClientCredentials::judge(flows, context, client, parameters).await
        }
        // What comes through the browser is not asked for here.
        GrantType::Implicit | GrantType::Unknown(_) => {
            Err(Error::Refused(TokenError::UnsupportedGrantType))
        }
    }
}
