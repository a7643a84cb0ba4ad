//! What the targets stand on: a provider in memory.

use std::{cell::LazyCell, sync::Arc};

use config::Config;
use doorward::start::{OsRandomness, Parts, Policies, Running, SystemClock, assemble};
use openapi::{listener::SharedEndpoint, pages::view::Mode};
use poem::{Request, Response, Route};
use protocol::{KeyRing, MasterKey};
use storage_redb::Redb;
use tokio::runtime::{Builder, Runtime};

/// A whole provider, as `serve` runs by default, over memory.
pub struct World {
    runtime: Runtime,
    endpoint: SharedEndpoint,
    _running: Running,
}

thread_local! {
    /// The one of this process.
    pub static WORLD: LazyCell<World> = LazyCell::new(World::new);
}

impl World {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let issuer = "http://localhost:8080";
        let config = Config::load(None, [("DOORWARD_ISSUER__URL", issuer)]).expect("the defaults");
        let parts = Parts {
            engine: Arc::new(Redb::in_memory().expect("in memory")),
            clock: Arc::new(SystemClock),
            ring: Arc::new(KeyRing::new(MasterKey::new(&OsRandomness))),
            randomness: Arc::new(OsRandomness),
            policies: Policies::of(&config).expect("the defaults can be followed"),
        };
        let running = runtime.block_on(assemble(parts).start()).expect("it starts");
        let provider = running.provider(issuer.parse().expect("an issuer"), Mode::Serve);
        let endpoint = openapi::routes(&provider, Route::new());
        Self { runtime, endpoint, _running: running }
    }

    /// What the provider answers.
    pub fn answer(&self, request: Request) -> Response {
        use poem::Endpoint;
        let answered = self.runtime.block_on(self.endpoint.call(request));
        answered.unwrap_or_else(poem::Error::into_response)
    }
}
