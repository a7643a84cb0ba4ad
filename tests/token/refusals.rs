//! Each refusal of the token endpoint: its status, its code, its headers (RFC 6749 §5.2).

use std::time::Duration;

use flows::admin::refusals::RefusalRecord;
use protocol::{
    oauth_error::is_description,
    paths,
    refusal::{Fact, Segment},
};

use crate::world::{Answer, RelyingParty, Sent, Tokens, World};

fn is_refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status, answer.error().as_str()), (400, code), "{answer:?}");
    assert!(answer.header("content-type").unwrap().starts_with("application/json"), "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
    assert!(is_description(&answer.text("error_description").unwrap()), "{answer:?}");
    let members = answer.json();
    let known = ["error", "error_description", "refusal_id"];
    assert!(members.as_object().unwrap().keys().all(|name| known.contains(&name.as_str())));
}

/// What is said of a refusal, without its own id.
fn words(answer: &Answer) -> String {
    answer.body.replace(&answer.text("refusal_id").unwrap(), "ID")
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
    for grant_type in ["password", "Client_Credentials", "implicit", "Refresh_Token", "x"] {
        asks(&world, &party, &[("grant_type", grant_type)], "unsupported_grant_type").await;
    }
    let codes_alone = world.client(|client| client.grant_types.truncate(1)).await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    asks(&world, &codes_alone, &refresh, "unauthorized_client").await;
    asks(&world, &party, &[("grant_type", "client_credentials")], "unauthorized_client").await;
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
        assert_eq!((answer.status, words(&answer)), (400, words(&unknown)));
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
        assert_eq!((answer.status, words(&answer)), (400, words(&unknown)));
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

#[tokio::test]
async fn how_a_client_should_have_authenticated_is_told_to_operators_alone() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let by_post = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "x"),
        ("client_id", &*party.id()),
        ("client_secret", &party.secret),
    ];
    let answer = world.send(Sent::post(paths::TOKEN).form(&by_post)).await;
    let refusal = told(&world, &answer).await;
    assert_eq!(refusal.reason, "client_authentication_method_not_registered");
    let compared = &refusal.explanation.compared[0];
    assert_eq!(compared.received.as_deref(), Some("client_secret_post"));
    assert_eq!(compared.expected, ["client_secret_basic"]);
    assert!(!answer.body.contains("client_secret_basic"), "{answer:?}");
    let mut guessing = party.clone();
    guessing.secret = "guessed".into();
    let refusal = told(&world, &guessing.refresh("x").await).await;
    assert_eq!((&*refusal.reason, refusal.is_proved), ("client_secret_wrong", false));
    assert!(refusal.explanation.facts.contains(&Fact::number("secrets_that_hold", 1)));
    let nobody = [("client_id", "cli_00000000000000000000000000000000"), ("grant_type", "x")];
    let refusal = told(&world, &world.send(Sent::post(paths::TOKEN).form(&nobody)).await).await;
    assert_eq!((&*refusal.reason, refusal.client_id), ("client_unknown", None));
}

#[tokio::test]
async fn what_binds_a_code_is_shown_beside_what_was_sent() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let ask = party.ask();
    let callback = world.browser().authorize(&ask, &alice).await;
    let elsewhere = ask.clone().set("redirect_uri", "https://client.example/cb2");
    let refusal = told(&world, &party.redeem(&elsewhere, callback.code()).await).await;
    assert_eq!((&*refusal.reason, refusal.is_proved), ("redirect_uri_mismatch", true));
    let compared = &refusal.explanation.compared[0];
    assert_eq!(compared.nearest.as_deref(), Some("https://client.example/cb"));
    assert_eq!(compared.difference.last(), Some(&Segment::Surplus("2".into())));
    let verifier = "a-verifier-of-another-request-that-is-long-enough";
    let other = ask.clone().proving(verifier);
    let refusal = told(&world, &party.redeem(&other, callback.code()).await).await;
    assert_eq!(refusal.reason, "code_verifier_mismatch");
    assert!(refusal.explanation.facts.contains(&Fact::number("code_verifier_bytes", 49)));
    let kept = format!("{refusal:?}");
    assert!(!kept.contains(verifier) && !kept.contains(callback.code()), "{kept}");
    let stranger = world.relying_party().await;
    let refusal = told(&world, &stranger.redeem(&ask, callback.code()).await).await;
    assert_eq!(refusal.reason, "code_of_another_client");
    assert!(refusal.explanation.facts.contains(&Fact::text("code_given_to", party.client_id)));
}

#[tokio::test]
async fn scopes_and_grant_types_are_shown_beside_those_that_may_be_asked_for() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    let refresh = ("refresh_token", tokens.refresh_token());
    let more = [("grant_type", "refresh_token"), refresh, ("scope", "openid emial")];
    let refusal = told(&world, &world.send(party.token_request(&more)).await).await;
    assert_eq!(refusal.reason, "scope_exceeded");
    let compared = &refusal.explanation.compared[0];
    assert_eq!(
        (compared.received.as_deref(), &*compared.expected),
        (Some("emial"), &["openid".into()][..])
    );
    let other = [("grant_type", "refresh-token"), refresh];
    let refusal = told(&world, &world.send(party.token_request(&other)).await).await;
    assert_eq!(refusal.reason, "grant_type_unsupported");
    assert_eq!(refusal.explanation.compared[0].nearest.as_deref(), Some("refresh_token"));
}

#[tokio::test]
async fn the_endpoints_beside_it_explain_themselves_alike() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let (other, public) = (world.relying_party().await, world.public_client().await);
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    for (answer, endpoint, reason) in [
        (other.revoke(tokens.refresh_token()).await, "revoke", "token_of_another_client"),
        (world.send(party.request_to(paths::REVOKE, &[])).await, "revoke", "parameter_missing"),
        (
            world.send(public.introspection("x")).await,
            "introspect",
            "client_authentication_method_not_registered",
        ),
        (world.send(Sent::post(paths::INTROSPECT)).await, "introspect", "body_not_a_form"),
        (world.send(Sent::post(paths::TOKEN)).await, "token", "body_not_a_form"),
    ] {
        let refusal = told(&world, &answer).await;
        assert_eq!((&*refusal.endpoint, &*refusal.reason), (endpoint, reason));
        assert_eq!(refusal.error, answer.error());
        assert!(!format!("{refusal:?}").contains(tokens.refresh_token()));
    }
}

/// What an operator is told of a refusal.
async fn told(world: &World, answer: &Answer) -> RefusalRecord {
    world.refusal(&answer.text("refusal_id").unwrap_or_else(|| panic!("no id in {answer:?}"))).await
}
