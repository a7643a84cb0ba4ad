//! How long ago may the end-user have proved who they are? (OpenID Connect Core 1.0 §3.1.2.1)

use super::{Asked, Refusal, Requested};

pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    requested.max_age_seconds = match asked.parameters.get("max_age")? {
        None => None,
        Some(text) => Some(seconds(text).ok_or(Refusal::MaxAgeMalformed)?),
    };
    Ok(())
}

/// Digits alone: Rust would also read a sign.
fn seconds(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}
