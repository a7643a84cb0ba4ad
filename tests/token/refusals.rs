//! Each refusal of the token endpoint: its status, its code, its headers (RFC 6749 §5.2).

use std::time::Duration;

use protocol::{oauth_error::is_description, paths};

use crate::world::{Answer, RelyingParty, Sent, Tokens, World};

fn is_refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status, answer.error().as_str()), (400, code), "{answer:?}");
    assert!(answer.header("content-type").unwrap().starts_with("application/json"), "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
    assert!(is_description(&answer.text("error_description").unwrap()), "{answer:?}");
    let members = answer.json();
    let known = ["error", "error_description"];
    assert!(members.as_object().unwrap().keys().all(|name| known.contains(&name.as_str())));
}

async fn asks(world: &World, party: &RelyingParty, fields: &[(&str, &str)], code: &str) {
    is_refused(&world.send(party.token_request(fields)).await, code);
}

#[tokio::test]
async fn a_grant_type_that_is_missing_unknown_or_not_the_clients_is_refused() {
    let world = World::new().await;
    let party = world.relying_party().await;
    asks(&world, &party, &[("code", "x")], "invalid_request").await;
    asks(&world, &party, &[("grant_type", "")], "invalid_request").await;
    for grant_type in ["password", "client_credentials", "implicit", "Refresh_Token", "x"] {
        asks(&world, &party, &[("grant_type", grant_type)], "unsupported_grant_type").await;
    }
    let codes_alone = world.client(|client| client.grant_types.truncate(1)).await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    asks(&world, &codes_alone, &refresh, "unauthorized_client").await;
}

#[tokio::test]
async fn what_a_grant_needs_and_does_not_find_is_refused() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let ask = party.ask();
    let callback = world.browser().authorize(&ask, &alice).await;
    let whole = [
        ("grant_type", "authorization_code"),
        ("code", callback.code()),
        ("redirect_uri", ask.get("redirect_uri")),
        ("code_verifier", ask.verifier.as_str()),
    ];
    let without =
        |name| whole.into_iter().filter(move |(known, _)| *known != name).collect::<Vec<_>>();
    asks(&world, &party, &without("code"), "invalid_request").await;
    asks(&world, &party, &without("redirect_uri"), "invalid_request").await;
    asks(&world, &party, &without("code_verifier"), "invalid_grant").await;
    asks(&world, &party, &[("grant_type", "refresh_token")], "invalid_request").await;
    assert_eq!(world.send(party.token_request(&whole)).await.status, 200, "nothing was used up");
}

#[tokio::test]
async fn a_code_that_is_unknown_expired_or_used_is_refused_in_the_same_words() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let ask = party.ask();
    let unknown = party.redeem(&ask, "unknown").await;
    is_refused(&unknown, "invalid_grant");
    let used = browser.authorize(&ask, &alice).await;
    party.redeem(&ask, used.code()).await;
    let expired = browser.authorize(&ask, &alice).await;
    world.advance(Duration::from_secs(61)).await;
    let others = browser.authorize(&ask, &alice).await;
    let stranger = world.relying_party().await;
    let answers = [
        party.redeem(&ask, used.code()).await,
        party.redeem(&ask, expired.code()).await,
        stranger.redeem(&ask, others.code()).await,
        party.redeem(&ask, &"x".repeat(8192)).await,
    ];
    for answer in answers {
        assert_eq!((answer.status, answer.body), (400, unknown.body.clone()));
    }
}

#[tokio::test]
async fn a_refresh_token_that_is_unknown_used_or_revoked_is_refused_in_the_same_words() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let unknown = party.refresh("unknown").await;
    is_refused(&unknown, "invalid_grant");
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    let successor = Tokens::read(party.refresh(tokens.refresh_token()).await);
    world.advance(Duration::from_secs(11)).await;
    let answers = [
        world.relying_party().await.refresh(successor.refresh_token()).await,
        party.refresh(tokens.refresh_token()).await,
        party.refresh(successor.refresh_token()).await,
    ];
    for answer in answers {
        assert_eq!((answer.status, answer.body), (400, unknown.body.clone()));
    }
}

#[tokio::test]
async fn an_account_that_is_switched_off_gets_nothing_for_its_code() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let ask = party.ask();
    let callback = world.browser().authorize(&ask, &alice).await;
    world.disable(&alice).await;
    is_refused(&party.redeem(&ask, callback.code()).await, "invalid_grant");
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let world = World::new().await;
    let form = "grant_type=refresh_token&refresh_token=x";
    for content_type in ["application/json", "text/plain", "multipart/form-data; boundary=x"] {
        let sent = Sent::post(paths::TOKEN).body(content_type, form);
        is_refused(&world.send(sent).await, "invalid_request");
    }
    is_refused(&world.send(Sent::post(paths::TOKEN)).await, "invalid_request");
    let charset = "application/x-www-form-urlencoded; charset=UTF-8";
    let sent = Sent::post(paths::TOKEN).body(charset, form);
    assert_eq!(world.send(sent).await.error(), "invalid_client", "a charset changes nothing");
    // Parameters of the query are none (RFC 6749 §3.2).
    let party = world.public_client().await;
    let sent = Sent::post(format!("{}?client_id={}", paths::TOKEN, party.id()));
    let answer = world.send(sent.form(&[("grant_type", "refresh_token")])).await;
    assert_eq!(answer.error(), "invalid_client");
}
