//! Puts the provider together: engine, store, tree, flows, endpoint.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use actors::{Queue, Tree, audit, audit::Events, identity, janitor, keys, lockout, sessions};
use flows::{Flows, Parts};
use openapi::Provider;
use poem::Route;
use protocol::{
    KeyRing, MasterKey, Realm,
    jose::Algorithm,
    key_schedule::{Intervals, Schedule},
};
use storage::Store;

use super::{Inner, Setup, Watched, World, chance::Seeded, clock::TestClock, setup::minutes};

const NODE: &str = "world";

pub(super) async fn assemble(setup: Setup) -> World {
    let clock = Arc::new(TestClock::default());
    let randomness = Arc::new(Seeded::default());
    let engine = Arc::new(Watched::new(Arc::clone(&setup.engine)));
    let store = Store::new(engine.clone(), clock.clone(), randomness.clone());
    let realm = Realm::main();
    let ring = Arc::new(KeyRing::new(MasterKey::new(&*randomness)));
    store.claim(&realm, ring.current()).await.expect("the store is new");
    let schedule = schedule(&setup);
    super::keys::put(&store, &realm, &ring, &schedule).await;
    let events = Events::new(store.clone(), Arc::clone(&ring), NODE);
    let shards = NonZeroUsize::new(2).expect("it is two");

    let (audit, _) = audit::child(&store, (&realm, NODE), &ring);
    let settings = keys::Settings { algorithms: Algorithm::ALL.to_vec(), schedule };
    let (keys_child, keys) = keys::child(settings, &store, (&realm, NODE), (&ring, &events));
    let queue = Queue { length_max: 1_000, deadline: Duration::from_secs(60) };
    let settings = lockout::Settings { shards, queue, policy: setup.lockout };
    let (lockouts, lockout) = lockout::children(settings, &store, &events, &ring);
    let (touches, sessions) = sessions::children(shards, setup.timeouts, &store, &events);
    let (identity_child, identity) = identity::children(&hashing(&setup), &store);
    let janitor = janitor::child(&store, (&realm, NODE));

    let children = [audit, keys_child].into_iter().chain(lockouts).chain(touches);
    let children = children.chain([identity_child, janitor]).collect();
    let tree = Tree::start(children, setup.restarts).await.expect("the tree starts");
    keys.ready().await.expect("there are keys");
    let flows = Flows::new(Parts {
        store: store.clone(),
        events,
        keys,
        lockout,
        sessions,
        identity: identity.clone(),
        ring,
        lifetimes: setup.lifetimes,
    });
    let issuer = setup.issuer.parse().expect("an issuer");
    let parts = openapi::Parts { flows, realm, issuer, mode: setup.mode };
    World(Arc::new(Inner {
        issuer: setup.issuer.to_owned(),
        clock,
        engine,
        store,
        tree,
        identity,
        endpoint: openapi::routes(&Provider::new(parts), Route::new()),
        requests: Default::default(),
        browsers: Default::default(),
    }))
}

fn schedule(setup: &Setup) -> Schedule {
    let lifetimes = &setup.lifetimes;
    let intervals = Intervals {
        rotate_every: minutes(90 * 24 * 60),
        announce_before: lifetimes.jwks_cache + minutes(5),
        token_lifetime_max: lifetimes.access_token.max(lifetimes.id_token),
        jwks_cache: lifetimes.jwks_cache,
        staleness_max: Duration::from_secs(5),
    };
    Schedule::try_from(intervals).expect("no verification fails")
}

fn hashing(setup: &Setup) -> identity::Settings {
    identity::Settings {
        policy: identity::HashPolicy::default(),
        bcrypt_cost_min: 12,
        hashes_at_once: setup.hashes_at_once,
        hash_memory_max_bytes: 256 << 20,
        queue: setup.hash_queue,
        limit: setup.restarts,
    }
}
