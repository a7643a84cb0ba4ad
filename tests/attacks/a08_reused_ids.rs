//! What an account was given ends with it: a later account of the same name is somebody else.

use std::collections::HashSet;

use protocol::AccountId;
use storage::{Expectation, erasure::Tombstone};

use crate::world::{PASSWORD, World};

#[tokio::test]
async fn an_account_made_again_under_its_old_name_inherits_nothing() {
    let world = World::new().await;
    let (old, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let tokens = party.sign_in(&mut browser, &old).await;
    let pending = browser.authorize(&party.ask(), &old).await;
    let ask = party.ask();
    let unredeemed = browser.authorize(&ask, &old).await;
    world.erase(&old).await;

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
    let mut ids: HashSet<AccountId> = HashSet::new();
    for _ in 0..10 {
        let alice = world.person("alice").await;
        assert!(ids.insert(alice.account_id), "given twice: {alice:?}");
        world.erase(&alice).await;
        // Every new account asks for this to be absent.
        let mut batch = world.store().batch();
        batch.check::<Tombstone>(&world.realm(), &alice.account_id, Expectation::Absent);
        assert!(world.store().commit(batch).await.is_err(), "{alice:?} left no stone");
    }
}
