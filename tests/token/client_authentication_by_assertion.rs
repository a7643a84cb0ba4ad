//! How a client is believed that signs a token to say who it is, and what is refused (RFC 7523 §3, OpenID Connect Core 1.0
//! §9).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::{
    Token,
    client::{AssertionAudience, Client, ClientKind, TokenEndpointAuthMethod},
    client_assertion::CLIENT_ASSERTION_TYPE,
    crypto::{hmac_sha256, sha256},
    paths,
};
use serde_json::{Value, json};

use crate::world::{
    Answer, Sent, World,
    asserting::{Asserting, Key, presenting, signing_with},
    basic,
};

/// A client of each way.
async fn both() -> (World, [Asserting; 2]) {
    let world = World::new().await;
    let clients =
        [world.client_with_key(|_| {}).await, world.client_with_shared_secret(|_| {}).await];
    (world, clients)
}

fn is_believed(answer: &Answer) {
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"), "{answer:?}");
}

fn is_not_believed(answer: &Answer) {
    assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_client"), "{answer:?}");
}

#[tokio::test]
async fn a_client_that_signs_goes_through_the_whole_flow() {
    let (world, clients) = both().await;
    let alice = world.person("alice").await;
    for client in clients {
        let tokens = client.sign_in(&mut world.browser(), &alice).await;
        let refreshing = client.refreshing(&client.assertion(), tokens.refresh_token());
        assert_eq!(world.send(refreshing).await.status, 200);
        let asked = [("token", tokens.access_token.as_str())];
        let asking = presenting(&client.assertion(), paths::INTROSPECT, &asked);
        assert_eq!(world.send(asking).await.json()["active"], true);
        let revoking = presenting(&client.assertion(), paths::REVOKE, &asked);
        assert_eq!(world.send(revoking).await.status, 200);
        let asking = presenting(&client.assertion(), paths::INTROSPECT, &asked);
        assert_eq!(world.send(asking).await.json(), json!({ "active": false }));
    }
}

