//! The engine against a real server of SurrealDB in another process.

#![expect(clippy::disallowed_methods, reason = "a test that cannot go on ends there")]

mod opening;
mod server;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use protocol::Secret;
use storage::Engine;

use crate::{Options, SurrealDb};

/// A database of its own for each test.
fn options() -> Options {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = server::shared();
    Options {
        url: format!("ws://{}", server.address),
        namespace: "tests".into(),
        database: format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed)),
        username: server.username.clone(),
        password: Secret::new(server.password.clone()),
        ca_file: None,
        live: true,
        deadline: Duration::from_secs(10),
        node: "one".into(),
    }
}

async fn engine() -> Arc<dyn Engine> {
    Arc::new(SurrealDb::open(options()).await.unwrap())
}

storage::conformance!(engine);
