//! The control socket: how a command reaches the process that holds the store.
//!
//! `<data>/control.sock`, mode 0600, answers only who runs as the same user or as root. A connection carries requests and
//! answers in turn, a line of JSON each. A command that finds no process there opens the store itself, and both ways run
//! the same code (`commands::execute`).

mod client;
mod socket;
#[cfg(test)]
mod tests;
mod wire;

use std::path::{Path, PathBuf};

pub use client::{NotAsked, ask};
pub use socket::{ControlSocket, NotBound};

/// The longest request, in bytes.
const REQUEST_BYTES_MAX: usize = 16 * 1024;
/// The longest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Where the socket of a data directory is.
pub fn path(directory: &Path) -> PathBuf {
    directory.join("control.sock")
}
