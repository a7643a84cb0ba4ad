//! What a relying party gets back from the authorization endpoint (RFC 6749 §4.1.2, RFC 9207).

use crate::world::{Callback, PASSWORD, World};

#[tokio::test]
async fn an_answer_has_the_code_the_states_and_the_issuer_and_nothing_else() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let odd = "a b+c&d=e%20\u{e9}\u{1f511}/?#'\"".repeat(8);
    let ask = party.ask().set("state", &odd);
    let callback = world.browser().authorize(&ask, &alice).await;
    let names: Vec<_> = callback.parameters.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["code", "session_state", "state", "iss"]);
    assert_eq!(callback.get("state"), Some(odd.as_str()));
    assert_eq!(callback.get("iss"), Some(world.issuer()));
    assert_eq!(callback.code().len(), 43, "256 bits in base64url");
}

#[tokio::test]
async fn without_a_state_none_comes_back_and_without_a_nonce_the_id_token_has_none() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let ask = party.ask().without("state").without("nonce");
    let callback = world.browser().authorize(&ask, &alice).await;
    assert_eq!(callback.get("state"), None);
    let tokens = crate::world::Tokens::read(party.redeem(&ask, callback.code()).await);
    assert_eq!(party.verify(tokens.id_token()).await.nonce, None);
}

#[tokio::test]
async fn the_query_of_a_registered_uri_is_kept() {
    let world = World::new().await;
    let uri = "https://client.example/cb?dummy1=lorem&dummy2=ipsum";
    let registered = uri.parse().unwrap();
    let alice = world.person("alice").await;
    let party = world.client(|client| client.redirect_uris = vec![registered]).await;
    let ask = party.ask().set("redirect_uri", uri);
    let callback = world.browser().authorize(&ask, &alice).await;
    assert!(callback.url.as_str().starts_with(&format!("{uri}&code=")), "{}", callback.url);
    assert_eq!(party.redeem(&ask, callback.code()).await.status, 200);
}

#[tokio::test]
async fn an_answer_goes_to_a_private_use_scheme() {
    let world = World::new().await;
    let uri = "com.example.app:/oauth2redirect";
    let registered = uri.parse().unwrap();
    let alice = world.person("alice").await;
    let party = world
        .client(|client| {
            client.redirect_uris = vec![registered];
            client.kind = protocol::client::ClientKind::Public;
        })
        .await;
    let mut browser = world.browser();
    let ask = party.ask().set("redirect_uri", uri);
    let page = browser.look_at(&ask.url()).await;
    let policy = page.answer.header("content-security-policy").unwrap();
    assert!(policy.ends_with("form-action 'self' com.example.app:"), "{policy}");
    let callback = browser.authorize(&ask, &alice).await;
    assert!(callback.url.as_str().starts_with(&format!("{uri}?code=")), "{}", callback.url);
    assert_eq!(party.redeem(&ask, callback.code()).await.status, 200);
}

#[tokio::test]
async fn what_is_not_known_or_not_needed_is_no_error() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    for (name, value) in [
        ("extra", "foobar"),
        ("display", "popup"),
        ("ui_locales", "se"),
        ("claims_locales", "se"),
        ("acr_values", "1 2"),
        ("login_hint", "somebody@example.com"),
        ("response_mode", "query"),
        ("response_mode", ""),
    ] {
        let callback = browser.authorize(&party.ask().and(name, value), &alice).await;
        assert!(!callback.code().is_empty(), "{name}={value}");
    }
    let ordered = party.ask_for("email openid");
    let mut reversed = ordered.clone();
    reversed.parameters.reverse();
    assert!(!browser.authorize(&reversed, &alice).await.code().is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_to_the_client() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let long = "a".repeat(5000);
    let cases = [
        (party.ask().without("response_type"), "invalid_request"),
        (party.ask().set("response_type", "token"), "unsupported_response_type"),
        (party.ask().without("scope"), "invalid_scope"),
        (party.ask().set("scope", "profile\"openid"), "invalid_scope"),
        (party.ask().set("scope", "unknown"), "invalid_scope"),
        (party.ask().set("prompt", "none login"), "invalid_request"),
        (party.ask().set("prompt", "create"), "invalid_request"),
        (party.ask().set("max_age", "-1"), "invalid_request"),
        (party.ask().set("max_age", "x"), "invalid_request"),
        (party.ask().set("nonce", &long), "invalid_request"),
        (party.ask().and("request", "eyJ"), "request_not_supported"),
        (party.ask().and("request_uri", "https://a.example"), "request_uri_not_supported"),
        (party.ask().and("registration", "{}"), "registration_not_supported"),
        (party.ask().and("id_token_hint", "no.id.token"), "invalid_request"),
    ];
    for (ask, code) in cases {
        let callback: Callback = world.browser().open(&ask.url()).await.callback();
        let seen = (callback.error(), callback.get("state"), callback.get("iss"));
        assert_eq!(seen, (code, Some(ask.get("state")), Some(world.issuer())), "{ask:?}");
        let allowed = ["error", "error_description", "state", "iss"];
        assert!(callback.parameters.iter().all(|(name, _)| allowed.contains(&name.as_str())));
        let description = callback.get("error_description").unwrap();
        assert!(protocol::oauth_error::is_description(description), "{description}");
    }
}

#[tokio::test]
async fn what_cannot_be_told_to_the_client_is_told_on_a_page() {
    let world = World::new().await;
    let (party, off) = (world.relying_party().await, world.relying_party().await);
    world.disable_client(&off).await;
    let unknown = protocol::ClientId::new(world.store().randomness()).to_string();
    let cases = [
        party.ask().without("client_id"),
        party.ask().set("client_id", "unknown"),
        party.ask().set("client_id", &unknown),
        off.ask(),
        party.ask().without("redirect_uri"),
        party.ask().set("redirect_uri", "https://client.example/cb/other"),
    ];
    for ask in cases {
        let page = world.browser().look_at(&ask.url()).await;
        assert_eq!((page.answer.status, page.id.as_str()), (400, "error-page"), "{ask:?}");
        assert!(page.by_id("request-id").is_some());
    }
}

#[tokio::test]
async fn a_request_by_post_is_sent_on_as_one_by_get() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    party.sign_in(&mut browser, &alice).await;
    let ask = party.ask();
    let answer = browser.post_from_elsewhere("/oauth2/authorize", &ask.parameters).await;
    assert_eq!(answer.status, 303);
    // The GET that follows carries the cookies which the POST from another site left behind.
    let callback = browser.follow(answer).await.callback();
    assert_eq!(callback.get("state"), Some(ask.get("state")));
    assert_eq!(party.redeem(&ask, callback.code()).await.status, 200);
}

#[tokio::test]
async fn a_login_hint_fills_in_the_name() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let page = browser.look_at(&party.ask().and("login_hint", &alice.email).url()).await;
    assert_eq!(page.value("username"), alice.email);
    let landed = browser.press(&page, "login-submit", &[("password", PASSWORD)]).await;
    assert_eq!(landed.page().id, "consent-page");
}
