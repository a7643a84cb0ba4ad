//! Will the code be bound to who asked for it? (RFC 7636 §4.3, §4.4.1; ATTACKS 20)

use super::{Asked, Refusal, Requested};
use crate::pkce::CodeChallenge;

pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    let challenge = asked.parameters.get("code_challenge")?;
    let method = asked.parameters.get("code_challenge_method")?;
    requested.code_challenge = CodeChallenge::from_request(challenge, method)?;
    let has_code = requested.response_type.has_code();
    if has_code && requested.code_challenge.is_none() && asked.client.requires_pkce() {
        return Err(Refusal::CodeChallengeMissing);
    }
    Ok(())
}
