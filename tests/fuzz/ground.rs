//! What the targets stand on: a provider in memory, and its operator.

use std::{cell::RefCell, sync::Arc};

use config::Config;
use doorward::start::{OsRandomness, Parts, Policies, Running, SystemClock, assemble};
use flows::admin::{Administrator, operators::Bootstrap};
use openapi::{listener::SharedEndpoint, pages::view::Mode};
use poem::{
    Request, Response, Route,
    http::{Method, StatusCode, header},
};
use protocol::{KeyRing, MasterKey, Realm};
use storage_redb::Redb;
use tokio::runtime::{Builder, Runtime};

/// After so many answers everything begins anew: what was asked may have ended everybody's rights, or filled the memory.
const ANSWERS_MAX: u32 = 2_000;

/// Whoever asks too often hears of nothing else.
const UNLIMITED: &str =
    r#"{"limits":{},"exclusions":{"networks":["0.0.0.0/0","::/0"],"clients":[]}}"#;

/// A whole provider, as `serve` runs by default but for its limits, over memory.
pub struct World {
    runtime: Runtime,
    endpoint: SharedEndpoint,
    running: Running,
    /// What its operator proves who it is with.
    pub authorization: String,
    answers: u32,
}

/// Lends the one world of this process.
pub fn with<T>(work: impl FnOnce(&mut World) -> T) -> T {
    thread_local! {
        static WORLD: RefCell<World> = RefCell::new(World::new());
    }
    WORLD.with_borrow_mut(|world| {
        if world.answers > ANSWERS_MAX {
            *world = World::new();
        }
        work(world)
    })
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
            channel: None,
            policies: Policies::of(&config).expect("the defaults can be followed"),
        };
        let running = runtime.block_on(assemble(parts).start()).expect("it starts");
        let provider = running.provider(issuer.parse().expect("an issuer"), Mode::Serve);
        let endpoint = openapi::routes(&provider, Route::new());
        let node = Administrator::of_node(&Realm::main());
        let operator = running.flows.bootstrap_operator(&node, "fuzz", Bootstrap::First);
        let operator = runtime.block_on(operator).expect("the first operator");
        let authorization = format!("Bearer {}", operator.token.expose());
        let mut world = Self { runtime, endpoint, running, authorization, answers: 0 };
        let path = "/admin/v1/settings";
        let shown = world.answer(world.operator(Method::GET, path).finish());
        let etag = shown.header(header::ETAG).expect("a version").to_owned();
        let change = world.operator(Method::PUT, path).header(header::IF_MATCH, etag);
        let changed = world.answer(change.content_type("application/json").body(UNLIMITED));
        assert_eq!(changed.status(), StatusCode::OK);
        world.runtime.block_on(world.running.tree.look()).expect("every actor looks");
        world
    }

    /// A request of the operator.
    pub fn operator(&self, method: Method, path: &str) -> poem::RequestBuilder {
        let request = Request::builder().method(method).uri(path.parse().expect("an address"));
        request.header(header::AUTHORIZATION, &self.authorization)
    }

    /// What the provider answers.
    pub fn answer(&mut self, request: Request) -> Response {
        use poem::Endpoint;
        self.answers += 1;
        let answered = self.runtime.block_on(self.endpoint.call(request));
        answered.unwrap_or_else(poem::Error::into_response)
    }

    /// The body of an answer.
    pub fn body(&self, response: Response) -> String {
        let text = self.runtime.block_on(response.into_body().into_string());
        text.unwrap_or_default()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.runtime.block_on(self.running.tree.stop());
    }
}
