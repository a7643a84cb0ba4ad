//! Which claims does the client ask for one by one, and of whom? (OpenID Connect Core 1.0 §5.5)

use super::{Asked, Refusal, Requested};
use crate::{claims::ClaimsParameter, client::ResponseType, scope::OPENID};

/// It means something in a request of OpenID Connect alone. A client has at most what it could ask for by scope.
pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    let Some(text) = asked.parameters.get("claims")? else { return Ok(()) };
    let said = ClaimsParameter::read(text)?;
    if !requested.scope.contains(OPENID) {
        return Ok(());
    }
    if said.is_unmet() {
        return Err(Refusal::AcrUnmet);
    }
    let claims = said.asked.within(&asked.client.scopes);
    requested.claims = match requested.response_type {
        ResponseType::IdToken => claims.in_id_token(),
        _ => claims,
    };
    requested.subjects = said.subjects;
    Ok(())
}
