//! Paths of files and directories.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use schemars::json_schema;

use super::text::{Text, written_as_text};

const LENGTH_MAX: usize = 4096;

/// A path; a relative one starts where the process started. Whether something is there is found out at its use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePath(PathBuf);

impl FilePath {
    /// The path.
    pub fn get(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for FilePath {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl Text for FilePath {
    fn expected() -> String {
        format!("a path of 1 to {LENGTH_MAX} bytes without control characters")
    }

    fn read(text: &str) -> Result<Self, String> {
        let fits = !text.is_empty() && text.len() <= LENGTH_MAX && !text.contains(char::is_control);
        if fits { Ok(Self(text.into())) } else { Err(Self::expected()) }
    }
}

written_as_text!(
    FilePath,
    json_schema!({ "type": "string", "minLength": 1, "maxLength": LENGTH_MAX })
);
