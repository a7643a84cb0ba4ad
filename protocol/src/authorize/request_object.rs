//! Request objects are not read yet, and never ignored: what they say would win (OpenID Connect Core 1.0 §6).

use super::{Asked, Refusal, Requested};

pub(super) fn check(asked: &Asked<'_>, _: &mut Requested) -> Result<(), Refusal> {
    if asked.parameters.get("request")?.is_some() {
        return Err(Refusal::RequestNotSupported);
    }
    match asked.parameters.get("request_uri")? {
        Some(_) => Err(Refusal::RequestUriNotSupported),
        None => Ok(()),
    }
}
