//! What the client recognises its ID token by (OpenID Connect Core 1.0 §3.1.2.1). Never cut short: kept or refused. Where an
//! ID token comes through the browser it must be there (§3.2.2.1, §3.3.2.11).

use super::{Asked, Refusal, Requested};

/// Bytes of a `nonce`.
const NONCE_BYTES_MAX: usize = 1024;

pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    let nonce = asked.parameters.get("nonce")?;
    if nonce
        .is_some_and(|nonce| nonce.len() > NONCE_BYTES_MAX || nonce.chars().any(char::is_control))
    {
        return Err(Refusal::NonceMalformed);
    }
    if nonce.is_none() && requested.response_type.has_id_token() {
        return Err(Refusal::NonceMissing);
    }
    requested.nonce = nonce.map(str::to_owned);
    Ok(())
}
