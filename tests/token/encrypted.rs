//! ID tokens and userinfo that are encrypted for their client, and userinfo that is signed (OpenID Connect Core 1.0 §5.3.2,
//! §16.14).

use protocol::{
    client::{AnswerPolicy, Client, EncryptedResponse, SigningAlgorithm},
    jose::{Algorithm, ClientJwks, ContentEncryption, EncryptionAlgorithm, Jwks, VerifyingKeys},
    paths,
    tokens::UserinfoClaims,
};
use serde_json::{Value, json};

use crate::world::{
    Answer, Browser, Person, RelyingParty, Tokens, World, claims,
    recipient::{Recipient, derived_between},
};

const ALGORITHMS: [EncryptionAlgorithm; 5] = [
    EncryptionAlgorithm::RsaOaep,
    EncryptionAlgorithm::RsaOaep256,
    EncryptionAlgorithm::EcdhEs,
    EncryptionAlgorithm::EcdhEsA128Kw,
    EncryptionAlgorithm::EcdhEsA256Kw,
];

fn encrypted(alg: EncryptionAlgorithm, enc: ContentEncryption) -> Option<EncryptedResponse> {
    Some(EncryptedResponse { alg: alg.into(), enc: enc.into() })
}

/// Userinfo that must be a token.
fn token(answer: &Answer) -> &str {
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/jwt")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    &answer.body
}

/// What a signed answer says, where one of the published keys has signed it.
async fn verified(world: &World, token: &str) -> Value {
    let jwks: Jwks = serde_json::from_value(world.get(paths::JWKS).await.json()).unwrap();
    let keys = VerifyingKeys::new(&jwks.keys).unwrap();
    // It is no ID token, and is not read as one.
    let refused = keys.authentic::<UserinfoClaims>(token).unwrap_err();
    assert_eq!(
        refused,
        protocol::jose::Refused::Claims,
        "its signature verifies, and it has no exp"
    );
    claims(token)
}

/// A client of a recipient, for these answers.
async fn client_of(world: &World, keys: &Recipient, answers: AnswerPolicy) -> RelyingParty {
    let jwks = keys.jwks();
    let change = |client: &mut Client| {
        (client.jwks, client.answers) = (jwks, answers);
    };
    world.client(change).await
}

/// I3: each way of encryption, at both places, opened by the client's own key; `sub` is the same at all of them.
#[tokio::test]
async fn what_is_encrypted_is_opened_by_the_client_alone_and_says_the_same() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let (rsa, curve) = (Recipient::rsa(), Recipient::on_p256());
    for alg in ALGORITHMS {
        for enc in ContentEncryption::ALL {
            let is_rsa = alg.name().starts_with("RSA");
            let keys = if is_rsa { &rsa } else { &curve };
            let response = encrypted(alg, *enc);
            let answers = AnswerPolicy {
                id_token_encryption: response.clone(),
                userinfo_signed_response_alg: None,
                userinfo_encryption: response,
            };
            let party = client_of(&world, keys, answers).await;
            let tokens = party.sign_in(&mut world.browser(), &alice).await;
            let opened = keys.open(tokens.id_token());
            let said = &opened.header;
            assert_eq!((&said["alg"], &said["enc"]), (&json!(alg.name()), &json!(enc.name())));
            assert_eq!((&said["cty"], &said["kid"]), (&json!("JWT"), &json!("enc")));
            assert_eq!((said.get("zip"), said.get("typ")), (None, None));
            let told = party.verify(&opened.text).await;
            let userinfo = party.userinfo(&tokens.access_token).await;
            let opened = keys.open(token(&userinfo));
            assert_eq!(
                (opened.header.get("cty"), &opened.header["alg"]),
                (None, &json!(alg.name()))
            );
            let claimed: Value = serde_json::from_str(&opened.text).unwrap();
            assert_eq!(claimed["sub"], told.sub);
            assert!(claimed.get("iss").is_none(), "nobody signed it");
        }
    }
}

/// I7.
#[tokio::test]
async fn signed_userinfo_says_who_tells_whom_and_nothing_of_the_request() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    for algorithm in Algorithm::ALL {
        let wish = Some(SigningAlgorithm::Known(*algorithm));
        let answers = AnswerPolicy { userinfo_signed_response_alg: wish, ..Default::default() };
        let party = world.client(|client| client.answers = answers).await;
        let ask = party.ask_for("openid email");
        let tokens = party.sign_in_for(&ask, &mut world.browser(), &alice).await;
        let userinfo = party.userinfo(&tokens.access_token).await;
        assert_eq!(crate::world::algorithm(token(&userinfo)), algorithm.name());
        let told = verified(&world, token(&userinfo)).await;
        assert_eq!((&told["iss"], &told["aud"]), (&json!(world.issuer()), &json!(party.id())));
        assert_eq!(told["sub"], party.verify(tokens.id_token()).await.sub);
        assert_eq!(told["email"], json!(alice.email));
        assert!(["nonce", "exp"].iter().all(|name| told.get(name).is_none()), "{told}");
        let hinted = party.ask().and("id_token_hint", token(&userinfo));
        let refused = world.browser().open(&hinted.url()).await.callback();
        assert_eq!(refused.error(), "invalid_request", "it is no ID token");
    }
}

