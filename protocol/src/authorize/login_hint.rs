//! Under which name may the end-user want to sign in? (OpenID Connect Core 1.0 §3.1.2.1)

use super::{Asked, Refusal, Requested};

/// Bytes of a `login_hint`.
const LOGIN_HINT_BYTES_MAX: usize = 254;

/// A hint that cannot be a name is left out.
pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    let fits =
        |hint: &&str| hint.len() <= LOGIN_HINT_BYTES_MAX && !hint.chars().any(char::is_control);
    requested.login_hint = asked.parameters.get("login_hint")?.filter(fits).map(str::to_owned);
    Ok(())
}
