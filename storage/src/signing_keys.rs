//! Signing keys (MISSION T5): each with its place in the schedule and, for as long as it signs, its private part sealed;
//! and the record that changes with any of them.

use protocol::{
    KeyId, KeyRing, Randomness, Realm, Sealed, Secret, Tenant, Timestamp,
    jose::{KeyError, PrivateKey},
    key_schedule::PublishedKey,
    master_key::{Place, SealError},
};
use serde::{Deserialize, Serialize};

use crate::{
    engine::StorageError,
    record::{Erasure, Record, Stored},
    store::{Batch, Store},
};

/// A signing key. It does not expire by itself: the schedule says when it goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SigningKey {
    /// Its realm.
    pub realm: Realm,
    /// Its public part, and when it is announced, signs and retires.
    pub published: PublishedKey,
    /// Its private part: PKCS#8 in PEM (RFC 7468 §10). A key that signs no more has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<Sealed<String>>,
}

/// A stored key that cannot sign.
#[derive(Debug, thiserror::Error)]
pub enum UnusableKey {
    /// Its private part is not there.
    #[error("the private part is not there")]
    Disarmed,
    /// Its private part does not open.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// It opens, and is not the key that is published.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl SigningKey {
    /// The record of `key`, which is published as `published` says.
    pub fn new(
        realm: &Realm,
        published: PublishedKey,
        key: &PrivateKey,
        (ring, randomness): (&KeyRing, &dyn Randomness),
    ) -> Result<Self, SealError> {
        let id = published.key_id().to_string();
        let private = ring.seal(key.to_secret().expose(), Self::place(&id), randomness)?;
        Ok(Self { realm: realm.clone(), published, private: Some(private) })
    }

    /// This key without its private part: it never signs again.
    #[must_use]
    pub fn disarmed(mut self, now: Timestamp) -> Self {
        self.private = None;
        self.published.disarmed_at = Some(now);
        self
    }

    /// The key itself, once it has been checked against what is published. Parses and signs: some milliseconds.
    pub fn open(&self, ring: &KeyRing) -> Result<PrivateKey, UnusableKey> {
        let private = self.private.as_ref().ok_or(UnusableKey::Disarmed)?;
        let secret = Secret::new(ring.open(private, Self::place(&self.id().to_string()))?);
        Ok(PrivateKey::from_secret(&self.published.public_jwk, &secret)?)
    }

    fn place(id: &str) -> Place<'_> {
        Place { table: Self::TABLE, record: id, field: "private" }
    }
}

impl Record for SigningKey {
    const TABLE: &'static str = "signing_keys";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = KeyId;

    fn id(&self) -> KeyId {
        self.published.key_id()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }
}

/// Written with every change of any key, so that an expectation on it is one on all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningKeySet {
    /// Its realm.
    pub realm: Realm,
    /// Counts the changes.
    pub changes: u64,
}

const SET: &str = "current";

impl Record for SigningKeySet {
    const TABLE: &'static str = "signing_key_sets";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = String;

    fn id(&self) -> String {
        SET.into()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }
}

/// Keys that are read: more than the schedule ever lets live.
const READ_MAX: usize = 1_000;

impl Store {
    /// What changes with every key; nothing before the first.
    pub async fn signing_key_set(
        &self,
        realm: &Realm,
    ) -> Result<Option<Stored<SigningKeySet>>, StorageError> {
        self.get(realm, &SET.to_owned()).await
    }

    /// All keys. Read [`Self::signing_key_set`] before: a change in between then fails the expectation on it.
    pub async fn signing_keys(
        &self,
        realm: &Realm,
    ) -> Result<Vec<Stored<SigningKey>>, StorageError> {
        Ok(self.all(realm, None, READ_MAX).await?.items)
    }
}

/// Lets `batch`, which changes keys, commit only if no key has changed since `set` was read.
pub fn change_set(batch: &mut Batch, realm: &Realm, set: Option<&Stored<SigningKeySet>>) {
    let changes = set.map_or(0, |set| set.changes) + 1;
    let new = SigningKeySet { realm: realm.clone(), changes };
    match set {
        Some(set) => batch.replace(set, &new),
        None => batch.create(&new),
    };
}
