//! `[log]`: what is written about each request, and in which form.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The section `[log]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// The least severe that is still written. Reloaded on SIGHUP.
    #[schemars(extend("x-reloadable" = true))]
    pub level: Level,
    /// The form of a line.
    pub format: Format,
}

/// How severe, from most to least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Level {
    /// Somebody must act.
    Error,
    /// Somebody should look.
    Warn,
    /// What happened.
    Info,
    /// What was decided.
    Debug,
    /// Every step.
    Trace,
}

impl Level {
    /// The name by which logging libraries know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object, for machines.
    Json,
}
