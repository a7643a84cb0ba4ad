//! ID tokens under the secret of their client, HS256 (MISSION T1, OpenID Connect Core 1.0 §10.1): whoever has the secret could
//! have written them, and so they are believed of that client alone.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::{
    SessionId, Token,
    client::{Client, ClientKind, TokenEndpointAuthMethod},
    crypto::hmac_sha256,
    jose::IdTokenAlgorithm,
    paths,
    tokens::at_hash,
};
use serde_json::{Value, json};

use crate::world::{
    Browser, POST_LOGOUT_REDIRECT_URI, Person, RelyingParty, Tokens, World, algorithm, claims,
};

/// Has a client's ID tokens signed with this secret of its own.
fn under(world: &World, secret: &Token) -> impl FnOnce(&mut Client) {
    let (world, secret) = (world.clone(), secret.clone());
    move |client| {
        client.id_token_signed_response_alg = IdTokenAlgorithm::Hs256.into();
        client.kind = ClientKind::Confidential {
            token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretBasic,
            secrets: vec![world.readable(&secret, client)],
        };
    }
}

struct Scene {
    world: World,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
    tokens: Tokens,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let secret = Token::new(world.store().randomness());
    let mut party = world.client(under(&world, &secret)).await;
    party.secret = secret.expose().to_owned();
    let mut browser = world.browser();
    let tokens = party.sign_in(&mut browser, &alice).await;
    Scene { world, alice, party, browser, tokens }
}

