//! Where a World keeps its rows: in memory, or in a database of its own on a real server of SurrealDB, as the runner says
//! with `DOORWARD_TEST_ENGINE=surreal`. What is promised to those outside holds over both.

use std::sync::Arc;

use storage::Engine;
use storage_redb::Redb;
use storage_surreal::{SurrealDb, testing};

/// An empty engine.
pub(super) async fn engine() -> Arc<dyn Engine> {
    match chosen().as_deref() {
        None | Some("redb") => Arc::new(Redb::in_memory().expect("it is in memory")),
        Some("surreal") => {
            Arc::new(SurrealDb::open(testing::options()).await.expect("a database of its own"))
        }
        Some(other) => panic!("DOORWARD_TEST_ENGINE is redb or surreal, not {other}"),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "no configuration of ours says over which engine tests run"
)]
fn chosen() -> Option<String> {
    std::env::var("DOORWARD_TEST_ENGINE").ok()
}
