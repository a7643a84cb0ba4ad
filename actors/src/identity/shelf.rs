//! The memory of hashes: who has a share of it may hash, and who has none waits.
//!
//! It outlives the threads that use it, so what is computed at once stays within its bounds also while the threads of a
//! dead actor finish their present hash and those of the next one begin.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use argon2::Block;

/// Bounds the hashes that are computed at once, in number and memory, and keeps their memory for the next ones.
///
/// First come, first served: a hash that needs much memory is not overtaken for ever by those that need little.
pub(super) struct Shelf {
    stock: Mutex<Stock>,
    changed: Condvar,
    /// What a hash under the policy takes; every hash counts for at least this much.
    share_kib: u64,
    /// What there is in all; no hash counts for more.
    kib_max: u64,
}

struct Stock {
    places: usize,
    kib: u64,
    /// Each of `share_kib` at most, as many as there are free places at most.
    idle: Vec<Memory>,
    next_ticket: u64,
    served: u64,
}

/// Blocks in which a hash is computed. Kept from one hash to the next: new ones make a hash a twentieth dearer.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

/// The machine has no more memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no memory for a hash")]
pub(super) struct OutOfMemory;

impl Memory {
    /// At least `count` blocks of 1 KiB, whatever is in them.
    pub(super) fn blocks(&mut self, count: usize) -> Result<&mut [Block], OutOfMemory> {
        let missing = count.saturating_sub(self.0.len());
        self.0.try_reserve_exact(missing).map_err(|_| OutOfMemory)?;
        if missing > 0 {
            self.0.resize(count, Block::new());
        }
        Ok(&mut self.0)
    }

    fn kib(&self) -> u64 {
        u64::try_from(self.0.capacity()).unwrap_or(u64::MAX)
    }
}

/// Leave to compute one hash. Dropped, the next one may be computed.
pub(super) struct Share<'a> {
    shelf: &'a Shelf,
    kib: u64,
    pub(super) memory: Memory,
}

impl Shelf {
    /// For `places` hashes at once, with `kib` of memory in all; `share_kib` is what the usual one takes.
    pub(super) fn new(places: usize, kib: u64, share_kib: u64) -> Self {
        let stock =
            Stock { places, kib, idle: Vec::with_capacity(places), next_ticket: 0, served: 0 };
        Self { stock: Mutex::new(stock), changed: Condvar::new(), share_kib, kib_max: kib }
    }

    /// Waits for a place and for `kib` of memory.
    pub(super) fn take(&self, kib: u64) -> Share<'_> {
        let kib = kib.max(self.share_kib).min(self.kib_max);
        let mut stock = self.stock();
        let ticket = stock.next_ticket;
        stock.next_ticket += 1;
        while stock.served != ticket || stock.places == 0 || stock.kib < kib {
            stock = self.changed.wait(stock).unwrap_or_else(PoisonError::into_inner);
        }
        stock.served += 1;
        stock.places -= 1;
        stock.kib -= kib;
        if kib > self.share_kib {
            stock.idle.clear();
        }
        let memory = stock.idle.pop().unwrap_or_default();
        drop(stock);
        self.changed.notify_all();
        Share { shelf: self, kib, memory }
    }

    /// Gives back to the machine what no hash uses now.
    pub(super) fn clear(&self) {
        self.stock().idle.clear();
    }

    fn stock(&self) -> MutexGuard<'_, Stock> {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        let mut stock = self.shelf.stock();
        stock.places += 1;
        stock.kib += self.kib;
        if (1..=self.shelf.share_kib).contains(&memory.kib()) {
            stock.idle.push(memory);
        }
        drop(stock);
        self.shelf.changed.notify_all();
    }
}

#[cfg(test)]
mod tests;
