//! What a kept hash says of itself: how it was made, and whether we are willing to make it again.

use argon2::{Algorithm, Params, Version, password_hash::phc::PasswordHash};

use super::policy::{Bounds, HashPolicy, OUTPUT_BYTES};

/// Bytes of a text that is looked at.
const TEXT_BYTES_MAX: usize = 512;

/// The highest cost of bcrypt that is verified: some seconds.
const BCRYPT_COST_MAX: u32 = 16;

/// What bcrypt sees of a password.
const BCRYPT_BYTES_MAX: usize = 72;

/// Bytes of the salts that we make.
pub(super) const SALT_BYTES: usize = 16;

/// A hash that can be verified within our bounds.
#[derive(Clone)]
pub(super) enum KeptHash {
    Argon2(Box<Argon2Hash>),
    /// The whole text.
    Bcrypt(String),
}

/// As RFC 9106 names the parts.
#[derive(Clone)]
pub(super) struct Argon2Hash {
    pub(super) algorithm: Algorithm,
    pub(super) version: Version,
    pub(super) params: Params,
    pub(super) salt: Vec<u8>,
    pub(super) output: Vec<u8>,
}

impl Argon2Hash {
    /// Made as `policy` says. Nobody's: no password is known to give this output.
    pub(super) fn nobodys(policy: &HashPolicy) -> Self {
        Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params: policy.params().clone(),
            salt: vec![0; SALT_BYTES],
            output: vec![0; OUTPUT_BYTES],
        }
    }
}

/// Why a kept hash lets nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("it is not the hash of a password, or not in full")]
    Malformed,
    #[error("its algorithm is not known")]
    Algorithm,
    #[error("it needs a key that is not here")]
    Keyed,
    #[error("it asks for more memory or time than is given")]
    TooDear,
    #[error("its cost is below the one that is believed")]
    TooCheap,
}

impl KeptHash {
    /// Reads a PHC string, or what `crypt` writes of bcrypt.
    pub(super) fn read(text: &str, bounds: &Bounds) -> Result<Self, Unreadable> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(Unreadable::Malformed);
        }
        if ["$2a$", "$2b$", "$2y$"].iter().any(|version| text.starts_with(version)) {
            bcrypt(text, bounds)
        } else {
            argon2(text, bounds)
        }
    }

    /// Memory of its making.
    pub(super) fn memory_kib(&self) -> u64 {
        match self {
            Self::Argon2(hash) => hash.params.m_cost().into(),
            Self::Bcrypt(_) => 0,
        }
    }

    /// Whether it is made as `policy` says.
    pub(super) fn follows(&self, policy: &HashPolicy) -> bool {
        let Self::Argon2(hash) = self else { return false };
        hash.algorithm == Algorithm::Argon2id
            && hash.version == Version::V0x13
            && hash.params == *policy.params()
            && hash.salt.len() >= SALT_BYTES
    }

    /// Whether its algorithm sees all of `password`. bcrypt stops at 72 bytes and takes NUL for the end, so it would
    /// take other passwords for this one.
    pub(super) fn sees_all_of(&self, password: &[u8]) -> bool {
        match self {
            Self::Argon2(_) => true,
            Self::Bcrypt(_) => password.len() <= BCRYPT_BYTES_MAX && !password.contains(&0),
        }
    }
}

fn bcrypt(text: &str, bounds: &Bounds) -> Result<KeptHash, Unreadable> {
    let parts: bcrypt::HashParts = text.parse().map_err(|_| Unreadable::Malformed)?;
    match parts.get_cost() {
        cost if cost < bounds.bcrypt_cost_min => Err(Unreadable::TooCheap),
        cost if cost > BCRYPT_COST_MAX => Err(Unreadable::TooDear),
        _ => Ok(KeptHash::Bcrypt(text.to_owned())),
    }
}

fn argon2(text: &str, bounds: &Bounds) -> Result<KeptHash, Unreadable> {
    let phc = PasswordHash::new(text).map_err(|_| Unreadable::Malformed)?;
    let algorithm =
        Algorithm::try_from(phc.algorithm.as_str()).map_err(|_| Unreadable::Algorithm)?;
    // A string without a version is from before there were any.
    let version = phc.version.map_or(Ok(Version::V0x10), Version::try_from);
    let version = version.map_err(|_| Unreadable::Algorithm)?;
    let params = Params::try_from(&phc).map_err(|_| Unreadable::Malformed)?;
    let (Some(salt), Some(output)) = (phc.salt, phc.hash) else {
        return Err(Unreadable::Malformed);
    };
    let (salt, output) = (salt.to_vec(), output.as_bytes().to_vec());
    if !params.keyid().is_empty() {
        return Err(Unreadable::Keyed);
    }
    let memory_kib = u64::from(params.m_cost());
    let work = memory_kib.saturating_mul(params.t_cost().into());
    if memory_kib > bounds.memory_kib_max || work > bounds.work_max {
        return Err(Unreadable::TooDear);
    }
    Ok(KeptHash::Argon2(Box::new(Argon2Hash { algorithm, version, params, salt, output })))
}

#[cfg(test)]
mod tests;
