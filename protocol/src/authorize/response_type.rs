//! What does the client want back? A code (RFC 6749 §3.1.1).

use super::{Asked, Refusal, Requested};
use crate::client::ResponseType;

pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    match asked.parameters.get("response_type")? {
        None => Err(Refusal::ResponseTypeMissing),
        Some("code") if asked.client.response_types.contains(&ResponseType::Code) => {
            requested.response_type = ResponseType::Code;
            Ok(())
        }
        Some("code") => Err(Refusal::ResponseTypeNotAllowed),
        Some(_) => Err(Refusal::UnsupportedResponseType),
    }
}

/// Whether the answer to such a request belongs into the fragment (OAuth 2.0 Multiple Response Type Encoding Practices
/// §3): so does its refusal, although there is no such response type here.
pub(super) fn is_answered_in_fragment(response_type: Option<&str>) -> bool {
    response_type
        .is_some_and(|types| types.split(' ').any(|one| matches!(one, "token" | "id_token")))
}
