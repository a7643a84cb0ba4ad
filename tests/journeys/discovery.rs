//! What the provider says of itself, and whether it is true (OpenID Connect Discovery 1.0 §3, RFC 8414 §2).

use std::{collections::BTreeSet, time::Duration};

use protocol::{jose::Algorithm, paths};
use serde_json::Value;

use crate::world::{Sent, World};

fn texts(value: &Value) -> BTreeSet<&str> {
    value.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect()
}

#[tokio::test]
async fn both_documents_are_one() {
    let world = World::new().await;
    let openid = world.get(paths::OPENID_CONFIGURATION).await;
    let oauth = world.get(paths::OAUTH_AUTHORIZATION_SERVER).await;
    assert_eq!(openid.json(), oauth.json());
    for answer in [openid, oauth] {
        assert_eq!(answer.status, 200);
        assert!(answer.header("content-type").unwrap().starts_with("application/json"));
        assert_eq!(answer.json()["issuer"], world.issuer());
        assert!(answer.header("cache-control").unwrap().contains("max-age="));
    }
}

#[tokio::test]
async fn every_endpoint_that_is_named_answers_and_no_other_is_named() {
    let world = World::new().await;
    let document = world.get(paths::OPENID_CONFIGURATION).await.json();
    let members = document.as_object().unwrap();
    let named =
        members.iter().filter(|(name, _)| name.ends_with("_endpoint") || name.ends_with("_uri"));
    let mut found = BTreeSet::new();
    for (name, address) in named {
        let path = address.as_str().unwrap().strip_prefix(world.issuer()).unwrap();
        let statuses = [world.get(path).await.status, world.send(Sent::post(path)).await.status];
        assert!(statuses.iter().any(|status| *status != 404), "{name}: {statuses:?}");
        found.insert(name.as_str());
    }
    let expected = [
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
        "jwks_uri",
        "end_session_endpoint",
    ];
    assert_eq!(found, expected.into());
}

/// CONFORMANCE D17, and the modules `oidcc-{backchannel,frontchannel}-…-discovery-endpoint-verification` and
/// `oidcc-session-management-discovery-endpoint-verification`.
#[tokio::test]
async fn every_way_to_log_out_is_named() {
    let world = World::new().await;
    let document = world.get(paths::OPENID_CONFIGURATION).await.json();
    for name in [
        "backchannel_logout_supported",
        "backchannel_logout_session_supported",
        "frontchannel_logout_supported",
        "frontchannel_logout_session_supported",
    ] {
        assert_eq!(document[name], true, "{name}");
    }
    for name in ["end_session_endpoint", "check_session_iframe"] {
        assert!(document[name].as_str().unwrap().starts_with("https://"), "{name}");
    }
    let plain = World::with(|setup| setup.issuer = "http://localhost:8080").await;
    let document = plain.get(paths::OPENID_CONFIGURATION).await.json();
    assert_eq!(document.get("check_session_iframe"), None, "no browser keeps its cookie");
}

/// One key signs for each algorithm.
const EACH: usize = Algorithm::ALL.len();

/// How clients say who they are; the last is not enough for who introspects.
const METHODS: [&str; 5] =
    ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"];

#[tokio::test]
async fn what_is_supported_is_said_and_nothing_more() {
    let world = World::new().await;
    let document = world.get(paths::OPENID_CONFIGURATION).await.json();
    let signing = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];
    let id_tokens = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "HS256"];
    let alg = ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"];
    let enc = ["A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"];
    let cases: [(&str, &[&str]); 17] = [
        ("id_token_encryption_alg_values_supported", &alg),
        ("id_token_encryption_enc_values_supported", &enc),
        ("userinfo_signing_alg_values_supported", &signing),
        ("userinfo_encryption_alg_values_supported", &alg),
        ("userinfo_encryption_enc_values_supported", &enc),
        (
            "response_types_supported",
            &[
                "code",
                "id_token",
                "id_token token",
                "code id_token",
                "code token",
                "code id_token token",
            ],
        ),
        ("response_modes_supported", &["query", "fragment", "form_post"]),
        (
            "grant_types_supported",
            &["authorization_code", "client_credentials", "refresh_token", "implicit"],
        ),
        ("code_challenge_methods_supported", &["S256"]),
        ("subject_types_supported", &["public", "pairwise"]),
        ("id_token_signing_alg_values_supported", &id_tokens),
        ("token_endpoint_auth_methods_supported", &METHODS),
        ("introspection_endpoint_auth_methods_supported", &METHODS[..4]),
        ("revocation_endpoint_auth_methods_supported", &METHODS),
        ("scopes_supported", &["openid", "profile", "email", "address", "phone", "offline_access"]),
        ("ui_locales_supported", &["en", "de"]),
        ("display_values_supported", &["page", "popup", "touch", "wap"]),
    ];
    for (member, expected) in cases {
        assert_eq!(texts(&document[member]), expected.iter().copied().collect(), "{member}");
    }
    let is_off = ["request_parameter_supported", "request_uri_parameter_supported"];
    assert_eq!(document["claims_parameter_supported"], true);
    assert!(is_off.iter().all(|member| document[member] == false));
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
}

#[tokio::test]
async fn the_keys_may_be_kept_for_an_hour_and_have_no_private_part() {
    let world = World::new().await;
    let answer = world.get(paths::JWKS).await;
    assert_eq!(answer.header("cache-control"), Some("public, max-age=3600"));
    let jwks = answer.json();
    let keys = jwks["keys"].as_array().unwrap();
    let ids: BTreeSet<_> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!((keys.len(), ids.len()), (EACH, EACH));
    for key in keys {
        assert_eq!(key["use"], "sig");
        let private = ["d", "p", "q", "dp", "dq", "qi", "k"];
        assert!(private.iter().all(|member| key.get(member).is_none()), "{key}");
    }
}

#[tokio::test]
async fn a_new_key_is_published_for_longer_than_the_old_set_may_be_kept_before_it_signs() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let old = key_id(party.sign_in(&mut browser, &alice).await.id_token());
    world.flows().keys.rotate(None).await.unwrap().unwrap();
    world.look().await.unwrap();
    let count = |jwks: Value| jwks["keys"].as_array().unwrap().len();
    assert_eq!(count(world.get(paths::JWKS).await.json()), 2 * EACH);
    world.advance(Duration::from_secs(3600)).await;
    assert_eq!(key_id(party.sign_in(&mut browser, &alice).await.id_token()), old);
    world.advance(Duration::from_secs(600)).await;
    let tokens = party.sign_in(&mut browser, &alice).await;
    assert_ne!(key_id(tokens.id_token()), old);
    party.verify(tokens.id_token()).await;
    // The old ones stay until the last token that they signed is over.
    assert_eq!(count(world.get(paths::JWKS).await.json()), 2 * EACH);
    world.advance(Duration::from_secs(2 * 3600)).await;
    assert_eq!(count(world.get(paths::JWKS).await.json()), EACH);
}

fn key_id(token: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_gets_its_id_tokens_in_its_algorithm() {
    use protocol::{client::IdTokenSigningAlgorithm, jose::Algorithm};
    let world = World::new().await;
    let alice = world.person("alice").await;
    for algorithm in Algorithm::ALL {
        let wish = IdTokenSigningAlgorithm::Known((*algorithm).into());
        let party = world.client(|client| client.id_token_signed_response_alg = wish).await;
        let tokens = party.sign_in(&mut world.browser(), &alice).await;
        let claims = party.verify(tokens.id_token()).await;
        let expected = protocol::tokens::at_hash(*algorithm, &tokens.access_token);
        assert_eq!(claims.at_hash, Some(expected));
    }
}
