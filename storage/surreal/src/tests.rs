//! The engine against a real server of SurrealDB in another process.

mod opening;

use std::sync::Arc;

use storage::Engine;

use crate::{SurrealDb, testing::options};

async fn engine() -> Arc<dyn Engine> {
    Arc::new(SurrealDb::open(options()).await.unwrap())
}

storage::conformance!(engine);
