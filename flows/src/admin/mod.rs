//! What operators do, and what a command does in their name: a file a resource.
//!
//! **Who has less cannot break who has more.** What the other could not put right alone, such as being disabled, deleted or
//! limited, or losing a secret, needs every permission that the other has. What they could needs no more than the
//! permission for it, so that nobody has to be waited for who suspects somebody: to end sessions, to take tokens back, and
//! to have another password chosen.

pub mod accounts;
pub mod admission;
pub mod audit;
pub mod clients;
mod cursor;
mod idempotency;
pub mod keys;
pub mod lockouts;
pub mod operators;
pub mod refusals;
pub mod revocations;
pub mod sessions;
pub mod settings;
mod why;

use protocol::{
    AccountId, ClientId, Realm,
    event::{Act, Actor, Event, Personal},
    permission::{Missing, Permissions},
};
use storage::{Batch, StorageError};

use crate::Flows;

pub use cursor::{Cursor, ITEMS_MAX, List, NotACursor};
pub use idempotency::{Creation, IdempotencyKey, KeyReused, Made, NotAnIdempotencyKey};
pub use storage::engine::Version;
pub use why::{NOTE_BYTES_MAX, NotANote, Note, Why};

/// Who administers, and which realm.
#[derive(Debug, Clone)]
pub struct Administrator {
    /// The realm.
    pub realm: Realm,
    /// In whose name events are told.
    pub actor: Actor,
    /// What they may do here and now.
    pub permissions: Permissions,
    /// The request by which they do it.
    pub request_id: Option<String>,
    /// What of them an event keeps, sealed.
    pub personal: Personal,
}

/// What a change was decided upon: the state that its author saw (RFC 9110 §13.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Exactly this version.
    Version(Version),
    /// One of these.
    OneOf(Versions),
    /// Whatever is there.
    Any,
}

/// How many versions a change may name.
pub const VERSIONS_MAX: usize = 8;

/// Several versions, at most [`VERSIONS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions([Option<Version>; VERSIONS_MAX]);

impl Versions {
    /// The first of these.
    pub fn of(versions: &[Version]) -> Self {
        Self(std::array::from_fn(|place| versions.get(place).copied()))
    }

    /// Whether `version` is one of them.
    pub fn contain(&self, version: Version) -> bool {
        self.0.contains(&Some(version))
    }
}

impl Seen {
    /// Whether `version` is what was seen.
    pub fn is(self, version: Version) -> bool {
        match self {
            Self::Version(seen) => seen == version,
            Self::OneOf(seen) => seen.contain(version),
            Self::Any => true,
        }
    }
}

impl Administrator {
    /// Whoever may run commands on the node itself.
    pub fn of_node(realm: &Realm) -> Self {
        let (permissions, personal) = (Permissions::all(), Personal::default());
        Self { realm: realm.clone(), actor: Actor::Node, permissions, request_id: None, personal }
    }

    /// One of `permissions` that they do not have. The node lacks nothing, also of what only a later release knows.
    fn lacks(&self, permissions: &Permissions) -> Option<Missing> {
        match self.actor {
            Actor::Node => None,
            _ => permissions.missing_in(&self.permissions),
        }
    }
}

impl Flows {
    /// Puts the event of an administrative act into its batch.
    async fn tell(
        &self,
        by: &Administrator,
        batch: &mut Batch,
        act: Act,
        (account_id, client_id): (Option<AccountId>, Option<ClientId>),
    ) -> Result<(), StorageError> {
        let (actor, personal) = (by.actor.clone(), by.personal.clone());
        let request_id = by.request_id.clone();
        let event = Event { actor, act, account_id, client_id, request_id, personal };
        self.events.record(&by.realm, batch, event).await
    }
}
