//! A refresh token is rotated once, whoever presents it how often and at the same moment.

use std::{collections::BTreeSet, time::Duration};

use tokio::task::JoinSet;

use crate::world::{Installation, RelyingParty, Tokens, World, statuses};

/// Somebody has signed in, and the client has a refresh token.
async fn given(grace: Duration) -> (World, RelyingParty, Tokens) {
    let world = World::with(|setup| setup.policies.lifetimes.refresh_grace = grace).await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    (world, party, tokens)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_grace_a_hundred_parallel_refreshes_give_one_success_and_a_revoked_family() {
    let (world, party, tokens) = given(Duration::ZERO).await;
    let answers = world.all_at_once(100, &party.refreshing(tokens.refresh_token())).await;
    assert_eq!(statuses(&answers), [(200, 1), (400, 99)].into());
    let refused = answers.iter().filter(|answer| answer.status == 400);
    assert!(refused.into_iter().all(|answer| answer.error() == "invalid_grant"));
    let winner = answers.into_iter().find(|answer| answer.status == 200).map(Tokens::read).unwrap();
    for tokens in [&tokens, &winner] {
        assert_eq!(party.refresh(tokens.refresh_token()).await.error(), "invalid_grant");
        assert_eq!(party.userinfo(&tokens.access_token).await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn within_the_grace_a_hundred_parallel_refreshes_give_the_same_refresh_token() {
    let (world, party, tokens) = given(Duration::from_secs(10)).await;
    let answers = world.all_at_once(100, &party.refreshing(tokens.refresh_token())).await;
    assert_eq!(statuses(&answers), [(200, 100)].into());
    let all: Vec<_> = answers.into_iter().map(Tokens::read).collect();
    let refresh_tokens: BTreeSet<_> = all.iter().map(Tokens::refresh_token).collect();
    assert_eq!(refresh_tokens.len(), 1);
    let access_tokens: BTreeSet<_> = all.iter().map(|tokens| &tokens.access_token).collect();
    assert_eq!(access_tokens.len(), 100, "each is freshly signed");
    // Also after the successor was used, and the family lives on.
    let successor = Tokens::read(party.refresh(all[0].refresh_token()).await);
    let again = Tokens::read(party.refresh(tokens.refresh_token()).await);
    assert_eq!(again.refresh_token, all[0].refresh_token);
    assert_eq!(party.userinfo(&successor.access_token).await.status, 200);
}

#[tokio::test]
async fn after_the_grace_a_used_refresh_token_revokes_its_family() {
    let (world, party, tokens) = given(Duration::from_secs(10)).await;
    let successor = Tokens::read(party.refresh(tokens.refresh_token()).await);
    world.advance(Duration::from_secs(10)).await;
    assert_eq!(party.refresh(tokens.refresh_token()).await.error(), "invalid_grant");
    assert_eq!(party.refresh(successor.refresh_token()).await.error(), "invalid_grant");
    assert_eq!(party.userinfo(&successor.access_token).await.status, 401);
}

#[tokio::test]
async fn what_else_a_reused_refresh_token_asks_for_does_not_save_its_family() {
    for asked in
        [("scope", "unknown"), ("scope", "open\"id"), ("resource", "https://nobody.example")]
    {
        let (world, party, tokens) = given(Duration::ZERO).await;
        let next = Tokens::read(party.refresh(tokens.refresh_token()).await);
        let fields =
            [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh_token()), asked];
        let reused = world.send(party.token_request(&fields)).await;
        assert_eq!((reused.status, reused.error().as_str()), (400, "invalid_grant"), "{asked:?}");
        let after = party.refresh(next.refresh_token()).await;
        assert_eq!(after.error(), "invalid_grant", "the thief's and the owner's: {asked:?}");
    }
}

#[tokio::test]
async fn the_grace_gives_another_client_nothing() {
    let (world, party, tokens) = given(Duration::from_secs(10)).await;
    let successor = Tokens::read(party.refresh(tokens.refresh_token()).await);
    for thief in [world.relying_party().await, world.public_client().await] {
        let answer = thief.refresh(tokens.refresh_token()).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
        assert!(!answer.body.contains(successor.refresh_token()));
    }
    // Nor does it take anything from who was given it.
    assert_eq!(party.refresh(successor.refresh_token()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rotated_refresh_token_stays_rotated_after_a_kill_and_a_restart() {
    let (grace, none) =
        ("[tokens]\nrefresh_grace = \"30s\"\n", "[tokens]\nrefresh_grace = \"0s\"\n");
    for (settings, expected) in [(grace, (200, 1)), (none, (400, 0))] {
        let installation = Installation::new();
        // The first commit of a refresh token is the redemption's, the second is the rotation's.
        let served = installation.serve(settings, Some("refresh_tokens:2"));
        let (party, person) = (served.relying_party(), served.person());
        let tokens = party.sign_in(&mut served.wire().browser(), &person).await;
        let (wire, sent) = (served.wire().clone(), party.refreshing(tokens.refresh_token()));
        let lost = JoinSet::from_iter([async move { wire.try_send(sent).await }]);
        tokio::task::block_in_place(|| served.kill_when_held());
        assert!(lost.join_all().await.iter().all(Option::is_none), "nobody was answered");

        let served = installation.serve(settings, None);
        let party = served.relying_party();
        let again = party.refreshing(tokens.refresh_token());
        let answers = served.wire().all_at_once(100, &again).await;
        assert_eq!(statuses(&answers), [(expected.0, 100)].into(), "{settings}");
        let successors: BTreeSet<_> =
            answers.iter().filter_map(|answer| answer.text("refresh_token")).collect();
        assert_eq!(successors.len(), expected.1, "{settings}");
        for successor in successors {
            assert_eq!(party.refresh(&successor).await.status, 200);
        }
    }
}
