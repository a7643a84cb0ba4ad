//! All counters of one process: a bounded number, each exact, in shards that are held for some hundred nanoseconds.
//!
//! A counter is forgotten only when it says nothing any more, so nobody gets rid of their own by making others. When
//! there is no room left for another, whoever is new shares one of a few counters with others who are new.

use std::{
    cmp::Reverse,
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
        let shard = &mut *shard;
        let new = || Meter::new(limit, self.born.fetch_add(1, Ordering::Relaxed), now);
        let is_own = shard.meters.contains_key(&key) || shard.has_room(self.shard_max, now);
        let meter = match is_own {
            true => shard.meters.entry(key).or_insert_with(new),
            false => shard.crowd.entry(crowd(key, hash)).or_insert_with(new),
        };
        let is_shared = self.is_shared && !Mutant::LimitExchange.is_out();
        let decision = meter.admit(limit, now, is_shared);
        let left = meter.left(now);
        // Of a crowd nobody is told: nothing would bound how many keys of it are.
        if is_own && self.is_shared && (meter.is_hot() || decision == Decision::Unheard) {
            shard.hot.insert(key);
            self.is_hot.store(true, Ordering::Release);
        }
        (decision, left)
    }

    /// Whether the limit of a key is used up. Nothing is counted.
    pub(super) fn is_used_up(&self, key: Key, limit: Limit, now: Timestamp) -> bool {
        let hash = self.hasher.hash_one(key);
        let mut shard = self.shard(hash);
        let Shard { meters, crowd: shared, .. } = &mut *shard;
        let meter = meters.get_mut(&key).or_else(|| shared.get_mut(&crowd(key, hash)));
        meter.is_some_and(|meter| meter.is_used_up(limit, now))
    }

    /// Whether some key became hot since this was last asked.
    pub(super) fn was_hot(&self) -> bool {
        self.is_hot.swap(false, Ordering::AcqRel)
    }

    /// Hot keys were not told of after all.
    pub(super) fn is_still_hot(&self) {
        self.is_hot.store(true, Ordering::Release);
    }

    /// What there is to tell the others: first what they were not told yet, what counts everybody and what counts accounts
    /// before clients and addresses, of which anybody has as many as they like; then, as far as there is room, what they
    /// were told before and still counts, for whoever has not read it.
    pub(super) fn to_tell(&self, now: Timestamp) -> Vec<Told> {
        let mut found = Vec::new();
        for shard in &self.shards {
            let mut shard = lock(shard);
            let Shard { meters, hot, .. } = &mut *shard;
            hot.retain(|key| {
                let Some(meter) = meters.get_mut(key) else { return false };
                let Some(consumption) = meter.consumption(now) else { return false };
                let pending = meter.pending();
                let most = if pending > 0 { pending } else { consumption.recent };
                let rank = (pending == 0, class(*key), Reverse(most));
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

/// The counter that a newcomer shares.
fn crowd(key: Key, hash: u64) -> Key {
    Key::Crowd(key.policy(), (hash / SHARDS as u64 % CROWDS) as u8)
}

/// Who is told of first among those of which the others do not know.
fn class(key: Key) -> u8 {
    match key {
        Key::All(_) => 0,
        Key::Account(_) => 1,
        Key::Client(..) | Key::EndUser(_) => 2,
        Key::Address(..) | Key::Crowd(..) => 3,
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use protocol::limits::Policy;

    use super::*;

    const LIMIT: Limit = Limit { quota: 8, window_seconds: 60 };

    fn address(number: u32) -> Key {
        Key::of_address(Policy::Other, IpAddr::V4(Ipv4Addr::from_bits(number + (11 << 24))))
    }

    #[test]
    fn keys_that_were_told_keep_none_from_being_told() {
        let table = Table::new(65_536, true);
        let now = Timestamp::from_seconds(1_000_000);
        let ask = |key| table.admit(key, LIMIT, now).0;
        for number in 0..1_024 {
            assert_eq!(ask(address(number)), Decision::Admitted);
        }
        table.exchanged(&table.to_tell(now));
        // A flood of new ones, and one of the same that asks on.
        for number in 0..2_000 {
            assert_eq!(
                ask(address(if number == 0 { 7 } else { 5_000 + number })),
                Decision::Admitted
            );
        }
        let important = [Key::All(Policy::SignIns), Key::Account([7; 16])];
        for key in important {
            assert_eq!(ask(key), Decision::Admitted);
        }
        for _ in 0..2 {
            let told = table.to_tell(now);
            assert_eq!(told.len(), 1_024);
            table.exchanged(&told);
            for key in important {
                assert_eq!(ask(key), Decision::Admitted, "{key} was told");
            }
        }
        assert_eq!(ask(address(7)), Decision::Admitted);
        assert_eq!(ask(address(6_999)), Decision::Admitted);
    }

    #[test]
    fn who_has_no_counter_of_their_own_is_not_told_of() {
        let table = Table::new(16, true);
        let now = Timestamp::from_seconds(1_000_000);
        for number in 0..5_000 {
            table.admit(address(number), LIMIT, now);
        }
        let hot: usize = table.shards.iter().map(|shard| lock(shard).hot.len()).sum();
        assert!(hot <= 16, "{hot}");
    }

    #[test]
    fn whether_a_limit_is_used_up_is_known_without_counting() {
        let table = Table::new(16, false);
        let now = Timestamp::from_seconds(1_000_000);
        for _ in 0..LIMIT.quota {
            assert!(!table.is_used_up(address(1), LIMIT, now));
            assert_eq!(table.admit(address(1), LIMIT, now).0, Decision::Admitted);
        }
        assert!(table.is_used_up(address(1), LIMIT, now));
        assert!(!table.is_used_up(address(2), LIMIT, now));
    }
}
