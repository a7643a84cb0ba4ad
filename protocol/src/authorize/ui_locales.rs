//! In which language does the end-user read? (OpenID Connect Core 1.0 §3.1.2.1)

use super::{Asked, Refusal, Requested};

/// Languages that are kept.
const UI_LOCALES_MAX: usize = 8;

/// What has not the form of a language is left out.
pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    let text = asked.parameters.get("ui_locales")?.unwrap_or_default();
    requested.ui_locales =
        text.split(' ').filter_map(|tag| tag.parse().ok()).take(UI_LOCALES_MAX).collect();
    Ok(())
}
