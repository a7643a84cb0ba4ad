//! All counters of one process: a bounded number, each exact, in shards that are held for some hundred nanoseconds.
//!
//! A counter is forgotten only when it says nothing any more, so nobody gets rid of their own by making others. When
//! there is no room left for another, whoever is new shares one of a few counters with others who are new.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, RandomState},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use protocol::{
    Timestamp,
    limits::{Consumption, Decision, Limit, Meter},
    mutant::Mutant,
};

use super::key::Key;

/// Who asks at the same time seldom asks for the same shard.
const SHARDS: usize = 16;

/// A full shard is searched for counters that say nothing so often at most.
const SWEPT_APART: Duration = Duration::from_secs(1);

/// Counters that those share who found no other, a policy and shard.
const CROWDS: u64 = 16;

/// Keys of which the others are told at once: some 100 KiB. Of the rest no more is admitted than between two exchanges.
const TOLD_MAX: usize = 1_024;

pub(super) struct Table {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
    shard_max: usize,
    is_shared: bool,
    born: AtomicU64,
    is_hot: AtomicBool,
}

#[derive(Default)]
struct Shard {
    meters: HashMap<Key, Meter>,
    /// Of whoever found no counter of their own. Its keys are few.
    crowd: HashMap<Key, Meter>,
    /// Keys of which the others must hear.
    hot: HashSet<Key>,
    swept_at: Timestamp,
}

/// What one key has come to, for the others.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) key: Key,
    pub(super) limit: Limit,
    pub(super) consumption: Consumption,
}

impl Table {
    pub(super) fn new(keys_max: usize, is_shared: bool) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            shard_max: (keys_max / SHARDS).max(1),
            is_shared,
            born: AtomicU64::new(0),
            is_hot: AtomicBool::new(false),
        }
    }

    /// Judges one request; what is left of the limit, and until something of it comes back.
    pub(super) fn admit(
        &self,
        key: Key,
        limit: Limit,
        now: Timestamp,
    ) -> (Decision, (u32, Duration)) {
        let hash = self.hasher.hash_one(key);
        let mut shard = self.shard(hash);
        let new = || Meter::new(limit, self.born.fetch_add(1, Ordering::Relaxed), now);
        let meter = match shard.meters.contains_key(&key) || shard.has_room(self.shard_max, now) {
            true => shard.meters.entry(key).or_insert_with(new),
            false => {
                let crowd = Key::Crowd(key.policy(), (hash / SHARDS as u64 % CROWDS) as u8);
                shard.crowd.entry(crowd).or_insert_with(new)
            }
        };
        let is_shared = self.is_shared && !Mutant::LimitExchange.is_out();
        let decision = meter.admit(limit, now, is_shared);
        let left = meter.left(now);
        if self.is_shared && (meter.is_hot() || decision == Decision::Unheard) {
            shard.hot.insert(key);
            self.is_hot.store(true, Ordering::Release);
        }
        (decision, left)
    }

    /// Whether some key became hot since this was last asked.
    pub(super) fn was_hot(&self) -> bool {
        self.is_hot.swap(false, Ordering::AcqRel)
    }

    /// Hot keys were not told of after all.
    pub(super) fn is_still_hot(&self) {
        self.is_hot.store(true, Ordering::Release);
    }

    /// What there is to tell the others: all that they were told of before and that still counts, and what has become
    /// hot, the hottest first.
    pub(super) fn to_tell(&self, now: Timestamp) -> Vec<Told> {
        let mut found = Vec::new();
        for shard in &self.shards {
            let mut shard = lock(shard);
            let Shard { meters, hot, .. } = &mut *shard;
            hot.retain(|key| {
                let Some(meter) = meters.get_mut(key) else { return false };
                let Some(consumption) = meter.consumption(now) else { return false };
                let rank = (!meter.is_told(), std::cmp::Reverse(meter.pending()));
                found.push((rank, Told { key: *key, limit: meter.limit(), consumption }));
                true
            });
        }
        found.sort_by_key(|(rank, _)| *rank);
        found.truncate(TOLD_MAX);
        found.into_iter().map(|(_, told)| told).collect()
    }

    /// The others can read this, and what they had published was heard after it.
    pub(super) fn exchanged(&self, told: &[Told]) {
        for Told { key, consumption, .. } in told {
            let mut shard = self.shard(self.hasher.hash_one(key));
            if let Some(meter) = shard.meters.get_mut(key) {
                meter.exchanged(consumption);
            }
        }
    }

    /// Another node has told this. Where there is no room for the key, it is limited as one that is not heard of.
    pub(super) fn hear(&self, node: u64, told: &Told, now: Timestamp) {
        let mut shard = self.shard(self.hasher.hash_one(told.key));
        let has_room = shard.meters.contains_key(&told.key) || shard.has_room(self.shard_max, now);
        if has_room {
            let new = || Meter::new(told.limit, self.born.fetch_add(1, Ordering::Relaxed), now);
            let meter = shard.meters.entry(told.key).or_insert_with(new);
            meter.hear(node, &told.consumption, now);
        }
    }

    /// How many counters there are.
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).meters.len()).sum()
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard> {
        let [first, ..] = &self.shards;
        let shard = usize::try_from(hash % SHARDS as u64).ok();
        lock(shard.and_then(|index| self.shards.get(index)).unwrap_or(first))
    }
}

impl Shard {
    /// Whether another counter may be made; forgets those that say nothing where there is no other room.
    fn has_room(&mut self, max: usize, now: Timestamp) -> bool {
        if self.meters.len() < max {
            return true;
        }
        if now.since(self.swept_at).max(self.swept_at.since(now)) < SWEPT_APART {
            return false;
        }
        self.swept_at = now;
        self.meters.retain(|_, meter| !meter.is_void(now));
        self.crowd.retain(|_, meter| !meter.is_void(now));
        self.meters.len() < max
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
