//! The promises, kept by redb in memory and on a disk; and what this engine adds to them.

use std::sync::Arc;

use storage::Engine;

use crate::{Options, Redb};

mod disk;
mod faults;
mod opening;
mod power;

async fn in_memory() -> Arc<dyn Engine> {
    Arc::new(Redb::in_memory().unwrap())
}

mod memory {
    storage::conformance!(super::in_memory);
}

/// The folder goes at once: the open file stays until it is closed.
async fn in_a_file() -> Arc<dyn Engine> {
    let folder = tempfile::tempdir().unwrap();
    Arc::new(Redb::open(folder.path().join("store.redb"), Options::default()).unwrap())
}

mod file {
    storage::conformance!(super::in_a_file);
}
