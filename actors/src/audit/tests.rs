//! What becomes of events: each is sealed once, in order, whatever dies; and what somebody does to the log is found.

use std::collections::BTreeSet;

use protocol::{
    AccountId, EventId, SessionId,
    event::{Act, Actor, Personal},
};
use storage::{
    Stored,
    audit::{AuditEntry, FIRST_DIGEST},
};

use super::*;
use crate::{
    RestartLimit, Tree,
    testing::{Ground, ground},
};

mod checkpoints;
mod sealing;
mod tampering;

/// The chain of one node, and the door for what happens there.
struct Node {
    tree: Tree,
    audit: Audit,
    events: Events,
}

async fn start(ground: &Ground, name: &str) -> Node {
    let (child, audit) = child(&ground.store, (&Realm::main(), name), &ground.ring);
    let limit = RestartLimit {
        restarts_max: 1_000,
        window: Duration::from_millis(1),
        ..RestartLimit::default()
    };
    let events = Events::new(ground.store.clone(), Arc::clone(&ground.ring), name);
    Node { tree: Tree::start(vec![child], limit).await.unwrap(), audit, events }
}

fn signed_in(ground: &Ground, account_id: Option<AccountId>) -> Event {
    let session_id = SessionId::new(ground.store.randomness());
    Event {
        actor: Actor::EndUser(account_id),
        act: Act::SignedIn { session_id, amr: vec!["pwd".into()] },
        account_id,
        client_id: None,
        request_id: None,
        personal: Personal {
            address: Some([192, 0, 2, 7].into()),
            user_agent: Some("browser".into()),
            ..Personal::default()
        },
    }
}

impl Node {
    /// So many events happen, each in a batch of its own, a millisecond apart.
    async fn happen(&self, ground: &Ground, count: usize) {
        for _ in 0..count {
            let mut batch = ground.store.batch();
            let event = signed_in(ground, None);
            self.events.record(&Realm::main(), &mut batch, event).await.unwrap();
            ground.store.commit(batch).await.unwrap();
            ground.clock.advance(Duration::from_millis(1));
        }
    }

    async fn look(&self) {
        self.tree.look().await.unwrap();
    }
}

async fn chain(ground: &Ground, node: &str) -> Vec<Stored<AuditEntry>> {
    ground.store.audit_entries(&Realm::main(), (node, 0), 5_000).await.unwrap()
}

/// The ids of the events in a chain, none twice.
async fn sealed(ground: &Ground, node: &str) -> BTreeSet<EventId> {
    let entries = chain(ground, node).await;
    let ids: BTreeSet<_> = entries.iter().map(|entry| entry.read().unwrap().event_id).collect();
    assert_eq!(ids.len(), entries.len(), "an event is in the chain twice");
    ids
}

async fn waiting(ground: &Ground, node: &str) -> usize {
    ground.store.unsealed_events(&Realm::main(), node, 5_000).await.unwrap().items.len()
}

async fn report(ground: &Ground) -> Report {
    verify(&ground.store, &Realm::main(), &ground.ring).await.unwrap()
}