fn signed(secret: &str, header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let tag = hmac_sha256(secret.as_bytes(), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn header() -> Value {
    json!({ "alg": "HS256", "typ": "JWT" })
}

fn is_signed_under(secret: &str, token: &str) -> bool {
    let (message, tag) = token.rsplit_once('.').unwrap();
    URL_SAFE_NO_PAD.encode(hmac_sha256(secret.as_bytes(), message.as_bytes())) == tag
}

impl Scene {
    async fn silent(&mut self, hint: &str) -> String {
        let ask = self.party.ask().set("prompt", "none").and("id_token_hint", hint);
        let callback = self.browser.open(&ask.url()).await.callback();
        if callback.get("code").is_some() { "code".to_owned() } else { callback.error().to_owned() }
    }

    async fn logout(&mut self, hint: &str) -> (u16, String) {
        let page = self.browser.look_at(&self.party.logout(&[("id_token_hint", hint)])).await;
        (page.answer.status, page.id)
    }
}

#[tokio::test]
async fn an_id_token_verifies_with_the_secret_and_nothing_else_is_under_it() {
    let Scene { world, party, tokens, alice, .. } = scene().await;
    let id_token = tokens.id_token();
    assert!(is_signed_under(&party.secret, id_token));
    let head: Value = serde_json::from_slice(
        &URL_SAFE_NO_PAD.decode(id_token.split('.').next().unwrap()).unwrap(),
    )
    .unwrap();
    assert_eq!(head, header(), "no key of ours is named");
    let told = claims(id_token);
    assert_eq!(told["at_hash"], at_hash(IdTokenAlgorithm::Hs256, &tokens.access_token));
    assert_eq!(told["sub"], json!(alice.account_id));
    assert_eq!((&told["iss"], &told["aud"]), (&json!(world.issuer()), &json!(party.id())));
    assert_eq!(algorithm(&tokens.access_token), "RS256");
    let userinfo = party.userinfo(&tokens.access_token).await;
    assert_eq!(userinfo.json()["sub"], told["sub"]);
    let refreshed = Tokens::read(party.refresh(tokens.refresh_token()).await);
    assert!(is_signed_under(&party.secret, refreshed.id_token()));
}

#[tokio::test]
async fn it_is_a_hint_of_its_client_at_sign_in_and_at_logout() {
    let mut scene = scene().await;
    let hint = scene.tokens.id_token().to_owned();
    assert_eq!(scene.silent(&hint).await, "code");
    let bob = scene.world.person("bob").await;
    let of_bob = scene.party.sign_in(&mut scene.world.browser(), &bob).await;
    assert_eq!(scene.silent(of_bob.id_token()).await, "login_required");
    assert_eq!(scene.logout(of_bob.id_token()).await, (200, "logout-page".into()));
    let uri = ("post_logout_redirect_uri", POST_LOGOUT_REDIRECT_URI);
    let logout = scene.party.logout(&[("id_token_hint", &hint), uri]);
    let callback = scene.browser.open(&logout).await.callback();
    assert_eq!(callback.url.as_str(), POST_LOGOUT_REDIRECT_URI);
    assert_eq!(scene.silent(&hint).await, "login_required");
}

/// ATTACKS 28, 50: a hint is believed under the one secret that its client is registered to have it under.
#[tokio::test]
async fn a_hint_under_anything_else_is_refused() {
    let mut scene = scene().await;
    let told = claims(scene.tokens.id_token());
    let jwks = scene.world.get(paths::JWKS).await;
    let keys = jwks.json();
    let n = keys["keys"].as_array().unwrap().iter().find_map(|key| key["n"].as_str()).unwrap();
    let other_secret = Token::new(scene.world.store().randomness());
    let other = scene.world.client(under(&scene.world, &other_secret)).await;
    let mut of_other = told.clone();
    of_other["aud"] = json!(other.id());
    let own = scene.party.secret.clone();
    let mut elsewhere = told.clone();
    elsewhere["iss"] = json!("https://other.example");
    let forged = [
        signed(&jwks.body, &header(), &told),
        signed(n, &header(), &told),
        signed("", &header(), &told),
        signed(other_secret.expose(), &header(), &told),
        signed(&own, &header(), &elsewhere),
        signed(&own, &header(), &of_other),
        signed(&own, &json!({ "alg": "HS256" }), &json!({ "aud": scene.party.id() })),
        signed(&own, &json!({ "alg": "HS512", "typ": "JWT" }), &told),
        signed(&own, &json!({ "alg": "RS256", "typ": "JWT" }), &told),
        signed(&own, &json!({ "alg": "none", "typ": "JWT" }), &told),
        signed(&own, &json!({ "alg": "HS256", "typ": "JWT", "crit": ["b64"] }), &told),
    ];
    for hint in &forged {
        assert_eq!(scene.silent(hint).await, "invalid_request", "{hint:.60}");
        assert_eq!(scene.logout(hint).await, (400, "error-page".into()), "{hint:.60}");
    }
    // Of another client it may be a good hint, and never of this one.
    let of_other = signed(other_secret.expose(), &header(), &of_other);
    assert_eq!(scene.silent(&of_other).await, "invalid_request");
    for place in [scene.tokens.id_token(), &forged[4]] {
        assert_eq!(scene.party.userinfo(place).await.status, 401, "no access token");
    }
}

/// A client that is not registered for it has nobody's secret in its hints, though it has one that we can read.
#[tokio::test]
async fn a_client_that_is_registered_for_a_key_of_ours_has_no_hint_under_its_secret() {
    let Scene { world, party, mut browser, tokens, .. } = scene().await;
    world
        .change_client(&party, |client| client.id_token_signed_response_alg = Default::default())
        .await;
    let ask = party.ask().set("prompt", "none").and("id_token_hint", tokens.id_token());
    assert_eq!(browser.open(&ask.url()).await.callback().error(), "invalid_request");
    let logout = party.logout(&[("id_token_hint", tokens.id_token())]);
    assert_eq!(browser.look_at(&logout).await.answer.status, 400);
}

/// Who has the secret can name any session. That ends none which is not of this browser, nor writes anything.
#[tokio::test]
async fn what_the_client_could_have_written_ends_no_session_elsewhere() {
    let mut scene = scene().await;
    let mut told = claims(scene.tokens.id_token());
    let mut elsewhere = scene.world.browser();
    let party = scene.party.clone();
    let there = party.sign_in(&mut elsewhere, &scene.alice).await;
    for sid in [claims(there.id_token())["sid"].clone(), json!(SessionId::from_bytes([7; 16]))] {
        told["sid"] = sid;
        let hint = signed(&party.secret, &header(), &told);
        let mut nobody = scene.world.browser();
        scene.world.work();
        nobody.look_at(&party.logout(&[("id_token_hint", &hint)])).await;
        assert_eq!(scene.world.work().commits, 0);
    }
    let ask = party.ask().set("prompt", "none");
    assert!(elsewhere.open(&ask.url()).await.callback().get("code").is_some());
    assert_eq!(scene.silent(there.id_token()).await, "code", "the same end-user");
}

#[tokio::test]
async fn the_secret_that_was_made_last_signs_and_an_older_one_verifies_until_it_ends() {
    let mut scene = scene().await;
    let (world, old) = (scene.world.clone(), scene.tokens.id_token().to_owned());
    world.advance(Duration::from_secs(1)).await;
    let new = Token::new(world.store().randomness());
    let ends_at = world.now() + Duration::from_secs(60);
    world
        .change_client(&scene.party, |client| {
            let added = world.readable(&new, client);
            let ClientKind::Confidential { secrets, .. } = &mut client.kind else { unreachable!() };
            secrets[0].expires_at = Some(ends_at);
            secrets.push(added);
        })
        .await;
    let tokens = scene.party.sign_in(&mut scene.browser, &scene.alice).await;
    assert!(is_signed_under(new.expose(), tokens.id_token()));
    assert_eq!(scene.silent(&old).await, "code");
    scene.world.advance(Duration::from_secs(60)).await;
    assert_eq!(scene.silent(&old).await, "invalid_request");
    assert_eq!(scene.silent(tokens.id_token()).await, "code");
}

/// MISSION T1: fewer than 32 bytes sign nothing, nor does a secret that we cannot read; and nothing else is given instead.
#[tokio::test]
async fn without_a_secret_to_sign_with_no_id_token_is_given() {
    let Scene { world, party, mut browser, alice, .. } = scene().await;
    let short = Token::presented("a".repeat(31));
    for secret in [Some(short), None] {
        world
            .change_client(&party, |client| {
                let own = client.secrets()[0].clone();
                let kept = match &secret {
                    Some(secret) => world.readable(secret, client),
                    None => protocol::client::ClientSecret { sealed: None, ..own },
                };
                let ClientKind::Confidential { secrets, .. } = &mut client.kind else {
                    unreachable!()
                };
                *secrets = vec![kept];
            })
            .await;
        let mut party = party.clone();
        party.secret = secret.map_or(party.secret, |secret| secret.expose().to_owned());
        let ask = party.ask();
        let code = browser.authorize(&ask, &alice).await;
        let answer = party.redeem(&ask, code.code()).await;
        assert!([401, 500].contains(&answer.status), "{answer:?}");
        assert!(answer.text("id_token").is_none());
    }
}
