//! `[keys]`: which keys sign, and for how long.

use std::fmt;

use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};

use crate::{
    load::Rules,
    values::{
        DAY, HOUR, List, SECOND, Span,
        text::{Text, written_as_text},
    },
};

/// The section `[keys]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Algorithms of which a signing key is kept ready (RFC 7518 §3.1, RFC 8037 §3.1).
    pub algorithms: List<Algorithm, 1, 5>,
    /// How long a key signs before the next takes over.
    pub rotate_every: Span<{ HOUR }, { 730 * DAY }>,
    /// How long clients may keep the key set (`max-age` of the JWKS), and how long a new key is announced at least.
    pub jwks_cache: Span<{ SECOND }, { DAY }>,
}

impl Keys {
    pub(crate) fn check(&self, rules: &mut Rules) {
        rules.hold(
            self.algorithms.contains(&Algorithm::Rs256),
            &["keys.algorithms"],
            "keep RS256 among them: access tokens are signed with it, and every client must understand it (OpenID \
             Connect Core 1.0 §15.1)",
        );
        rules.hold(
            self.jwks_cache.get() <= self.rotate_every.get() / 2,
            &["keys.jwks_cache", "keys.rotate_every"],
            "make rotate_every at least twice jwks_cache, so that a key is known before it signs",
        );
    }
}

/// A signature algorithm, by its JOSE name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
}

impl Algorithm {
    const ALL: [Self; 5] = [Self::Rs256, Self::Es256, Self::EdDsa, Self::Ps256, Self::Es384];

    /// Its name in `alg` (RFC 7515 §4.1.1).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Ps256 => "PS256",
            Self::Es384 => "ES384",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Text for Algorithm {
    fn expected() -> String {
        format!("one of {}", Self::ALL.map(Self::name).join(", "))
    }

    fn read(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|algorithm| algorithm.name() == text);
        named.ok_or_else(Self::expected)
    }
}

written_as_text!(
    Algorithm,
    json_schema!({ "type": "string", "enum": Algorithm::ALL.map(Algorithm::name) })
);
