//! What does the client want to do? (RFC 6749 §3.3, OpenID Connect Core 1.0 §3.1.2.1, §11)

use super::{Asked, Refusal, Requested};
use crate::{
    client::GrantType,
    scope::{OFFLINE_ACCESS, OPENID, ScopeSet},
};

/// What is not known, or not allowed to this client, is left out (Core §3.1.2.1, RFC 6749 §3.3), and the token response
/// says what was given. Two things are never left out in silence: the last scope, and `openid`, without which the client
/// would wait for an ID token that does not come. Without `openid` the request is one of plain OAuth 2.0, which knows no ID
/// token. What is redeemed with nothing cannot be refreshed, so `offline_access` means nothing without a code (Core §11).
pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    let scope = asked.parameters.get("scope")?.ok_or(Refusal::ScopeMissing)?;
    let scope: ScopeSet = scope.parse().map_err(Refusal::ScopeMalformed)?;
    let mut allowed = scope.intersection(&asked.client.scopes);
    if !asked.client.may_use(&GrantType::RefreshToken) || !requested.response_type.has_code() {
        allowed = allowed.without(OFFLINE_ACCESS);
    }
    if allowed.is_empty() || scope.contains(OPENID) && !allowed.contains(OPENID) {
        return Err(Refusal::ScopeNotAllowed);
    }
    if requested.response_type.has_id_token() && !allowed.contains(OPENID) {
        return Err(Refusal::OpenidMissing);
    }
    requested.scope = allowed;
    Ok(())
}
