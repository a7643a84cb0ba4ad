//! Builds the program that is measured.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{Failure, told};

/// Has cargo build the released program, and says where it is.
pub(crate) fn build() -> Result<PathBuf, Failure> {
    told("cargo builds the program");
    let output = Command::new("cargo")
        .args(["build", "--locked", "--release", "--package", "doorward", "--bin", "doorward"])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err("the program does not build".into());
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut executables = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message.get("executable")?.as_str().map(PathBuf::from)
    });
    Ok(executables.next_back().ok_or("cargo names no program")?)
}
