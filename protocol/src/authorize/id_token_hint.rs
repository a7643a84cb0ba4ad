//! Whom does the client expect? (OpenID Connect Core 1.0 §3.1.2.1, `id_token_hint`)

use super::{Asked, Refusal, Requested};

pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    let Some(hint) = asked.parameters.get("id_token_hint")? else { return Ok(()) };
    let subject = (asked.read_hint)(hint).ok_or(Refusal::IdTokenHintInvalid)?;
    match subject.parse() {
        Ok(account_id) => requested.expected_account_id = Some(account_id),
        // A pairwise one: nobody can tell whose it is before somebody is there to compare with.
        Err(_) => requested.expected_subject = Some(subject),
    }
    Ok(())
}
