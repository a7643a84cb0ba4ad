//! `[node]`: which node of the installation this process is.

use std::fmt;

use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};

use crate::values::text::{Text, written_as_text};

/// The section `[node]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Its name in logs, leases and the audit chain.
    pub name: NodeName,
}

/// 1 to 32 characters of a–z, 0–9 and `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeName(String);

impl NodeName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Text for NodeName {
    fn expected() -> String {
        "1 to 32 characters of a to z, 0 to 9 and -".into()
    }

    fn read(text: &str) -> Result<Self, String> {
        let allowed = |c: u8| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let fits = (1..=32).contains(&text.len()) && text.bytes().all(allowed);
        if fits { Ok(Self(text.into())) } else { Err(Self::expected()) }
    }
}

written_as_text!(NodeName, json_schema!({ "type": "string", "pattern": "^[a-z0-9-]{1,32}$" }));
