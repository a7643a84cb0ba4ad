//! What operators do, and what a command does in their name: a file a resource.

pub mod accounts;
pub mod clients;
pub mod keys;
pub mod operators;

use protocol::{
    AccountId, ClientId, Realm,
    event::{Act, Actor, Event, Personal},
};
use storage::{Batch, StorageError};

use crate::Flows;

/// Who administers, and which realm.
#[derive(Debug, Clone)]
pub struct Administrator {
    /// The realm.
    pub realm: Realm,
    /// In whose name events are told.
    pub actor: Actor,
}

impl Administrator {
    /// Whoever may run commands on the node itself.
    pub fn of_node(realm: &Realm) -> Self {
        Self { realm: realm.clone(), actor: Actor::Node }
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
        let (actor, personal) = (by.actor.clone(), Personal::default());
        let event = Event { actor, act, account_id, client_id, request_id: None, personal };
        self.events.record(&by.realm, batch, event).await
    }
}
