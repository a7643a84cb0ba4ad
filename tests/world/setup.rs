//! What a test may choose of its World. The rest is as `serve` has it by default.

use std::{sync::Arc, time::Duration};

use actors::{Queue, RestartLimit, lockout, sessions::Timeouts};
use flows::Lifetimes;
use openapi::pages::view::Mode;
use storage::Engine;

/// How a World is put together.
pub(crate) struct Setup {
    /// The issuer; its scheme decides about cookies.
    pub(crate) issuer: &'static str,
    /// For how long what is given holds.
    pub(crate) lifetimes: Lifetimes,
    /// What locks.
    pub(crate) lockout: lockout::Policy,
    /// When sessions end.
    pub(crate) timeouts: Timeouts,
    /// Who may wait for a hash.
    pub(crate) hash_queue: Queue,
    /// How many hashes are computed at once.
    pub(crate) hashes_at_once: usize,
    /// When the tree gives up.
    pub(crate) restarts: RestartLimit,
    /// Where rows are kept.
    pub(crate) engine: Arc<dyn Engine>,
    /// Who reads the first page.
    pub(crate) mode: Mode,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            issuer: "https://id.example",
            lifetimes: Lifetimes {
                access_token: minutes(15),
                id_token: minutes(60),
                refresh_token: minutes(30 * 24 * 60),
                refresh_grace: Duration::from_secs(10),
                code: minutes(1),
                jwks_cache: minutes(60),
                sign_in: minutes(30),
            },
            lockout: lockout::Policy::default(),
            timeouts: Timeouts::default(),
            hash_queue: Queue { length_max: 200, deadline: Duration::from_secs(60) },
            hashes_at_once: 0,
            restarts: RestartLimit::default(),
            engine: Arc::new(storage_redb::Redb::in_memory().expect("it is in memory")),
            mode: Mode::Serve,
        }
    }
}

pub(crate) const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}
