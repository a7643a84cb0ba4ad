//! Whatever dies between the end of a session and the word to its clients: they are told, and by one node.

use std::time::Duration;

use actors::Origin;
use protocol::event::EndReason;
use tokio::task::JoinSet;

use crate::world::{Ear, Person, RelyingParty, Says, World};

struct Scene {
    world: World,
    ear: Ear,
    alice: Person,
    party: RelyingParty,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let ear = Ear::open().await;
    let (alice, party) = (world.person("alice").await, world.told_client(&ear).await);
    Scene { world, ear, alice, party }
}

impl Scene {
    /// Ends a session as every flow does, up to the commit and no further.
    async fn ends_a_session_and_dies(&self) {
        let tokens = self.party.sign_in(&mut self.world.browser(), &self.alice).await;
        let id = self.party.verify(tokens.id_token()).await.sid.expect("a session");
        let (store, flows, realm) = (self.world.store(), self.world.flows(), self.world.realm());
        let session = store.session(&realm, id).await.expect("the store answers");
        let session = session.expect("a session");
        let origin = Origin {
            address: [192, 0, 2, 1].into(),
            user_agent: None,
            client_id: None,
            request_id: None,
        };
        let mut batch = store.batch();
        let ended = flows.sessions.end(&mut batch, &session, EndReason::Logout, &origin).await;
        ended.expect("the store answers");
        let noted = flows.logouts.note_session(&mut batch, &realm, id).await;
        assert!(noted.expect("the store answers").is_some());
        store.commit(batch).await.expect("it is written");
    }

    async fn told(&self) -> usize {
        self.party.told(&self.ear.heard()).await.len()
    }
}

const A_WHILE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn who_dies_right_after_the_commit_has_lost_nothing() {
    let scene = scene().await;
    scene.ends_a_session_and_dies().await;
    assert_eq!(scene.told().await, 0);
    scene.world.advance(A_WHILE).await;
    assert_eq!(scene.told().await, 1);
}

#[tokio::test]
async fn another_node_tells_the_clients_of_one_that_is_gone() {
    let scene = scene().await;
    let other = scene.world.beside("other").await;
    scene.ends_a_session_and_dies().await;
    scene.world.pass(A_WHILE);
    other.look().await.expect("every actor looks");
    assert_eq!(scene.told().await, 1);
}

#[tokio::test]
async fn the_next_incarnation_of_the_actor_tells_them() {
    let scene = scene().await;
    scene.ends_a_session_and_dies().await;
    scene.world.kill("logouts").await;
    scene.world.advance(A_WHILE).await;
    assert_eq!(scene.told().await, 1);
}

/// Nodes that look at the same moment: one of them holds the lease, and the client hears each logout once.
#[tokio::test]
async fn of_many_nodes_one_tells() {
    let scene = scene().await;
    let nodes = [scene.world.clone(), scene.world.beside("b").await, scene.world.beside("c").await];
    for _ in 0..3 {
        scene.ends_a_session_and_dies().await;
    }
    scene.world.pass(A_WHILE);
    for _ in 0..4 {
        let mut looking = JoinSet::new();
        for node in nodes.clone() {
            looking.spawn(async move { node.look().await.expect("every actor looks") });
        }
        looking.join_all().await;
    }
    assert_eq!(scene.told().await, 3);
}

/// A client that is away holds up a look once, not once for each of its logouts.
#[tokio::test]
async fn a_client_that_is_away_is_tried_once_a_look() {
    let world = World::with(|setup| {
        setup.policies.logouts.post_max = Duration::from_millis(50);
    })
    .await;
    let ear = Ear::open().await;
    let (alice, party) = (world.person("alice").await, world.told_client(&ear).await);
    let scene = Scene { world, ear, alice, party };
    scene.ear.say(Says::Nothing);
    for _ in 0..3 {
        scene.ends_a_session_and_dies().await;
    }
    scene.world.pass(A_WHILE);
    scene.world.look().await.expect("every actor looks");
    assert_eq!(scene.told().await, 1);
    scene.ear.say(Says::Status(200));
    scene.world.advance(Duration::from_secs(31)).await;
    assert_eq!(scene.told().await, 3);
}

/// What is not yet taken waits in the store, where the next process finds it.
#[tokio::test]
async fn a_store_that_is_away_for_a_while_loses_no_logout() {
    let scene = scene().await;
    scene.ear.say(Says::Status(500));
    scene.ends_a_session_and_dies().await;
    scene.world.advance(A_WHILE).await;
    assert_eq!(scene.told().await, 1);
    scene.ear.say(Says::Status(200));
    scene.world.engine().go_down();
    scene.world.pass(Duration::from_secs(60));
    let _ = scene.world.look().await;
    assert_eq!(scene.told().await, 0);
    scene.world.engine().come_back();
    scene.world.advance(A_WHILE).await;
    assert_eq!(scene.told().await, 1);
}
