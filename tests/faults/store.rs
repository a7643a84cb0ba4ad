//! The store is down: who needs it is told when to come again, the rest goes on, and all is well when it is back.

use protocol::paths;

use crate::world::{PASSWORD, Sent, World, says_when_to_come_again};

#[tokio::test]
async fn sign_in_code_and_refresh_say_503_and_nothing_is_lost() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let tokens = party.sign_in(&mut browser, &alice).await;
    let ask = party.ask();
    let callback = browser.authorize(&ask, &alice).await;
    let mut other = world.browser();
    let login = other.look_at(&party.ask().url()).await;
    let typed = [
        ("sign_in", login.hidden("sign_in")),
        ("username", &alice.username),
        ("password", PASSWORD),
    ];

    world.engine().go_down();
    says_when_to_come_again(&browser.visit(&party.ask().path()).await);
    says_when_to_come_again(&other.visit(&format!("/login?sign_in={}", typed[0].1)).await);
    says_when_to_come_again(&other.post("/login", &typed).await);
    says_when_to_come_again(&party.redeem(&ask, callback.code()).await);
    says_when_to_come_again(&party.refresh(tokens.refresh_token()).await);
    says_when_to_come_again(&party.userinfo(&tokens.access_token).await);
    for token in [&tokens.access_token, tokens.refresh_token()] {
        says_when_to_come_again(&world.send(party.introspection(token)).await);
        says_when_to_come_again(&party.revoke(token).await);
    }
    says_when_to_come_again(&browser.visit("/logout").await);
    let error = party.refresh(tokens.refresh_token()).await.error();
    assert_eq!(error, "temporarily_unavailable");

    world.engine().come_back();
    assert_eq!(party.redeem(&ask, callback.code()).await.status, 200);
    assert_eq!(party.refresh(tokens.refresh_token()).await.status, 200);
    assert_eq!(party.userinfo(&tokens.access_token).await.status, 200);
    assert_eq!(other.post("/login", &typed).await.status, 303);
    assert!(!browser.authorize(&party.ask(), &alice).await.code().is_empty());
}

#[tokio::test]
async fn keys_and_discovery_answer_from_memory() {
    let world = World::new().await;
    let before = world.get(paths::JWKS).await.json();
    world.engine().go_down();
    world.look().await.expect("an outage is an answer");
    for path in [paths::OPENID_CONFIGURATION, paths::OAUTH_AUTHORIZATION_SERVER, "/", "/logged-out"]
    {
        assert_eq!(world.get(path).await.status, 200, "{path}");
    }
    assert_eq!(world.get(paths::JWKS).await.json(), before);
}

#[tokio::test]
async fn where_no_failure_can_be_counted_no_password_is_looked_at() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let login = browser.look_at(&party.ask().url()).await;
    world.work();
    world.engine().take_no_writes();
    for password in [PASSWORD, "wrong"] {
        let id = login.hidden("sign_in");
        let typed = [("sign_in", id), ("username", &alice.username), ("password", password)];
        says_when_to_come_again(&browser.post("/login", &typed).await);
    }
    assert_eq!(world.work().hashes, 0);
    world.engine().come_back();
    assert_eq!(browser.log_in(&login, &alice.username, PASSWORD).await.page().id, "consent-page");
}

#[tokio::test]
async fn a_store_that_takes_no_writes_gives_no_code_and_no_tokens() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let tokens = party.sign_in(&mut browser, &alice).await;
    let ask = party.ask();
    let callback = browser.authorize(&ask, &alice).await;
    world.engine().take_no_writes();
    let silent = browser.visit(&party.ask().set("prompt", "none").path()).await;
    says_when_to_come_again(&silent);
    says_when_to_come_again(&party.redeem(&ask, callback.code()).await);
    says_when_to_come_again(&party.refresh(tokens.refresh_token()).await);
    for token in [&tokens.access_token, tokens.refresh_token()] {
        says_when_to_come_again(&party.revoke(token).await);
        assert_eq!(party.introspect(token).await["active"], true, "it was not acknowledged");
    }
    // What only reads goes on.
    assert_eq!(party.userinfo(&tokens.access_token).await.status, 200);
    world.engine().come_back();
    assert_eq!(party.redeem(&ask, callback.code()).await.status, 200);
    assert_eq!(party.refresh(tokens.refresh_token()).await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_inside_is_told_to_nobody_outside() {
    let world = World::new().await;
    let party = world.relying_party().await;
    world.engine().go_down();
    let page = world.get(party.ask().path()).await;
    let json = party.refresh("x").await;
    let userinfo = world.send(Sent::get(paths::USERINFO).header("authorization", "Bearer x")).await;
    for answer in [page, json, userinfo] {
        assert!(!answer.body.contains("told to be down"), "{answer:?}");
    }
}
