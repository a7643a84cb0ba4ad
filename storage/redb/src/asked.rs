//! Batches that were asked for before they came, and so will never be committed.

use std::collections::{HashSet, VecDeque};

use storage::engine::BatchId;

/// As many are remembered. Memory is enough: only this process can still send one of them.
const ASKED_MAX: usize = 4_096;

#[derive(Default)]
pub(crate) struct Asked {
    ids: HashSet<[u8; 16]>,
    order: VecDeque<[u8; 16]>,
}

impl Asked {
    /// Decides that the batch is not committed.
    pub(crate) fn never(&mut self, id: BatchId) {
        if self.ids.insert(id.0) {
            self.order.push_back(id.0);
        }
        if self.order.len() > ASKED_MAX {
            self.order.pop_front().map(|oldest| self.ids.remove(&oldest));
        }
    }

    /// Whether that was decided.
    pub(crate) fn is_never(&self, id: BatchId) -> bool {
        self.ids.contains(&id.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten_first() {
        let id = |number: usize| BatchId((number as u128).to_be_bytes());
        let mut asked = Asked::default();
        (0..=ASKED_MAX).for_each(|number| asked.never(id(number)));
        assert!(!asked.is_never(id(0)) && asked.is_never(id(1)) && asked.is_never(id(ASKED_MAX)));
    }
}
