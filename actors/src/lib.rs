//! Keeps: what is alive, as supervised actors with state, timers and queues.
//!
//! # How an actor is written
//!
//! An actor owns something: state, a timer, a connection or a queue. If it owns none it is a function in `flows`.
//! One file an actor, in the order in which a caller reads:
//!
//! 1. **What it owns**: the `//!` of the file, and what a death loses.
//! 2. **The handle** (`Lockout`), cheap to clone: typed async methods around an [`Address`], or [`Shards`] of them.
//!    Callers never see a message. [`Unavailable`] is only about reaching the actor: what it decided is in the answer.
//!    What may be lost is told, the rest is asked.
//! 3. **What it can answer**: a struct or an enum.
//! 4. **How it starts**: a function that takes what it needs (store, clock, settings, queue) and gives its
//!    [`Child`] and its handle, made with [`child`], or with [`ChildSpec`] where it has a timer or shards.
//!    The factory runs for each incarnation and must not fail; `pre_start` does no IO.
//! 5. **Messages**: a private enum, one variant a question, each with its [`Reply`]; three to eight of them.
//!    `Look(Reply<()>)` is the timer's: it says that something may be due, never what.
//! 6. **The actor**: `handle` is a table, one arm a message, that reads `now` once and calls the rules.
//! 7. **The rules**: a plain struct that takes `now`, tested without a runtime.
//!
//! # What must hold
//!
//! - `handle` returns `Ok` whatever the answer: an outage or a refusal is sent as the answer. An `Err` or a panic is
//!   a bug; it kills this incarnation, loses its state, and every caller in its mailbox gets [`Unavailable::Stopped`].
//! - A reply may be kept and sent later, and holds its place until then; what is kept is dropped in `post_stop`.
//! - A message that an actor sends to itself takes no place: one for each request in hand, no more.
//! - `handle` never blocks its thread: that cannot be killed, and it can hold up other actors, its supervisor too.
//! - Nothing is signed or hashed in a mailbox; what is read often is published as a snapshot.
//! - An actor may ask those that start before it, never those that start after.
//! - Actors have no ractor names: those are one registry per process, and one process runs many trees in tests.

mod address;
pub mod audit;
pub mod feed;
pub mod identity;
pub mod janitor;
mod kept;
pub mod keys;
pub mod limits;
pub mod lockout;
pub mod logouts;
pub mod metrics;
mod origin;
pub mod outgoing;
pub mod refusals;
pub mod sessions;
mod supervisor;
mod trouble;

pub use address::{Address, Queue, Reply, Unavailable};
pub use kept::Kept;
pub use origin::Origin;
pub use supervisor::{
    Child, ChildSpec, ChildState, ChildStatus, Name, RestartLimit, Shards, StartError, Tree,
    TreeFailed, child, children_sharded, subtree,
};

#[cfg(test)]
pub(crate) mod testing;
