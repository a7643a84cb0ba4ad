//! Which kind of authentication would the client like? (OpenID Connect Core 1.0 §3.1.2.1)

use super::{Asked, Refusal, Requested};

/// Values that are kept.
const ACR_VALUES_MAX: usize = 8;
/// Bytes of a value that is kept.
const ACR_BYTES_MAX: usize = 128;

/// A wish, never a condition: what is too long or too much is left out.
pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    let text = asked.parameters.get("acr_values")?.unwrap_or_default();
    let fits = |value: &&str| {
        (1..=ACR_BYTES_MAX).contains(&value.len()) && !value.chars().any(char::is_control)
    };
    requested.acr_values =
        text.split(' ').filter(fits).take(ACR_VALUES_MAX).map(str::to_owned).collect();
    Ok(())
}
