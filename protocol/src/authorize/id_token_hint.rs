//! Whom does the client expect? (OpenID Connect Core 1.0 §3.1.2.1, `id_token_hint`)

use super::{Asked, Refusal, Requested};

pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    requested.expected_account_id = match asked.parameters.get("id_token_hint")? {
        None => None,
        Some(hint) => Some((asked.read_hint)(hint).ok_or(Refusal::IdTokenHintInvalid)?),
    };
    Ok(())
}
