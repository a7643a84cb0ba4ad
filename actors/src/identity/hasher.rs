//! Computes hashes, and counts them.

use std::sync::atomic::{AtomicU64, Ordering};

use argon2::{
    Argon2,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use protocol::{Secret, crypto};
use tokio::time::Instant;

use super::{
    meters::HashMeters,
    policy::HashPolicy,
    shelf::{Memory, OutOfMemory},
    stored::{Argon2Hash, KeptHash, SALT_BYTES},
};

/// A password that was presented.
pub(super) struct Trial {
    pub(super) password: Secret<String>,
    pub(super) against: KeptHash,
    /// Otherwise it is wrong whatever its hash, which is computed all the same.
    pub(super) can_be_right: bool,
    /// For the hash that takes the place of one that does not follow the policy.
    pub(super) salt: [u8; SALT_BYTES],
}

/// A password that somebody has chosen.
pub(super) struct Chosen {
    pub(super) password: Secret<String>,
    pub(super) salt: [u8; SALT_BYTES],
}

/// What its hash says of a password.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    Right {
        /// As a PHC string, where the one that was verified does not follow the policy.
        rehashed: Option<String>,
    },
    Wrong,
}

/// Why there is no hash.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotHashed {
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    #[error("argon2: {0}")]
    Argon2(#[from] argon2::Error),
    #[error("it cannot be written: {0}")]
    Phc(#[from] argon2::password_hash::phc::Error),
    #[error("its parameters cannot be written: {0}")]
    Params(#[from] argon2::password_hash::Error),
    #[error("bcrypt: {0}")]
    Bcrypt(#[from] bcrypt::BcryptError),
}

/// What the threads do. Held up in the tests of queues.
pub(super) trait Hashes: Send + Sync + 'static {
    /// One hash, and one more where the password is right and has to be rehashed.
    fn verify(&self, trial: &Trial, memory: &mut Memory) -> Result<Judgement, NotHashed>;

    /// One hash, as a PHC string.
    fn hash(&self, chosen: &Chosen, memory: &mut Memory) -> Result<String, NotHashed>;

    /// Hashes computed so far.
    fn done(&self) -> u64;
}

/// Argon2 and bcrypt.
pub(super) struct Hasher {
    policy: HashPolicy,
    done: AtomicU64,
    meters: HashMeters,
}

impl Hasher {
    pub(super) fn new(policy: HashPolicy) -> Self {
        Self { policy, done: AtomicU64::new(0), meters: HashMeters::new() }
    }

    /// Whether it is the password, by what the hash says of itself.
    fn is_same(&self, trial: &Trial, memory: &mut Memory) -> Result<bool, NotHashed> {
        let password = trial.password.expose().as_bytes();
        match &trial.against {
            KeptHash::Argon2(hash) => {
                Ok(crypto::same(&self.argon2(password, hash, memory)?, &hash.output))
            }
            KeptHash::Bcrypt(text) => {
                let started_at = Instant::now();
                let is_same = bcrypt::verify(password, text)?;
                self.done.fetch_add(1, Ordering::Relaxed);
                self.meters.bcrypt.record(started_at.elapsed());
                Ok(is_same)
            }
        }
    }

    fn argon2(
        &self,
        password: &[u8],
        like: &Argon2Hash,
        memory: &mut Memory,
    ) -> Result<Vec<u8>, NotHashed> {
        let started_at = Instant::now();
        let argon2 = Argon2::new(like.algorithm, like.version, like.params.clone());
        let blocks = memory.blocks(like.params.block_count())?;
        let mut output = vec![0; like.output.len()];
        argon2.hash_password_into_with_memory(password, &like.salt, &mut output, blocks)?;
        self.done.fetch_add(1, Ordering::Relaxed);
        self.meters.argon2.record(started_at.elapsed());
        Ok(output)
    }
}

impl Hashes for Hasher {
    fn verify(&self, trial: &Trial, memory: &mut Memory) -> Result<Judgement, NotHashed> {
        let is_same = self.is_same(trial, memory)?;
        let sees_all = trial.against.sees_all_of(trial.password.expose().as_bytes());
        if !(is_same && sees_all && trial.can_be_right) {
            return Ok(Judgement::Wrong);
        }
        if trial.against.follows(&self.policy) {
            return Ok(Judgement::Right { rehashed: None });
        }
        let chosen = Chosen { password: trial.password.clone(), salt: trial.salt };
        Ok(Judgement::Right { rehashed: Some(self.hash(&chosen, memory)?) })
    }

    fn hash(&self, chosen: &Chosen, memory: &mut Memory) -> Result<String, NotHashed> {
        let like = Argon2Hash { salt: chosen.salt.to_vec(), ..Argon2Hash::nobodys(&self.policy) };
        let output = self.argon2(chosen.password.expose().as_bytes(), &like, memory)?;
        let phc = PasswordHash {
            algorithm: like.algorithm.ident(),
            version: Some(like.version.into()),
            params: ParamsString::try_from(&like.params)?,
            salt: Some(Salt::new(&like.salt)?),
            hash: Some(Output::new(&output)?),
        };
        Ok(phc.to_string())
    }

    fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests;
