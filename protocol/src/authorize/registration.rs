//! Clients do not register themselves within a request (OpenID Connect Core 1.0 §7.2.1).

use super::{Asked, Refusal, Requested};

pub(super) fn check(asked: &Asked<'_>, _: &mut Requested) -> Result<(), Refusal> {
    match asked.parameters.get("registration")? {
        Some(_) => Err(Refusal::RegistrationNotSupported),
        None => Ok(()),
    }
}
