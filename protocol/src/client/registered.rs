//! An algorithm as a client is registered for it: one that this release knows, or one of a later release, which is refused
//! at each use and never guessed (OpenID Connect Dynamic Client Registration 1.0 §2).

use serde::{Deserialize, Serialize};

use crate::jose::{Algorithm, ContentEncryption, IdTokenAlgorithm};

/// An algorithm of the kind `A`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Registered<A> {
    /// One that we have.
    Known(A),
    /// One of a later release.
    Unknown(String),
}

/// What something is signed with by a key of ours.
pub type SigningAlgorithm = Registered<Algorithm>;

/// What ID tokens are signed with.
pub type IdTokenSigningAlgorithm = Registered<IdTokenAlgorithm>;

impl<A: Copy> Registered<A> {
    /// The algorithm; nothing where this release does not know it.
    pub const fn known(&self) -> Option<A> {
        match self {
            Self::Known(algorithm) => Some(*algorithm),
            Self::Unknown(_) => None,
        }
    }
}

impl<A> From<A> for Registered<A> {
    fn from(algorithm: A) -> Self {
        Self::Known(algorithm)
    }
}

/// RS256 (OpenID Connect Dynamic Client Registration 1.0 §2).
impl Default for SigningAlgorithm {
    fn default() -> Self {
        Self::Known(Algorithm::Rs256)
    }
}

/// RS256 (OpenID Connect Dynamic Client Registration 1.0 §2).
impl Default for IdTokenSigningAlgorithm {
    fn default() -> Self {
        Self::Known(IdTokenAlgorithm::Key(Algorithm::Rs256))
    }
}

/// A128CBC-HS256 (OpenID Connect Dynamic Client Registration 1.0 §2).
impl Default for Registered<ContentEncryption> {
    fn default() -> Self {
        Self::Known(ContentEncryption::A128CbcHs256)
    }
}
