//! Two requests that each change what the other reads: one of them sees the other.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::world::{RelyingParty, Tokens, World};

#[tokio::test]
async fn what_is_given_while_a_logout_is_under_way_ends_with_it() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let ask = party.ask();
    let callback = browser.authorize(&ask, &alice).await;
    let page = browser.look_at("/logout").await;
    let mut held = world.engine().hold("sessions");
    let logout =
        JoinSet::from_iter([
            async move { browser.press(&page, "logout-confirm", &[]).await.page().id },
        ]);
    held.reached().await;
    let tokens = Tokens::read(party.redeem(&ask, callback.code()).await);
    held.release();
    assert_eq!(logout.join_all().await, ["logged-out-page"]);
    assert_eq!(party.userinfo(&tokens.access_token).await.status, 401);
    assert_eq!(party.refresh(tokens.refresh_token()).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_code_that_is_redeemed_just_after_a_logout_gives_nothing() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let ask = party.ask();
    let callback = browser.authorize(&ask, &alice).await;
    let page = browser.look_at("/logout").await;
    let mut held = world.engine().hold("grants");
    let (redeeming, code) = (party.clone(), callback.code().to_owned());
    let redemption = JoinSet::from_iter([async move { redeeming.redeem(&ask, &code).await }]);
    held.reached().await;
    browser.press(&page, "logout-confirm", &[]).await;
    held.release();
    let answers = redemption.join_all().await;
    assert_eq!((answers[0].status, answers[0].error().as_str()), (400, "invalid_grant"));
}

#[tokio::test]
async fn a_refresh_during_a_revocation_gives_nothing() {
    let world = World::with(|setup| setup.policies.lifetimes.refresh_grace = Duration::ZERO).await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let first = party.sign_in(&mut world.browser(), &alice).await;
    let second = Tokens::read(party.refresh(first.refresh_token()).await);
    let mut held = world.engine().hold("refresh_tokens");
    let (refreshing, token) = (party.clone(), second.refresh_token().to_owned());
    let refresh = JoinSet::from_iter([async move { refreshing.refresh(&token).await }]);
    held.reached().await;
    assert_eq!(party.refresh(first.refresh_token()).await.error(), "invalid_grant");
    held.release();
    assert_eq!(refresh.join_all().await[0].error(), "invalid_grant");
}

/// Who has something at stake for a moment: a refresh that waits at the door of the store while `meanwhile` happens.
async fn refreshed_during(
    meanwhile: impl AsyncFnOnce(&RelyingParty, &Tokens),
) -> (World, RelyingParty, Tokens, u16) {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    let mut held = world.engine().hold("refresh_tokens");
    let (refreshing, token) = (party.clone(), tokens.refresh_token().to_owned());
    let refresh = JoinSet::from_iter([async move { refreshing.refresh(&token).await }]);
    held.reached().await;
    meanwhile(&party, &tokens).await;
    held.release();
    let status = refresh.join_all().await[0].status;
    (world, party, tokens, status)
}

#[tokio::test]
async fn a_refresh_that_is_overtaken_by_the_revocation_of_its_token_gives_nothing() {
    let (_world, party, tokens, status) = refreshed_during(async |party, tokens| {
        assert_eq!(party.revoke(tokens.refresh_token()).await.status, 200);
    })
    .await;
    assert_eq!(status, 400);
    assert_eq!(party.userinfo(&tokens.access_token).await.status, 401);
}

#[tokio::test]
async fn a_refresh_that_is_overtaken_by_the_revocation_of_an_access_token_loses_nothing() {
    let (_world, party, tokens, status) = refreshed_during(async |party, tokens| {
        assert_eq!(party.revoke(&tokens.access_token).await.status, 200);
    })
    .await;
    assert_eq!(status, 200);
    assert_eq!(party.userinfo(&tokens.access_token).await.status, 401);
}
