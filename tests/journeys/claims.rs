//! What a client may know of its end-user (OpenID Connect Core 1.0 §5).

use std::collections::BTreeSet;

use protocol::{claims::CLAIMS_OF_SCOPES, paths};
use serde_json::{Value, json};

use crate::world::{Sent, Tokens, World};

async fn tokens_for(world: &World, scope: &str) -> (crate::world::RelyingParty, Tokens) {
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let ask = party.ask_for(scope);
    let tokens = party.sign_in_for(&ask, &mut world.browser(), &alice).await;
    (party, tokens)
}

fn names(claims: &Value) -> BTreeSet<&str> {
    claims.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn each_scope_releases_its_claims_at_userinfo_and_no_others() {
    for (scope, of_scope) in CLAIMS_OF_SCOPES {
        let (party, tokens) = tokens_for(&World::new().await, &format!("openid {scope}")).await;
        let userinfo = party.userinfo(&tokens.access_token).await;
        let claims = userinfo.json();
        let mut expected: BTreeSet<_> = of_scope.iter().copied().collect();
        expected.insert("sub");
        assert_eq!(names(&claims), expected, "{scope}");
        assert_eq!(userinfo.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn every_claim_has_the_type_of_core_5_1() {
    let (party, tokens) =
        tokens_for(&World::new().await, "openid profile email address phone").await;
    let claims = party.userinfo(&tokens.access_token).await.json();
    assert_eq!(claims["updated_at"], 1_789_000_000);
    assert_eq!([&claims["email_verified"], &claims["phone_number_verified"]], [true, false]);
    assert_eq!(claims["address"], json!({ "formatted": "1 Street\nTown", "country": "Germany" }));
    let texts = ["name", "email", "birthdate", "zoneinfo", "locale", "website", "phone_number"];
    assert!(texts.iter().all(|name| claims[name].is_string()), "{claims}");
    assert_eq!(claims["sub"], party.verify(tokens.id_token()).await.sub);
}

#[tokio::test]
async fn an_id_token_has_no_claims_of_scopes() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let (_, tokens) = tokens_for(&World::new().await, "openid profile email address phone").await;
    let payload = tokens.id_token().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let expected =
        ["acr", "amr", "at_hash", "aud", "auth_time", "exp", "iat", "iss", "nonce", "sid", "sub"];
    assert_eq!(names(&claims), expected.into());
}

#[tokio::test]
async fn a_token_may_come_in_the_header_or_in_the_body_of_a_post() {
    let world = World::new().await;
    let (_, tokens) = tokens_for(&world, "openid").await;
    let bearer = format!("Bearer {}", tokens.access_token);
    let lower = format!("bEaReR {}", tokens.access_token);
    let in_body = [("access_token", tokens.access_token.as_str())];
    let requests = [
        Sent::get(paths::USERINFO).header("authorization", &bearer),
        Sent::get(paths::USERINFO).header("authorization", &lower),
        Sent::post(paths::USERINFO).header("authorization", &bearer),
        Sent::post(paths::USERINFO).header("authorization", &bearer).form::<&str, &str>(&[]),
        Sent::post(paths::USERINFO).form(&in_body),
    ];
    for request in requests {
        let answer = world.send(request.clone()).await;
        assert_eq!(answer.status, 200, "{request:?}");
        assert!(answer.header("content-type").unwrap().starts_with("application/json"));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_told_as_rfc_6750_says() {
    let world = World::new().await;
    let (party, tokens) = tokens_for(&world, "openid").await;
    let good = tokens.access_token.as_str();
    let bearer =
        |token: &str| Sent::get(paths::USERINFO).header("authorization", format!("Bearer {token}"));
    let challenge = |code| format!("Bearer realm=\"doorward\", error=\"{code}\"");
    let (bad_request, bad_token) = (challenge("invalid_request"), challenge("invalid_token"));
    let cut = &good[..good.len() - 4];
    let cases = [
        (Sent::get(paths::USERINFO), 401, "Bearer realm=\"doorward\"".to_owned()),
        (Sent::post(paths::USERINFO), 401, "Bearer realm=\"doorward\"".to_owned()),
        (
            Sent::get(format!("{}?access_token={good}", paths::USERINFO)),
            401,
            "Bearer realm=\"doorward\"".to_owned(),
        ),
        (bearer(cut), 401, bad_token.clone()),
        (bearer(""), 400, bad_request.clone()),
        (bearer(tokens.id_token()), 401, bad_token.clone()),
        (bearer(tokens.refresh_token()), 401, bad_token.clone()),
        (bearer(&"a".repeat(20_000)), 401, bad_token.clone()),
        (
            Sent::get(paths::USERINFO).header("authorization", "Basic YTpi"),
            401,
            "Bearer realm=\"doorward\"".to_owned(),
        ),
        (Sent::get(paths::USERINFO).header("authorization", "Bearer"), 400, bad_request.clone()),
        (bearer(good).header("authorization", "Bearer x"), 400, bad_request.clone()),
        (
            Sent::post(paths::USERINFO)
                .header("authorization", format!("Bearer {good}"))
                .form(&[("access_token", good)]),
            400,
            bad_request.clone(),
        ),
        (
            Sent::post(paths::USERINFO).form(&[("access_token", good), ("access_token", good)]),
            400,
            bad_request,
        ),
    ];
    for (request, status, www_authenticate) in cases {
        let answer = world.send(request.clone()).await;
        let seen = (answer.status, answer.header("www-authenticate"));
        assert_eq!(seen, (status, Some(www_authenticate.as_str())), "{request:?}");
    }
    world.advance(std::time::Duration::from_secs(15 * 60 + 60)).await;
    assert_eq!(party.userinfo(good).await.header("www-authenticate"), Some(bad_token.as_str()));
}

#[tokio::test]
async fn a_token_without_openid_is_not_for_userinfo() {
    let world = World::new().await;
    let (party, tokens) = tokens_for(&world, "profile").await;
    assert_eq!(tokens.id_token, None);
    let answer = party.userinfo(&tokens.access_token).await;
    assert_eq!((answer.status, answer.error().as_str()), (403, "insufficient_scope"));
}

#[tokio::test]
async fn an_account_that_is_switched_off_or_erased_tells_nothing_more() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let of_alice = party.sign_in(&mut world.browser(), &alice).await;
    let of_bob = party.sign_in(&mut world.browser(), &bob).await;
    world.disable(&alice).await;
    world.erase(&bob).await;
    for tokens in [of_alice, of_bob] {
        assert_eq!(party.userinfo(&tokens.access_token).await.status, 401);
        assert_eq!(party.refresh(tokens.refresh_token()).await.error(), "invalid_grant");
    }
}
