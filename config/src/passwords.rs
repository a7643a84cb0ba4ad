//! `[passwords]`: what a guess costs, and how much of this machine hashing may take.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    listen::Listen,
    load::Rules,
    values::{Count, GIB, MIB, MINUTE, SECOND, Size, Span},
};

/// The section `[passwords]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Passwords {
    /// Memory of one Argon2id hash (RFC 9106 §3.1, `m`).
    pub argon2_memory: Size<{ 7 * MIB }, { 4 * GIB }>,
    /// Passes of one Argon2id hash (RFC 9106 §3.1, `t`).
    pub argon2_iterations: Count<1, 64>,
    /// Lanes of one Argon2id hash (RFC 9106 §3.1, `p`).
    pub argon2_parallelism: Count<1, 16>,
    /// The lowest cost at which an imported bcrypt hash is accepted.
    pub bcrypt_cost_min: Count<10, 16>,
    /// Hashes computed at once; 0 is one for each core.
    pub hashes_at_once: Count<0, 1024>,
    /// Memory of all hashes computed at once.
    pub hash_memory_max: Size<{ 7 * MIB }, { 64 * GIB }>,
    /// Requests that may wait for their hash.
    pub queue_max: Count<1, 100_000>,
    /// How long a request may wait for its hash.
    pub queue_deadline: Span<{ SECOND / 10 }, { MINUTE }>,
}

/// OWASP's pairs of equal strength: MiB of memory, and the passes that go with them.
const OWASP: [(u64, u32); 5] = [(46, 1), (19, 2), (12, 3), (9, 4), (7, 5)];

impl Passwords {
    pub(crate) fn check(&self, listen: &Listen, rules: &mut Rules) {
        let is_strong = |(memory, iterations): &(u64, u32)| {
            self.argon2_memory.get() >= memory * MIB && self.argon2_iterations.get() >= *iterations
        };
        rules.hold(
            OWASP.iter().any(is_strong),
            &["passwords.argon2_memory", "passwords.argon2_iterations"],
            "give at least 46MiB and 1, 19MiB and 2, 12MiB and 3, 9MiB and 4, or 7MiB and 5, as OWASP does",
        );
        rules.hold(
            self.argon2_memory.get() <= self.hash_memory_max.get(),
            &["passwords.argon2_memory", "passwords.hash_memory_max"],
            "make hash_memory_max large enough for one hash",
        );
        rules.hold(
            self.queue_deadline.get() < listen.request_timeout.get(),
            &["passwords.queue_deadline", "listen.request_timeout"],
            "make queue_deadline shorter than request_timeout, or nobody is left to answer",
        );
    }
}
