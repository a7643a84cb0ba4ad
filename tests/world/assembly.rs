//! Puts the provider together as the program does, over a clock, chance and an engine of our own.

use std::sync::Arc;

use doorward::start::{Parts, assemble};
use poem::Route;
use protocol::{KeyRing, MasterKey};
use storage::{Engine, Store};

use super::{Inner, Setup, Watched, Wire, World, chance::Seeded, clock::TestClock, keys};

pub(super) async fn start(setup: Setup) -> World {
    let Setup { issuer, policies, engine, mode } = setup;
    let clock = Arc::new(TestClock::default());
    let randomness = Arc::new(Seeded::default());
    let engine = Arc::new(Watched::new(engine));
    let ring = Arc::new(KeyRing::new(MasterKey::new(&*randomness)));
    let below: Arc<dyn Engine> = engine.clone();
    let store = Store::new(below.clone(), clock.clone(), randomness.clone());
    keys::put(&store, &ring, &policies.keys.schedule).await;
    let parts = Parts { engine: below, clock: clock.clone(), randomness, ring, policies };
    let running = Arc::new(assemble(parts).start().await.expect("it starts"));
    let provider = running.provider(issuer.parse().expect("an issuer"), mode);
    let endpoint = openapi::routes(&provider, Route::new());
    let kept = (Arc::clone(&endpoint), Arc::clone(&running));
    let wire = Wire::called(issuer, kept, Arc::clone(&clock));
    World(Arc::new(Inner { wire, clock, engine, running, endpoint, provider }))
}