#[tokio::test]
async fn userinfo_is_signed_first_and_then_encrypted() {
    let world = World::new().await;
    let (alice, keys) = (world.person("alice").await, Recipient::on_p256());
    let answers = AnswerPolicy {
        id_token_encryption: None,
        userinfo_signed_response_alg: Some(Algorithm::Es256.into()),
        userinfo_encryption: encrypted(ALGORITHMS[3], ContentEncryption::A256Gcm),
    };
    let party = client_of(&world, &keys, answers).await;
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    party.verify(tokens.id_token()).await;
    let opened = keys.open(token(&party.userinfo(&tokens.access_token).await));
    assert_eq!(opened.header["cty"], "JWT");
    assert_eq!(verified(&world, &opened.text).await["aud"], party.id());
}

struct Scene {
    world: World,
    alice: Person,
    keys: Recipient,
    party: RelyingParty,
    browser: Browser,
}

/// A client whose ID tokens and userinfo are encrypted.
async fn encrypting() -> Scene {
    let world = World::new().await;
    let (alice, keys) = (world.person("alice").await, Recipient::on_p256());
    let response = encrypted(ALGORITHMS[2], ContentEncryption::A128CbcHs256);
    let answers = AnswerPolicy {
        id_token_encryption: response.clone(),
        userinfo_signed_response_alg: None,
        userinfo_encryption: response,
    };
    let party = client_of(&world, &keys, answers).await;
    let browser = world.browser();
    Scene { world, alice, keys, party, browser }
}

/// Whatever became of its keys, and whatever a later release has chosen: it is encrypted, or nothing is told.
#[tokio::test]
async fn what_cannot_be_encrypted_is_not_told_and_the_code_is_not_used_up() {
    let Scene { world, alice, keys, party, mut browser } = encrypting().await;
    let good = keys.jwks();
    let tokens = party.sign_in(&mut browser, &alice).await;
    let ask = party.ask();
    let code = browser.authorize(&ask, &alice).await;
    let later: EncryptedResponse =
        serde_json::from_value(json!({ "alg": "LATER", "enc": "A128GCM" })).unwrap();
    let gone = |client: &mut Client| client.jwks = ClientJwks::default();
    let changed = |client: &mut Client| {
        client.jwks = good.clone();
        client.answers.id_token_encryption = Some(later.clone());
        client.answers.userinfo_encryption = Some(later.clone());
    };
    let changes: [&dyn Fn(&mut Client); 2] = [&gone, &changed];
    for change in changes {
        world.change_client(&party, change).await;
        let answer = party.redeem(&ask, code.code()).await;
        assert_eq!((answer.status, answer.error().as_str()), (500, "server_error"));
        assert!(!answer.body.contains("ey"), "{answer:?}");
        let answer = party.userinfo(&tokens.access_token).await;
        assert_eq!((answer.status, answer.error().as_str()), (500, "server_error"));
        assert!(!answer.body.contains("sub"), "{answer:?}");
    }
    let response = encrypted(ALGORITHMS[4], ContentEncryption::A128Gcm);
    world.change_client(&party, |client| client.answers.id_token_encryption = response).await;
    let tokens = Tokens::read(party.redeem(&ask, code.code()).await);
    party.verify(&keys.open(tokens.id_token()).text).await;
}

/// A hint is the signed token: nobody else could have opened the encrypted one, and we have no key for it either.
#[tokio::test]
async fn an_encrypted_hint_is_refused_and_the_signed_one_inside_it_is_good() {
    let Scene { alice, keys, party, mut browser, .. } = encrypting().await;
    let tokens = party.sign_in(&mut browser, &alice).await;
    let inside = keys.open(tokens.id_token()).text;
    let silent = async |browser: &mut Browser, hint: &str| {
        let ask = party.ask().set("prompt", "none").and("id_token_hint", hint);
        browser.open(&ask.url()).await.callback()
    };
    assert_eq!(silent(&mut browser, tokens.id_token()).await.error(), "invalid_request");
    assert!(silent(&mut browser, &inside).await.get("code").is_some());
    let logout = party.logout(&[("id_token_hint", tokens.id_token())]);
    assert_eq!(browser.look_at(&logout).await.answer.status, 400);
    let logout = party.logout(&[("id_token_hint", &inside)]);
    assert_eq!(browser.look_at(&logout).await.id, "logged-out-page");
}

#[tokio::test]
async fn a_refreshed_id_token_is_encrypted_too() {
    let Scene { alice, keys, party, mut browser, .. } = encrypting().await;
    let ask = party.ask_for("openid offline_access");
    let first = party.sign_in_for(&ask, &mut browser, &alice).await;
    let again = Tokens::read(party.refresh(first.refresh_token()).await);
    let [first, again] = [&first, &again].map(|tokens| keys.open(tokens.id_token()).text);
    assert_eq!(party.verify(&first).await.sub, party.verify(&again).await.sub);
}

/// What opens tokens in these tests is right itself: RFC 7518 Appendix C.
#[test]
fn keys_are_derived_as_in_rfc_7518() {
    let agreed = [
        158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110,
        163, 218, 128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196,
    ];
    let key = derived_between(&agreed, ("A128GCM", 16), ["Alice", "Bob"]);
    let expected = [86, 170, 141, 234, 248, 35, 109, 32, 92, 34, 40, 205, 113, 167, 16, 26];
    assert_eq!(key, expected);
}
