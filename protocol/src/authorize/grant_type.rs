//! May the client have what it asks for: a code that it redeems, tokens through the browser? (RFC 6749 §4.1.2.1 and
//! §4.2.2.1, `unauthorized_client`)

use super::{Asked, Refusal, Requested};
use crate::client::GrantType;

pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    let response_type = &requested.response_type;
    let lacks = |grant_type| !asked.client.may_use(&grant_type);
    if response_type.has_code() && lacks(GrantType::AuthorizationCode) {
        return Err(Refusal::GrantTypeNotAllowed);
    }
    if response_type.is_front_channel() && lacks(GrantType::Implicit) {
        return Err(Refusal::ImplicitNotAllowed);
    }
    Ok(())
}
