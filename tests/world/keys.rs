//! Signing keys, drawn once a process: RSA keys take some tenths of a second each.

use std::sync::LazyLock;

use protocol::{
    KeyId, KeyRing, Realm,
    jose::{Algorithm, PrivateKey},
    key_schedule::{PublishedKey, Schedule},
};
use storage::{
    Store,
    signing_keys::{SigningKey, change_set},
};

use super::chance::Seeded;

static KEYS: LazyLock<Vec<PrivateKey>> = LazyLock::new(|| {
    let randomness = Seeded::new(0x006b_6579);
    let draw = |algorithm: &Algorithm| PrivateKey::generate(*algorithm, KeyId::new(&randomness));
    Algorithm::ALL.iter().map(draw).collect::<Result<_, _>>().expect("OpenSSL draws keys")
});

/// Puts a key of each algorithm into a new store; it signs from now on.
pub(super) async fn put(store: &Store, ring: &KeyRing, schedule: &Schedule) {
    let (realm, mut batch) = (Realm::main(), store.batch());
    for key in KEYS.iter() {
        let now = batch.now();
        let published = PublishedKey::announced(key.public_jwk().clone(), now, schedule, now);
        let sealing = (ring, store.randomness());
        batch.create(&SigningKey::new(&realm, published, key, sealing).expect("it is sealed"));
    }
    change_set(&mut batch, &realm, None);
    store.commit(batch).await.expect("a new store takes keys");
}
