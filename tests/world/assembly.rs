//! Puts the provider together as the program does, over a clock, chance and an engine of our own.

use std::sync::Arc;

use doorward::start::{Parts, Policies, assemble};
use openapi::pages::view::Mode;
use poem::Route;
use protocol::{KeyRing, MasterKey};
use storage::{Engine, Store};

use super::{
    Inner, Setup, Watched, Wire, World, chance::Seeded, clock::TestClock, ear::Posting, keys, rows,
};

/// What the nodes of one world share, and the chance of one of them.
struct Ground {
    engine: Arc<dyn Engine>,
    is_shared: bool,
    clock: Arc<TestClock>,
    ring: Arc<KeyRing>,
    randomness: Arc<Seeded>,
}

pub(super) async fn start(setup: Setup) -> World {
    let Setup { issuer, policies, mode } = setup;
    let engine = rows::engine().await;
    let clock = Arc::new(TestClock::default());
    let randomness = Arc::new(Seeded::default());
    let ring = Arc::new(KeyRing::new(MasterKey::new(&*randomness)));
    let store = Store::new(engine.clone(), clock.clone(), randomness.clone());
    keys::put(&store, &ring, &policies.keys.schedule).await;
    let ground = Ground { engine, is_shared: false, clock, ring, randomness };
    let world = node(ground, policies, (issuer, mode)).await;
    // What timers do first comes before what is counted: by this clock it is not due again.
    world.look().await.expect("every actor looks");
    world
}

pub(super) async fn beside(world: &World, name: &str) -> World {
    let Inner { clock, engine, running, policies, .. } = &*world.0;
    let ground = Ground {
        engine: engine.behind(),
        is_shared: true,
        clock: Arc::clone(clock),
        ring: Arc::clone(&running.ring),
        randomness: Arc::new(Seeded::named(name)),
    };
    let policies = Policies { node: name.to_owned(), ..policies.clone() };
    node(ground, policies, (world.issuer(), Mode::Serve)).await
}

async fn node(ground: Ground, policies: Policies, (issuer, mode): (&str, Mode)) -> World {
    let Ground { engine, is_shared, clock, ring, randomness } = ground;
    let engine = Arc::new(Watched::new(engine, is_shared));
    let below: Arc<dyn Engine> = engine.clone();
    let told = policies.clone();
    let parts = Parts {
        engine: below,
        clock: clock.clone(),
        randomness,
        ring,
        channel: Some(Arc::new(Posting)),
        policies: told,
    };
    let running = Arc::new(assemble(parts).start().await.expect("it starts"));
    let provider = running.provider(issuer.parse().expect("an issuer"), mode);
    let endpoint = openapi::routes(&provider, Route::new());
    let kept = (Arc::clone(&endpoint), Arc::clone(&running));
    let wire = Wire::called(issuer, kept, Arc::clone(&clock));
    World(Arc::new(Inner { wire, clock, engine, running, endpoint, provider, policies }))
}
