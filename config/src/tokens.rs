//! `[tokens]`: how long what a client was given is good for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    load::Rules,
    values::{DAY, HOUR, MINUTE, SECOND, Span},
};

/// The section `[tokens]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// Access tokens (RFC 9068 §2.2, `exp`).
    pub access_token_lifetime: Span<{ SECOND }, { HOUR }>,
    /// ID tokens (OpenID Connect Core 1.0 §2, `exp`).
    pub id_token_lifetime: Span<{ SECOND }, { DAY }>,
    /// Refresh tokens of one sign-in (RFC 6749 §1.5), however often they are rotated.
    pub refresh_token_lifetime: Span<{ SECOND }, { 365 * DAY }>,
    /// How long a rotated refresh token still gives its successor; 0s is never.
    pub refresh_grace: Span<0, { 30 * SECOND }>,
    /// Authorization codes (RFC 6749 §4.1.2).
    pub code_lifetime: Span<{ SECOND }, { 10 * MINUTE }>,
    /// From an authorization request to its answer.
    pub sign_in_lifetime: Span<{ SECOND }, { DAY }>,
    /// How late userinfo and introspection may see what another node has revoked; 0s is not at all.
    pub revocation_staleness_max: Span<0, { MINUTE }>,
}

impl Tokens {
    pub(crate) fn check(&self, rules: &mut Rules) {
        rules.hold(
            self.access_token_lifetime.get() <= self.refresh_token_lifetime.get(),
            &["tokens.access_token_lifetime", "tokens.refresh_token_lifetime"],
            "make access_token_lifetime at most refresh_token_lifetime",
        );
        rules.hold(
            self.refresh_grace.get() < self.refresh_token_lifetime.get(),
            &["tokens.refresh_grace", "tokens.refresh_token_lifetime"],
            "make refresh_grace shorter than refresh_token_lifetime",
        );
    }
}
