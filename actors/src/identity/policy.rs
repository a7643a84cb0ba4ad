//! How new passwords are hashed, and how many at once.

use argon2::Params;

use super::Settings;

/// What OWASP takes for equally strong: KiB of memory, and the passes that go with them.
const OWASP: [(u32, u32); 5] =
    [(46 * 1024, 1), (19 * 1024, 2), (12 * 1024, 3), (9 * 1024, 4), (7 * 1024, 5)];

/// Bytes of a hash that we make (RFC 9106 §4 uses 32).
pub(super) const OUTPUT_BYTES: usize = 32;

/// The work of the dearest hash that is verified, in KiB times passes: a second or two.
const WORK_MAX: u64 = 4 * 1024 * 1024;

/// The parameters of Argon2id (RFC 9106 §3.1), never below what OWASP recommends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashPolicy {
    params: Params,
}

/// Parameters that no password is hashed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Too easy to guess by.
    #[error("weaker than each of OWASP's recommendations for Argon2id")]
    TooWeak,
    /// Argon2 does not know them.
    #[error("outside the limits of Argon2")]
    OutOfRange,
}

impl HashPolicy {
    /// `memory_bytes` is rounded down to KiB (`m`), `passes` is `t`, `lanes` is `p`.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub fn new(memory_bytes: u64, passes: u32, lanes: u32) -> Result<Self, PolicyError> {
        let memory_kib = u32::try_from(memory_bytes / 1024).map_err(|_| PolicyError::OutOfRange)?;
        let is_strong = |&(kib, least): &(u32, u32)| memory_kib >= kib && passes >= least;
        if !OWASP.iter().any(is_strong) {
            return Err(PolicyError::TooWeak);
        }
        let params = Params::new(memory_kib, passes, lanes, Some(OUTPUT_BYTES));
        Ok(Self { params: params.map_err(|_| PolicyError::OutOfRange)? })
    }

    pub(super) fn params(&self) -> &Params {
        &self.params
    }

    pub(super) fn memory_kib(&self) -> u64 {
        self.params.m_cost().into()
    }
}

/// 19 MiB, two passes, one lane.
impl Default for HashPolicy {
    fn default() -> Self {
        const DEFAULT: Params = match Params::new(19 * 1024, 2, 1, Some(OUTPUT_BYTES)) {
            Ok(params) => params,
            Err(_) => Params::DEFAULT,
        };
        Self { params: DEFAULT }
    }
}

/// What a hash that is already kept may ask of this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) bcrypt_cost_min: u32,
    pub(super) memory_kib_max: u64,
    /// KiB times passes.
    pub(super) work_max: u64,
}

impl Bounds {
    pub(super) fn new(settings: &Settings) -> Self {
        let params = settings.policy.params();
        let work = u64::from(params.m_cost()) * u64::from(params.t_cost());
        Self {
            bcrypt_cost_min: settings.bcrypt_cost_min,
            memory_kib_max: memory_kib_max(settings),
            // Never less than what the policy itself asks.
            work_max: WORK_MAX.max(work),
        }
    }
}

/// Memory for hashes: at least enough for one.
pub(super) fn memory_kib_max(settings: &Settings) -> u64 {
    (settings.hash_memory_max_bytes / 1024).max(settings.policy.memory_kib())
}

/// Hashes at once: what the cores give and the memory allows, at least one.
pub(super) fn hashes_at_once(settings: &Settings, cores: usize) -> usize {
    let by_cores = if settings.hashes_at_once == 0 { cores } else { settings.hashes_at_once };
    let by_memory = memory_kib_max(settings) / settings.policy.memory_kib().max(1);
    by_cores.min(usize::try_from(by_memory).unwrap_or(usize::MAX)).max(1)
}

#[cfg(test)]
mod tests;
