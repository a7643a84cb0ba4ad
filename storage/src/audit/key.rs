//! The key that signs checkpoints.

use protocol::{
    KeyId, KeyRing, Randomness, Realm, Sealed, Secret, Tenant, Timestamp,
    jose::{Algorithm, KeyError, PrivateKey, PublicJwk},
    master_key::{Place, SealError},
};
use serde::{Deserialize, Serialize};

use crate::record::{Erasure, Record};

/// The key that signs checkpoints. Its public half is taken from what is sealed with the private one, so that nobody who
/// can write to the store but has not the master key can put another in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditKey {
    /// Its id.
    pub key_id: KeyId,
    /// Its realm.
    pub realm: Realm,
    /// Both halves.
    pub private: Sealed<KeyPair>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Both halves of a key, as they are sealed.
#[derive(Serialize, Deserialize)]
pub struct KeyPair {
    public_jwk: PublicJwk,
    /// PKCS#8 in PEM (RFC 7468 §10).
    pem: String,
}

/// An audit key that cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum UnusableAuditKey {
    /// It cannot be sealed or opened.
    #[error("the audit key: {0}")]
    Sealed(#[from] SealError),
    /// It is damaged.
    #[error("the audit key: {0}")]
    Key(#[from] KeyError),
}

/// The id under which the audit key stands.
const ID: &str = "current";

impl AuditKey {
    /// A new key.
    pub fn new(
        realm: &Realm,
        (ring, randomness): (&KeyRing, &dyn Randomness),
        now: Timestamp,
    ) -> Result<Self, UnusableAuditKey> {
        let key = PrivateKey::generate(Algorithm::EdDsa, KeyId::new(randomness))?;
        let pair =
            KeyPair { public_jwk: key.public_jwk().clone(), pem: key.to_secret().expose().clone() };
        let private = ring.seal(&pair, Self::place(), randomness)?;
        drop(Secret::new(pair.pem));
        Ok(Self { key_id: key.key_id(), realm: realm.clone(), private, created_at: now })
    }

    /// The key itself.
    pub fn open(&self, ring: &KeyRing) -> Result<PrivateKey, UnusableAuditKey> {
        let KeyPair { public_jwk, pem } = ring.open(&self.private, Self::place())?;
        Ok(PrivateKey::from_secret(&public_jwk, &Secret::new(pem))?)
    }

    /// Its id: there is one.
    pub fn the_id() -> String {
        ID.into()
    }

    fn place() -> Place<'static> {
        Place { table: Self::TABLE, record: ID, field: "private" }
    }
}

impl Record for AuditKey {
    const TABLE: &'static str = "audit_keys";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = String;

    fn id(&self) -> String {
        Self::the_id()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }
}
