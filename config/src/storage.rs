//! `[storage]`: what remembers, and where.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::values::{FilePath, GIB, MIB, Size};

/// The section `[storage]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// The engine.
    pub engine: Engine,
    /// The data directory, which also holds the control socket.
    pub path: FilePath,
    /// What the engine may keep of its file in memory.
    pub cache_size: Size<{ MIB }, { 64 * GIB }>,
}

/// The engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Engine {
    /// Embedded, for one node.
    Redb,
    /// A SurrealDB server, for many nodes: the section `[surreal]`.
    Surreal,
}
