//! What is given: access tokens of RFC 9068, ID tokens of OpenID Connect Core 1.0 §2, refresh tokens that say nothing.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::world::{RelyingParty, Tokens, World};

async fn given() -> (World, RelyingParty, Tokens) {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let ask = party.ask_for("openid email");
    let tokens = party.sign_in_for(&ask, &mut world.browser(), &alice).await;
    (world, party, tokens)
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn an_access_token_says_what_rfc_9068_asks() {
    let (world, party, tokens) = given().await;
    let (header, claims) = (part(&tokens.access_token, 0), part(&tokens.access_token, 1));
    assert_eq!((&header["typ"], &header["alg"]), (&"at+jwt".into(), &"RS256".into()));
    assert!(header["kid"].is_string());
    assert_eq!(claims["iss"], world.issuer());
    assert_eq!(claims["aud"], world.issuer());
    assert_eq!(claims["client_id"], party.id());
    assert_eq!(claims["scope"], "email openid");
    let (iat, exp) = (claims["iat"].as_u64().unwrap(), claims["exp"].as_u64().unwrap());
    assert_eq!((iat, exp - iat), (world.now().as_seconds(), 900));
    assert_eq!(claims["sub"], party.verify(tokens.id_token()).await.sub);
    let again = Tokens::read(party.refresh(tokens.refresh_token()).await);
    assert_ne!(part(&again.access_token, 1)["jti"], claims["jti"]);
}

#[tokio::test]
async fn an_id_token_is_for_its_client_and_bound_to_its_access_token() {
    let (world, party, tokens) = given().await;
    let claims = party.verify(tokens.id_token()).await;
    assert_eq!(claims.iss, world.issuer());
    assert_eq!(claims.aud.iter().collect::<Vec<_>>(), [party.id()]);
    assert_eq!(part(tokens.id_token(), 0)["alg"], "RS256");
    let expected =
        protocol::tokens::at_hash(protocol::jose::Algorithm::Rs256, &tokens.access_token);
    assert_eq!(claims.at_hash, Some(expected));
    assert_eq!(claims.amr, ["pwd"]);
}

#[tokio::test]
async fn codes_and_refresh_tokens_are_256_bits_of_chance() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        let ask = party.ask();
        let code = browser.authorize(&ask, &alice).await.code().to_owned();
        let refresh_token = Tokens::read(party.redeem(&ask, &code).await).refresh_token.unwrap();
        for token in [code, refresh_token] {
            assert_eq!(URL_SAFE_NO_PAD.decode(&token).unwrap().len(), 32);
            assert!(seen.insert(token));
        }
    }
}

#[tokio::test]
async fn an_answer_is_never_kept_by_anybody_on_the_way() {
    let (_, party, tokens) = given().await;
    let answer = party.refresh(tokens.refresh_token()).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let names: BTreeSet<_> = answer.json().as_object().unwrap().keys().cloned().collect();
    let expected =
        ["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"];
    assert_eq!(names, expected.map(str::to_owned).into());
}
