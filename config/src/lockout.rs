//! `[lockout]`: how many failures an account or an address may have, and how long it waits then.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    load::Rules,
    values::{Count, DAY, SECOND, Span},
};

/// The section `[lockout]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lockout {
    /// Failures of one account within the window before it is locked.
    pub failures_max: Count<1, 1000>,
    /// How long a failure counts.
    pub failures_window: Span<{ SECOND }, { DAY }>,
    /// The first lock; each further one is twice as long.
    pub lock_first: Span<{ SECOND }, { DAY }>,
    /// No lock is longer.
    pub lock_longest: Span<{ SECOND }, { 30 * DAY }>,
    /// Failures from one address within the window before it is locked.
    pub address_failures_max: Count<1, 1_000_000>,
    /// Counters are spread over this many actors.
    pub shards: Count<1, 64>,
}

impl Lockout {
    pub(crate) fn check(&self, rules: &mut Rules) {
        rules.hold(
            self.lock_first.get() <= self.lock_longest.get(),
            &["lockout.lock_first", "lockout.lock_longest"],
            "make lock_first at most lock_longest",
        );
        rules.hold(
            self.failures_max.get() <= self.address_failures_max.get(),
            &["lockout.failures_max", "lockout.address_failures_max"],
            "make failures_max at most address_failures_max, as people share addresses",
        );
    }
}
