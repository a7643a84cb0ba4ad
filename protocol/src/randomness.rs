//! The one trait that gives chance.

/// Gives random bytes fit for keys. Implemented by the program's start and, seeded, by the test world, nowhere else.
pub trait Randomness: Send + Sync + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// `N` random bytes.
pub fn random<const N: usize>(randomness: &dyn Randomness) -> [u8; N] {
    let mut bytes = [0; N];
    randomness.fill(&mut bytes);
    bytes
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Randomness;

    /// Different bytes at each call, the same in each run.
    #[derive(Default)]
    pub(crate) struct Counting(AtomicU64);

    impl Randomness for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for chunk in bytes.chunks_mut(8) {
                let next =
                    self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                for (byte, random) in chunk.iter_mut().zip(next.to_le_bytes()) {
                    *byte = random;
                }
            }
        }
    }
}
