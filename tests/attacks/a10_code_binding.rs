//! A code or token belongs to one client and works once.

use crate::world::{Tokens, World, statuses};

#[tokio::test]
async fn a_code_of_another_client_is_refused() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let (thief, public) = (world.relying_party().await, world.public_client().await);
    let ask = party.ask();
    let callback = world.browser().authorize(&ask, &alice).await;
    for other in [&thief, &public] {
        let answer = other.redeem(&ask, callback.code()).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
    }
    assert_eq!(party.redeem(&ask, callback.code()).await.status, 200);
}

#[tokio::test]
async fn a_code_for_another_redirect_uri_is_refused() {
    let world = World::new().await;
    let second = "https://client.example/second";
    let register =
        |client: &mut protocol::client::Client| client.redirect_uris.push(second.parse().unwrap());
    let (alice, party) = (world.person("alice").await, world.client(register).await);
    let ask = party.ask();
    let callback = world.browser().authorize(&ask, &alice).await;
    for uri in [second, "https://client.example/cb/", "https://evil.example/cb"] {
        let answer = party.redeem(&ask.clone().set("redirect_uri", uri), callback.code()).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"), "{uri}");
    }
    assert_eq!(party.redeem(&ask, callback.code()).await.status, 200);
}

#[tokio::test]
async fn a_refresh_token_of_another_client_is_refused() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let (thief, public) = (world.relying_party().await, world.public_client().await);
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    for other in [&thief, &public] {
        let answer = other.refresh(tokens.refresh_token()).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
    }
    assert_eq!(party.refresh(tokens.refresh_token()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_parallel_redemptions_of_one_code_give_exactly_one_success() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let ask = party.ask();
    let callback = world.browser().authorize(&ask, &alice).await;
    let answers = world.all_at_once(100, &party.redemption(&ask, callback.code())).await;
    assert_eq!(statuses(&answers), [(200, 1), (400, 99)].into());
    let refused = answers.iter().filter(|answer| answer.status == 400);
    assert!(refused.into_iter().all(|answer| answer.error() == "invalid_grant"));
    // Whoever had it twice was robbed: nothing that it gave holds any more.
    let winner = answers.into_iter().find(|answer| answer.status == 200).map(Tokens::read).unwrap();
    assert_eq!(party.userinfo(&winner.access_token).await.status, 401);
    assert_eq!(party.refresh(winner.refresh_token()).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_second_use_of_a_code_revokes_what_the_first_gave() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let ask = party.ask();
    let callback = world.browser().authorize(&ask, &alice).await;
    let tokens = Tokens::read(party.redeem(&ask, callback.code()).await);
    let successor = Tokens::read(party.refresh(tokens.refresh_token()).await);
    world.advance(std::time::Duration::from_secs(30)).await;
    assert_eq!(party.redeem(&ask, callback.code()).await.error(), "invalid_grant");
    for tokens in [&tokens, &successor] {
        assert_eq!(party.userinfo(&tokens.access_token).await.status, 401);
        assert_eq!(party.refresh(tokens.refresh_token()).await.error(), "invalid_grant");
    }
}
