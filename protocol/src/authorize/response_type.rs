//! What does the client want back? (RFC 6749 §3.1.1, OAuth 2.0 Multiple Response Type Encoding Practices §3, §5)

use super::{Asked, Refusal, Requested};
use crate::{client::ResponseType, parameters::Parameters};

pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    let text = asked.parameters.get("response_type")?.ok_or(Refusal::ResponseTypeMissing)?;
    let response_type = ResponseType::parse(text).ok_or(Refusal::UnsupportedResponseType)?;
    if !asked.client.response_types.contains(&response_type) {
        return Err(Refusal::ResponseTypeNotAllowed);
    }
    requested.response_type = response_type;
    Ok(())
}

/// Whether the answer to such a request belongs into the fragment where nothing else is asked (OAuth 2.0 Multiple Response
/// Type Encoding Practices §3, §5): so does its refusal, also where there is no such response type here.
pub(super) fn is_answered_in_fragment(parameters: &Parameters) -> bool {
    let response_type = parameters.get("response_type").ok().flatten().unwrap_or_default();
    response_type.split(' ').any(|one| matches!(one, "token" | "id_token"))
}
