//! Several actors of one kind that share the work by key.

use std::{
    hash::{BuildHasher, Hash, RandomState},
    num::NonZeroUsize,
    sync::Arc,
};

use ractor::{Actor, Message};

use super::child::{Child, ChildSpec, Name};
use crate::address::{Address, Queue};

/// The addresses of several actors of one kind. Cheap to clone.
///
/// A key belongs to the same actor as long as the process lives, and nobody outside can tell to which: a caller who
/// chooses keys cannot aim at one shard.
pub struct Shards<M> {
    first: Address<M>,
    others: Arc<[Address<M>]>,
    hasher: RandomState,
}

// Derived `Clone` would ask for `M: Clone`.
impl<M> Clone for Shards<M> {
    fn clone(&self) -> Self {
        let first = self.first.clone();
        Self { first, others: Arc::clone(&self.others), hasher: self.hasher.clone() }
    }
}

impl<M: Message> Shards<M> {
    /// The actor to which `key` belongs.
    pub fn of<K: Hash + ?Sized>(&self, key: &K) -> &Address<M> {
        let hash = self.hasher.hash_one(key);
        let count = self.others.len() as u64 + 1;
        let index = usize::try_from(hash % count).unwrap_or(0);
        index.checked_sub(1).and_then(|index| self.others.get(index)).unwrap_or(&self.first)
    }

    /// Each of them once, for what concerns all keys.
    pub fn iter(&self) -> impl Iterator<Item = &Address<M>> {
        std::iter::once(&self.first).chain(self.others.iter())
    }
}

impl<M: Message> ChildSpec<M> {
    /// `count` children named `<kind>/<index>`, each with a queue of this length, and their addresses.
    pub fn sharded<A: Actor<Msg = M>>(
        self,
        count: NonZeroUsize,
        new: impl Fn() -> (A, A::Arguments) + Clone + Send + Sync + 'static,
    ) -> (Vec<Child>, Shards<M>) {
        let shard = |index: usize| {
            let name = Name::of(self.name().kind(), index.to_string());
            self.named(name).child(new.clone())
        };
        let (first_child, first) = shard(0);
        let (other_children, others): (Vec<_>, Vec<_>) = (1..count.get()).map(shard).unzip();
        let children = std::iter::once(first_child).chain(other_children).collect();
        (children, Shards { first, others: others.into(), hasher: RandomState::new() })
    }
}

/// `count` children without a timer, and their addresses. See [`ChildSpec::sharded`].
pub fn children_sharded<A: Actor>(
    kind: &'static str,
    count: NonZeroUsize,
    queue: Queue,
    new: impl Fn() -> (A, A::Arguments) + Clone + Send + Sync + 'static,
) -> (Vec<Child>, Shards<A::Msg>) {
    ChildSpec::new(kind, queue).sharded(count, new)
}
