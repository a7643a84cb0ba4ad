//! May the client redeem what it asks for? (RFC 6749 §4.1.2.1, `unauthorized_client`)

use super::{Asked, Refusal, Requested};
use crate::client::GrantType;

pub(super) fn check(asked: &Asked<'_>, _: &mut Requested) -> Result<(), Refusal> {
    if asked.client.may_use(&GrantType::AuthorizationCode) {
        Ok(())
    } else {
        Err(Refusal::GrantTypeNotAllowed)
    }
}
