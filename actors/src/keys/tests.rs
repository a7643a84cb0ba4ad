//! What signers, verifiers and operators may rely on: when keys change, when nodes start together, when the store is
//! down and when the actor dies.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use protocol::{
    ClientId, KeyId, Timestamp, Token,
    event::Act,
    jose::{Audience, Expectations, LEEWAY, PrivateKey, Refused},
    key_schedule::Intervals,
    tokens::{AccessTokenClaims, Jti},
};
use storage::StorageError;

use super::*;
use crate::{
    RestartLimit, Tree,
    testing::{Ground, ground},
};

mod faults;
mod nodes;
mod rotation;

const FAST: &[Algorithm] = &[Algorithm::Es256, Algorithm::EdDsa];

const INTERVALS: Intervals = Intervals {
    rotate_every: Duration::from_secs(90 * 24 * 3600),
    announce_before: Duration::from_secs(3600),
    token_lifetime_max: Duration::from_secs(900),
    jwks_cache: Duration::from_secs(300),
    staleness_max: Duration::from_secs(5),
    hints_kept: Duration::from_secs(30 * 24 * 3600),
};

/// A node, and the store that it may share with others.
struct Node {
    tree: Tree,
    keys: Keys,
    store: Store,
}

/// A node that has not looked yet.
async fn start(ground: &Ground, name: &str, algorithms: &[Algorithm]) -> Node {
    let settings =
        Settings { algorithms: algorithms.to_vec(), schedule: INTERVALS.try_into().unwrap() };
    // A store of its own, as nodes do not hear each other but through what is stored.
    let store = ground.store_of_another_node();
    let events = Events::new(store.clone(), Arc::clone(&ground.ring), name);
    let (child, keys) = child(settings, &store, (&Realm::main(), name), (&ground.ring, &events));
    let limit = RestartLimit {
        restarts_max: 1_000,
        window: Duration::from_millis(1),
        ..RestartLimit::default()
    };
    Node { tree: Tree::start(vec![child], limit).await.unwrap(), keys, store }
}

impl Node {
    async fn ready(ground: &Ground, name: &str, algorithms: &[Algorithm]) -> Self {
        let node = start(ground, name, algorithms).await;
        node.keys.ready().await.unwrap();
        node
    }

    async fn look(&self) {
        self.tree.look().await.unwrap();
    }

    fn states(&self, now: Timestamp) -> Vec<(Algorithm, KeyState)> {
        self.keys.snapshot().list(now).iter().map(|key| (key.algorithm, key.state)).collect()
    }

    fn signing(&self, ground: &Ground, algorithm: Algorithm) -> Option<KeyId> {
        let snapshot = self.keys.snapshot();
        snapshot.signing(algorithm, ground.store.now()).map(PrivateKey::key_id)
    }
}

fn sign(ground: &Ground, keys: &Snapshot, algorithm: Algorithm) -> Option<String> {
    let (now, randomness) = (ground.store.now(), ground.store.randomness());
    let claims = AccessTokenClaims {
        iss: "https://id.example".into(),
        aud: Audience::One("https://api.example".into()),
        sub: "somebody".into(),
        client_id: ClientId::new(randomness),
        iat: now.into(),
        exp: (now + INTERVALS.token_lifetime_max).into(),
        jti: Jti::new(randomness),
        scope: String::new(),
        auth_time: None,
        acr: None,
        amr: Vec::new(),
        sid: None,
        grant_id: None,
        epoch: None,
        custom: Default::default(),
    };
    keys.signing(algorithm, now).map(|key| key.sign(&claims).unwrap())
}

fn verifies(ground: &Ground, keys: &Snapshot, token: &str) -> bool {
    let now = ground.store.now();
    let expected = Expectations { issuer: "https://id.example", audience: None, now };
    believes(keys, token, &expected)
}

fn believes(keys: &Snapshot, token: &str, expected: &Expectations<'_>) -> bool {
    let ours = keys.access_token(&Token::presented(token));
    ours.is_ok_and(|ours| ours.believed(expected).is_ok())
}

/// Whether it tells whose token it was, however long ago it expired.
fn is_understood(ground: &Ground, keys: &Snapshot, token: &str) -> bool {
    let now = ground.store.now();
    let expected = Expectations { issuer: "https://id.example", audience: None, now };
    keys.hints().verify_hint::<AccessTokenClaims>(token, &expected).is_ok()
}

/// What was put into the batches of `node`, oldest first.
async fn acts(ground: &Ground, node: &str) -> Vec<Act> {
    let page = ground.store.unsealed_events(&Realm::main(), node, 100).await.unwrap();
    page.items.into_iter().map(|event| event.record.event.act).collect()
}
