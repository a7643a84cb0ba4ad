//! What a sign-in was asked for when it began is what it answers, whatever is sent on the way.

use crate::world::{Landed, PASSWORD, Tokens, World};

/// What would turn the sign-in into another one, if anybody read it.
const COERCIONS: [(&str, &str); 11] = [
    ("response_type", "code id_token token"),
    ("response_mode", "fragment"),
    ("scope", "openid email phone offline_access"),
    ("shown", "openid email phone offline_access"),
    ("shown_claims", "email phone_number"),
    ("claims", "{\"userinfo\":{\"email\":null}}"),
    ("redirect_uri", "https://client.example/second"),
    ("state", "another"),
    ("nonce", "another"),
    ("prompt", "none"),
    ("code_challenge", ""),
];

#[tokio::test]
async fn a_sign_in_keeps_the_request_it_began_with() {
    let world = World::new().await;
    let second = "https://client.example/second".parse().unwrap();
    let alice = world.person("alice").await;
    let party = world
        .client(|client| {
            crate::world::answered_anyhow(client);
            client.redirect_uris.push(second);
        })
        .await;
    let ask = party.ask();
    let mut browser = world.browser();
    let login = browser.look_at(&ask.url()).await;
    let id = login.hidden("sign_in").to_owned();
    let extra = crate::world::encode(&COERCIONS);
    assert_eq!(browser.visit(&format!("/login?sign_in={id}&{extra}")).await.status, 200);
    let typed = [("sign_in", id.as_str()), ("username", "alice"), ("password", PASSWORD)];
    let answer = browser.post("/login", &[&typed[..], &COERCIONS].concat()).await;
    assert_eq!(browser.follow(answer).await.page().id, "consent-page");
    browser.visit(&format!("/consent?sign_in={id}&{extra}")).await;
    let allow = [("sign_in", id.as_str()), ("decision", "allow")];
    let answer = browser.post("/consent", &[&allow[..], &COERCIONS].concat()).await;

    let callback = browser.follow(answer).await.callback();
    assert!(callback.url.as_str().starts_with("https://client.example/cb?code="));
    assert_eq!(callback.get("state"), Some(ask.get("state")));
    let tokens = Tokens::read(party.redeem(&ask, callback.code()).await);
    assert_eq!(tokens.scope, "openid");
    assert_eq!(callback.names(), ["code", "session_state", "state", "iss"]);
    assert_eq!(party.userinfo(&tokens.access_token).await.json().get("email"), None);
    let claims = party.verify(tokens.id_token()).await;
    assert_eq!(
        (claims.sub, claims.nonce.as_deref()),
        (alice.account_id.to_string(), Some(ask.get("nonce")))
    );
}

#[tokio::test]
async fn going_back_and_starting_again_do_not_mix_two_requests() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let (party, other) = (world.relying_party().await, world.relying_party().await);
    let mut browser = world.browser();
    let (first, second) = (party.ask_for("openid email"), other.ask());
    let first_login = browser.look_at(&first.url()).await;
    let second_login = browser.look_at(&second.url()).await;
    // Back to the first, which is finished there; then forward to the second.
    let first_consent = browser.log_in(&first_login, &alice.username, PASSWORD).await.page();
    let Landed::Page(second_consent) =
        browser.open(&format!("/login?sign_in={}", second_login.hidden("sign_in"))).await
    else {
        panic!("nobody has allowed the second client anything");
    };
    assert_eq!([&first_consent.id, &second_consent.id], ["consent-page", "consent-page"]);
    for (ask, party, page) in [(&second, &other, &second_consent), (&first, &party, &first_consent)]
    {
        let callback = browser.press(page, "consent-allow", &[]).await.callback();
        assert_eq!(callback.get("state"), Some(ask.get("state")));
        let tokens = Tokens::read(party.redeem(ask, callback.code()).await);
        assert_eq!(tokens.scope.split(' ').count(), ask.get("scope").split(' ').count());
        let claims = party.verify(tokens.id_token()).await;
        assert_eq!(claims.nonce.as_deref(), Some(ask.get("nonce")));
    }
    // The back button, after the client has its answer: there is nothing to press any more.
    for page in [&first_login, &second_login] {
        let answer = browser.log_in(page, &alice.username, PASSWORD).await.page().answer;
        assert_eq!(answer.status, 400);
    }
}

#[tokio::test]
async fn a_response_type_that_is_off_stays_off() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    party.sign_in(&mut browser, &alice).await;
    for response_type in
        ["token", "id_token", "id_token token", "code token", "code id_token", "none", "CODE"]
    {
        let ask = party.ask().set("response_type", response_type);
        let callback = browser.open(&ask.url()).await.callback();
        let given = ["code", "access_token", "id_token"].map(|name| callback.get(name));
        assert_eq!(given, [None; 3], "{response_type}");
        assert_eq!(callback.error(), "unsupported_response_type", "{response_type}");
    }
    for response_mode in ["query.jwt", "web_message", "FRAGMENT"] {
        let ask = party.ask().set("response_mode", response_mode);
        let callback = browser.open(&ask.url()).await.callback();
        assert_eq!((callback.get("code"), callback.error()), (None, "invalid_request"));
    }
}
