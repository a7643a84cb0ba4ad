//! What is kept: bounded by count, and never what a read found that began before it was forgotten.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use protocol::Realm;

use crate::{
    feed::Forget,
    record::{Record, Stored},
};

/// A shard is held for some tens of nanoseconds, and what is forgotten in it makes reads under way there worthless: both
/// ask for more than one.
const SHARDS: usize = 16;

pub(super) type Key = (Realm, String);

/// A record, or that there is none.
pub(super) type Kept<R> = Option<Arc<Stored<R>>>;

pub(super) struct Memory<R> {
    shards: [Mutex<Shard<R>>; SHARDS],
    hasher: RandomState,
    /// Of each half of each shard.
    half_max: usize,
}

/// What was asked for lately is in `young`; when that is full it becomes `old`, and what nobody asked for since is gone.
struct Shard<R> {
    /// Changes whenever something is forgotten.
    generation: u64,
    young: HashMap<Key, Kept<R>>,
    old: HashMap<Key, Kept<R>>,
}

/// A read of a row that begins now: what it finds is kept only if nothing was forgotten since.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    generation: u64,
}

pub(super) enum Looked<R> {
    Kept(Kept<R>),
    Nothing(Reading),
}

impl<R> Shard<R> {
    fn put(&mut self, key: Key, kept: Kept<R>, half_max: usize) {
        if self.young.len() >= half_max && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, kept);
    }
}

impl<R> Memory<R> {
    pub(super) fn new(length_max: usize) -> Self {
        let shard = || Shard { generation: 0, young: HashMap::new(), old: HashMap::new() };
        let half_max = (length_max / SHARDS / 2).max(1);
        let shards = std::array::from_fn(|_| Mutex::new(shard()));
        Self { shards, hasher: RandomState::new(), half_max }
    }

    pub(super) fn look(&self, key: &Key) -> Looked<R> {
        let mut shard = self.shard(key);
        if let Some(kept) = shard.young.get(key) {
            return Looked::Kept(kept.clone());
        }
        match shard.old.remove_entry(key) {
            Some((key, kept)) => {
                shard.put(key, kept.clone(), self.half_max);
                Looked::Kept(kept)
            }
            None => Looked::Nothing(Reading { generation: shard.generation }),
        }
    }

    /// For who does not believe what is kept.
    pub(super) fn read_again(&self, key: &Key) -> Reading {
        Reading { generation: self.shard(key).generation }
    }

    /// Keeps what a read has found.
    pub(super) fn put(&self, key: Key, kept: Kept<R>, reading: Reading) {
        let mut shard = self.shard(&key);
        if shard.generation == reading.generation {
            shard.put(key, kept, self.half_max);
        }
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, Shard<R>> {
        let index = self.hasher.hash_one(key) % SHARDS as u64;
        let [first, ..] = &self.shards;
        let shard = usize::try_from(index).ok().and_then(|index| self.shards.get(index));
        shard.unwrap_or(first).lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let len = |shard: &Mutex<Shard<R>>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.young.len() + shard.old.len()
        };
        self.shards.iter().map(len).sum()
    }
}

impl<R: Record> Forget for Memory<R> {
    fn forget(&self, realm: &Realm, id: &str) {
        let key = (realm.clone(), id.to_owned());
        let mut shard = self.shard(&key);
        shard.generation += 1;
        shard.young.remove(&key);
        shard.old.remove(&key);
    }

    fn forget_all(&self) {
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.generation += 1;
            shard.young.clear();
            shard.old.clear();
        }
    }
}
