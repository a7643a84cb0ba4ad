//! What a client would like and does not insist on: `login_hint` and `acr_values` (OpenID Connect Core 1.0 §3.1.2.1).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::world::{Page, RelyingParty, Tokens, World};

const ACHIEVED: &str = "urn:doorward:acr:1fa";

/// The login page of a new browser, with this hint.
async fn hinted(world: &World, party: &RelyingParty, hint: &str) -> Page {
    let page = world.browser().look_at(&party.ask().and("login_hint", hint).url()).await;
    assert_eq!((page.id.as_str(), page.answer.status), ("login-page", 200));
    page
}

#[tokio::test]
async fn a_login_hint_is_the_same_page_whether_somebody_has_the_name_or_not() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    // What is read again once this node has heard of its own registrations is not what is asked about.
    world.look().await.unwrap();
    let mut seen = Vec::new();
    for name in [alice.username.as_str(), "nobody"] {
        hinted(&world, &party, name).await;
        world.work();
        let page = hinted(&world, &party, name).await;
        assert_eq!(page.value("username"), name);
        let body =
            page.answer.body.replace(page.hidden("sign_in"), "SIGN_IN").replace(name, "NAME");
        seen.push((body, world.work()));
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn a_login_hint_that_can_be_no_name_is_left_out() {
    let world = World::new().await;
    let party = world.relying_party().await;
    for hint in ["a".repeat(255), "a\nb".to_owned(), "a\u{0}".to_owned()] {
        assert_eq!(hinted(&world, &party, &hint).await.value("username"), "");
    }
    let longest = "a".repeat(254);
    assert_eq!(hinted(&world, &party, &longest).await.value("username"), longest);
}

/// The claims of a token, as whoever has it can read them.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("claims");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON")
}

#[tokio::test]
async fn acr_says_what_was_achieved_whatever_the_client_would_have_liked() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    for wish in [ACHIEVED, "1 2", "urn:stronger", &format!("urn:stronger {ACHIEVED}"), ""] {
        let ask = party.ask().and("acr_values", wish);
        let tokens = party.sign_in_for(&ask, &mut browser, &alice).await;
        assert_eq!(party.verify(tokens.id_token()).await.acr.as_deref(), Some(ACHIEVED), "{wish}");
        assert_eq!(claims(&tokens.access_token)["acr"], ACHIEVED, "{wish}");
        let refreshed = Tokens::read(party.refresh(tokens.refresh_token()).await);
        assert_eq!(claims(refreshed.id_token())["acr"], ACHIEVED, "{wish}");
        assert_eq!(claims(&refreshed.access_token)["acr"], ACHIEVED, "{wish}");
    }
}

#[tokio::test]
async fn discovery_says_which_acr_can_be_achieved() {
    let world = World::new().await;
    let document = world.wire().get("/.well-known/openid-configuration").await.json();
    assert_eq!(document["acr_values_supported"], serde_json::json!([ACHIEVED]));
    assert!(document["claims_supported"].as_array().unwrap().contains(&"acr".into()));
}
