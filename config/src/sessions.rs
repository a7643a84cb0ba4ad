//! `[sessions]`: how long a browser stays signed in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    load::Rules,
    values::{Count, DAY, SECOND, Span},
};

/// The section `[sessions]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// Without a request, a session ends after this.
    pub idle_timeout: Span<{ SECOND }, { 90 * DAY }>,
    /// A session ends after this in any case.
    pub absolute_timeout: Span<{ SECOND }, { 365 * DAY }>,
    /// `idle_timeout` of a person who asked to be remembered.
    pub remember_idle_timeout: Span<{ SECOND }, { 365 * DAY }>,
    /// `absolute_timeout` of a person who asked to be remembered.
    pub remember_absolute_timeout: Span<{ SECOND }, { 365 * DAY }>,
    /// Sessions are spread over this many actors.
    pub shards: Count<1, 64>,
}

impl Sessions {
    pub(crate) fn check(&self, rules: &mut Rules) {
        rules.hold(
            self.idle_timeout.get() <= self.absolute_timeout.get(),
            &["sessions.idle_timeout", "sessions.absolute_timeout"],
            "make idle_timeout at most absolute_timeout",
        );
        rules.hold(
            self.remember_idle_timeout.get() <= self.remember_absolute_timeout.get(),
            &["sessions.remember_idle_timeout", "sessions.remember_absolute_timeout"],
            "make remember_idle_timeout at most remember_absolute_timeout",
        );
        rules.hold(
            self.absolute_timeout.get() <= self.remember_absolute_timeout.get(),
            &["sessions.absolute_timeout", "sessions.remember_absolute_timeout"],
            "make absolute_timeout at most remember_absolute_timeout, or being remembered would be shorter",
        );
    }
}
