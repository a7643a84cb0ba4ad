//! What an account was given ends with it: a later account of the same name is somebody else.

use std::collections::HashSet;

use storage::{
    accounts::Account, identifiers::IdentifierRecord, passwords::Password, sessions::Session,
};

use crate::world::{PASSWORD, Person, World};

impl World {
    /// Removes an account, its names, its password and its sessions, as an erasure does.
    async fn remove(&self, person: &Person) {
        let (realm, id) = (self.realm(), person.account_id);
        let mut batch = self.store().batch();
        batch.remove::<Account>(&realm, &id).remove::<Password>(&realm, &id);
        for name in [&person.username, &person.email, &person.phone] {
            batch.remove::<IdentifierRecord>(&realm, &name.parse().unwrap());
        }
        for session in self.store().sessions_of(&realm, id, None, 100).await.unwrap().items {
            batch.remove::<Session>(&realm, &session.session_id);
        }
        self.store().commit(batch).await.unwrap();
    }
}

#[tokio::test]
async fn an_account_made_again_under_its_old_name_inherits_nothing() {
    let world = World::new().await;
    let (old, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let tokens = party.sign_in(&mut browser, &old).await;
    let pending = browser.authorize(&party.ask(), &old).await;
    let ask = party.ask();
    let unredeemed = browser.authorize(&ask, &old).await;
    world.remove(&old).await;

    let new = world.person("alice").await;
    assert_ne!(new.account_id, old.account_id);
    assert_eq!(party.userinfo(&tokens.access_token).await.status, 401);
    assert_eq!(party.refresh(tokens.refresh_token()).await.error(), "invalid_grant");
    assert_eq!(party.redeem(&ask, unredeemed.code()).await.error(), "invalid_grant");
    assert!(pending.get("code").is_some());
    // The session is not the new one's, and neither is what the old one allowed.
    let login = browser.look_at(&party.ask().url()).await;
    assert_eq!(login.id, "login-page");
    assert_eq!(browser.log_in(&login, "alice", PASSWORD).await.page().id, "consent-page");
}

#[tokio::test]
async fn the_id_of_an_erased_account_is_never_given_again() {
    let world = World::new().await;
    let mut ids = HashSet::new();
    for _ in 0..100 {
        let alice = world.person("alice").await;
        assert!(ids.insert(alice.account_id.to_string()), "given twice: {alice:?}");
        world.remove(&alice).await;
    }
    // 128 bits of chance each, so that no list of those that were given has to be kept.
    assert!(ids.iter().all(|id| id.len() == "acc_".len() + 32));
    let counted: u32 = ids.iter().filter_map(|id| id.bytes().last()).collect::<HashSet<_>>().len() as u32;
    assert!(counted > 8, "the ids are drawn, not counted: {ids:?}");
}