#[tokio::test]
async fn an_assertion_is_meant_for_the_issuer_the_token_endpoint_or_the_one_that_is_called() {
    let (world, clients) = both().await;
    let of = |path: &str| format!("{}{path}", world.issuer());
    for client in clients {
        for aud in [
            json!(world.issuer()),
            json!(of(paths::TOKEN)),
            json!([world.issuer()]),
            json!([world.issuer(), of(paths::TOKEN)]),
        ] {
            is_believed(&client.tries(&client.assertion_but(&json!({ "aud": aud }))).await);
        }
        for aud in [
            json!(of(paths::REVOKE)),
            json!("https://other.example"),
            json!(["https://other.example", of(paths::TOKEN)]),
            json!(null),
        ] {
            is_not_believed(&client.tries(&client.assertion_but(&json!({ "aud": aud }))).await);
        }
        let here = client.assertion_but(&json!({ "aud": of(paths::REVOKE) }));
        let answer = world.send(presenting(&here, paths::REVOKE, &[("token", "none")])).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[tokio::test]
async fn a_client_can_be_held_to_the_issuer_alone() {
    let world = World::new().await;
    let change = |client: &mut Client| client.assertions.audience = AssertionAudience::Issuer;
    let client = world.client_with_key(change).await;
    is_believed(&client.tries(&client.assertion()).await);
    let token = format!("{}{}", world.issuer(), paths::TOKEN);
    for aud in [json!([world.issuer()]), json!(token), json!([world.issuer(), token])] {
        is_not_believed(&client.tries(&client.assertion_but(&json!({ "aud": aud }))).await);
    }
}

#[tokio::test]
async fn an_assertion_is_of_the_client_in_time_and_has_a_name() {
    let (world, clients) = both().await;
    let now = i64::try_from(world.now().as_seconds()).expect("a time");
    for client in clients {
        let refused = [
            json!({ "iss": null }),
            json!({ "iss": "other" }),
            json!({ "sub": null }),
            json!({ "exp": null }),
            json!({ "exp": now - 300 }),
            json!({ "exp": now + 3_700 }),
            json!({ "iat": now + 61 }),
            json!({ "nbf": now + 61 }),
            json!({ "jti": null }),
            json!({ "jti": "" }),
        ];
        for changes in refused {
            is_not_believed(&client.tries(&client.assertion_but(&changes)).await);
        }
        for changes in
            [json!({ "nbf": now + 8 }), json!({ "iat": now + 8 }), json!({ "iat": null })]
        {
            is_believed(&client.tries(&client.assertion_but(&changes)).await);
        }
    }
}

#[tokio::test]
async fn who_is_not_believed_learns_nothing_else() {
    let (world, [private, shared]) = both().await;
    let basic_client = world.relying_party().await;
    let mut of_unknown = private.claims();
    let unknown = protocol::ClientId::new(world.store().randomness()).to_string();
    (of_unknown["iss"], of_unknown["sub"]) = (json!(unknown), json!(unknown));
    let mut of_basic = private.claims();
    (of_basic["iss"], of_basic["sub"]) = (json!(basic_client.id()), json!(basic_client.id()));
    let told = |answer: Answer| (answer.text("error"), answer.text("error_description"));
    let expected = private.tries("x").await;
    is_not_believed(&expected);
    let expected = told(expected);
    let others = [
        private.key.sign(&of_unknown),
        private.key.sign(&of_basic),
        shared.key.sign(&private.claims()),
        private.key.sign(&shared.claims()),
        Key::drawn(&world).sign(&private.claims()),
        private.assertion_but(&json!({ "exp": 1 })),
    ];
    for assertion in others {
        assert_eq!(told(private.tries(&assertion).await), expected);
    }
}

#[tokio::test]
async fn a_client_that_signs_is_believed_in_no_other_way() {
    let (world, [private, shared]) = both().await;
    let grant = [("grant_type", "refresh_token"), ("refresh_token", "none")];
    let Key::Shared(secret) = &shared.key else { panic!("it is shared") };
    let id = shared.party.id();
    let sent = Sent::post(paths::TOKEN).form(&grant).header("authorization", basic(&id, secret));
    is_not_believed(&world.send(sent).await);
    for client in [&private, &shared] {
        let id = client.party.id();
        let in_body = [("client_id", id.as_str()), ("client_secret", secret)];
        let sent = Sent::post(paths::TOKEN).form(&[&grant, &in_body[..]].concat());
        is_not_believed(&world.send(sent).await);
        let sent = Sent::post(paths::TOKEN).form(&[&grant[..], &in_body[..1]].concat());
        is_not_believed(&world.send(sent).await);
    }
}

#[tokio::test]
async fn two_ways_at_once_or_half_a_way_are_refused() {
    let (world, [client, _]) = both().await;
    let (assertion, other) = (client.assertion(), world.public_client().await.id());
    let ask =
        |fields: Vec<(&'static str, String)>| world.send(Sent::post(paths::TOKEN).form(&fields));
    let by = |kind: &str| {
        vec![
            ("grant_type", "refresh_token".to_owned()),
            ("client_assertion", assertion.clone()),
            ("client_assertion_type", kind.to_owned()),
        ]
    };
    for more in [("client_secret", "x".to_owned()), ("client_id", other)] {
        let answer = ask([by(CLIENT_ASSERTION_TYPE), vec![more]].concat()).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"));
    }
    is_not_believed(&ask(by("urn:ietf:params:oauth:client-assertion-type:saml2-bearer")).await);
    is_not_believed(&ask(by("")).await);
    is_not_believed(&ask(by(CLIENT_ASSERTION_TYPE)[2..].to_vec()).await);
    let header = basic(&client.party.id(), "x");
    let sent = presenting(&assertion, paths::TOKEN, &[]).header("authorization", header);
    assert_eq!(world.send(sent).await.error(), "invalid_request");
    let same = ("client_id", client.party.id());
    let missing = ask([by(CLIENT_ASSERTION_TYPE), vec![same]].concat()).await;
    assert_eq!(missing.status, 400, "believed, but nothing is presented");
}

/// A token of this header, with what `sign` makes of it.
fn made(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn no_token_chooses_its_algorithm_or_brings_its_key() {
    let (world, [client, shared]) = both().await;
    let Key::Private(key) = &client.key else { panic!("it is private") };
    let public = serde_json::to_value(key.public_jwk()).expect("a key");
    let with =
        |secret: String| move |text: &[u8]| hmac_sha256(&sha256(secret.as_bytes()), text).to_vec();
    let (claims, none) = (client.claims(), |_: &[u8]| Vec::new());
    let kid = &public["kid"];
    let tokens = [
        made(&json!({ "alg": "none" }), &claims, none),
        made(&json!({ "alg": "none", "kid": kid }), &claims, none),
        made(&json!({ "alg": "HS256" }), &claims, with(public.to_string())),
        made(&json!({ "alg": "HS256", "kid": kid }), &claims, with(public["x"].to_string())),
        made(&json!({ "alg": "ES256", "kid": kid }), &claims, none),
        made(&json!({ "alg": "ES256", "jwk": public }), &claims, none),
        made(&json!({ "alg": "ES256", "jku": "https://evil.example" }), &claims, none),
        made(&json!({ "alg": "ES256", "x5u": "https://evil.example" }), &claims, none),
    ];
    world.work();
    for token in tokens {
        is_not_believed(&client.tries(&token).await);
    }
    // The `kid` of another client names no key of this one.
    let other = world.client_with_key(|_| {}).await;
    is_not_believed(&client.tries(&other.key.sign(&client.claims())).await);
    is_not_believed(&shared.tries(&other.key.sign(&shared.claims())).await);
    is_believed(&client.tries(&client.assertion()).await);
}

#[tokio::test]
async fn a_client_can_be_held_to_one_algorithm() {
    let world = World::new().await;
    for (algorithm, is_good) in [("ES256", true), ("PS256", false)] {
        let alone = json!({ "signing_alg": algorithm });
        let change = |client: &mut Client| {
            client.assertions = serde_json::from_value(alone).expect("a policy")
        };
        let client = world.client_with_key(change).await;
        let answer = client.tries(&client.assertion()).await;
        if is_good { is_believed(&answer) } else { is_not_believed(&answer) }
    }
}

#[tokio::test]
async fn a_key_that_was_replaced_is_refused_at_once() {
    let (world, [client, _]) = both().await;
    let beside = world.beside("second").await;
    for world in [&world, &beside] {
        is_believed(&world.send(client.refreshing(&client.assertion(), "none")).await);
    }
    let successor = Key::drawn(&world);
    world.change_client(&client.party, signing_with(&successor)).await;
    for world in [&world, &beside] {
        is_not_believed(&world.send(client.refreshing(&client.assertion(), "none")).await);
        let assertion = successor.sign(&client.claims());
        is_believed(&world.send(client.refreshing(&assertion, "none")).await);
    }
}

#[tokio::test]
async fn a_shared_secret_holds_until_it_expires_and_beside_its_successor() {
    let (world, [_, client]) = both().await;
    let successor = Token::new_for_hmac(world.store().randomness());
    let ends_at = world.now() + Duration::from_secs(60);
    let rotate = |changed: &mut Client| {
        let kept = world.readable(&successor, changed);
        let ClientKind::Confidential { secrets, .. } = &mut changed.kind else { panic!() };
        secrets[0].expires_at = Some(ends_at);
        secrets.push(kept);
    };
    world.change_client(&client.party, rotate).await;
    let new = Key::Shared(successor.expose().to_owned());
    is_believed(&client.tries(&client.assertion()).await);
    is_believed(&client.tries(&new.sign(&client.claims())).await);
    world.advance(Duration::from_secs(60)).await;
    is_not_believed(&client.tries(&client.assertion()).await);
    is_believed(&client.tries(&new.sign(&client.claims())).await);
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_proves_nothing_by_a_signature() {
    let world = World::new().await;
    let method = TokenEndpointAuthMethod::ClientSecretJwt;
    let party = world.client(World::authenticating(method)).await;
    let client = Asserting::over(&world, party.clone(), Key::Shared(party.secret.repeat(2)));
    is_not_believed(&client.tries(&client.assertion()).await);
}

#[tokio::test]
async fn discovery_says_how_assertions_may_be_signed() {
    let world = World::new().await;
    let document = world.wire().get("/.well-known/openid-configuration").await.json();
    let methods =
        ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"];
    let algorithms = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
        "HS256", "HS384", "HS512",
    ];
    for endpoint in ["token", "introspection", "revocation"] {
        let served = &document[format!("{endpoint}_endpoint_auth_methods_supported")];
        let has = |method: &str| served.as_array().is_some_and(|all| all.contains(&json!(method)));
        assert!(methods.iter().all(|method| has(method)), "{endpoint}: {served}");
        assert_eq!(has("none"), endpoint != "introspection");
        let served = &document[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")];
        assert_eq!(*served, json!(algorithms), "{endpoint}");
    }
}
