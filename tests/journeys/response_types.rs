//! What comes back through the browser, by response type (OpenID Connect Core 1.0 §3.2, §3.3; CONFORMANCE 2.2, columns I and
//! H).

use protocol::{
    authorize::ResponseMode,
    client::{ClientKind, GrantType, IdTokenSigningAlgorithm, ResponseType},
    jose::Algorithm,
    tokens::{at_hash, c_hash},
};
use serde_json::{Value, json};

use crate::world::{Ask, Callback, Person, RelyingParty, Tokens, World, answered_anyhow, claims};

/// Somebody who goes to a client that may ask for everything.
struct Scene {
    world: World,
    alice: Person,
    party: RelyingParty,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.client(answered_anyhow).await);
    Scene { world, alice, party }
}

impl Scene {
    async fn answer(&self, ask: &Ask) -> Callback {
        self.world.browser().authorize(ask, &self.alice).await
    }

    async fn answer_by(&self, response_type: &ResponseType) -> (Ask, Callback) {
        let ask = self.party.ask_by(response_type);
        let callback = self.answer(&ask).await;
        (ask, callback)
    }
}

/// The parameters that come for a response type, in order.
fn expected(response_type: &ResponseType) -> Vec<&'static str> {
    let mut names = Vec::new();
    if response_type.has_code() {
        names.push("code");
    }
    if response_type.has_token() {
        names.extend(["access_token", "token_type", "expires_in", "scope"]);
    }
    if response_type.has_id_token() {
        names.push("id_token");
    }
    [&names[..], &["session_state", "state", "iss"]].concat()
}

/// A3, A4, A6.
#[tokio::test]
async fn each_type_gives_what_it_names_and_nothing_else() {
    let scene = scene().await;
    for response_type in ResponseType::ALL {
        let (ask, callback) = scene.answer_by(&response_type).await;
        assert_eq!(callback.names(), expected(&response_type), "{response_type:?}");
        let standard = match response_type {
            ResponseType::Code => ResponseMode::Query,
            _ => ResponseMode::Fragment,
        };
        assert_eq!(callback.mode, standard);
        assert_eq!(callback.url.query().is_some(), standard == ResponseMode::Query);
        assert_eq!(callback.get("state"), Some(ask.get("state")));
        assert_eq!(callback.get("iss"), Some(scene.world.issuer()));
        if response_type.has_token() {
            let given = ["token_type", "expires_in", "scope"].map(|name| callback.must(name));
            assert_eq!(given, ["Bearer", "900", "openid"]);
        }
        if response_type.has_code() {
            assert_eq!(callback.code().len(), 43, "256 bits in base64url");
        }
    }
}

/// A19: the words of a response type in any order, the scopes and the parameters too.
#[tokio::test]
async fn the_order_of_words_scopes_and_parameters_is_free() {
    let scene = scene().await;
    let mut ask = scene.party.ask().set("response_type", "token id_token code");
    ask = ask.set("scope", "phone address email profile openid");
    ask.parameters.reverse();
    let callback = scene.answer(&ask).await;
    assert_eq!(callback.names(), expected(&ResponseType::CodeIdTokenToken));
}

/// I1, I2, I3: an ID token from the authorization endpoint verifies, has the nonce, and says what it came with.
#[tokio::test]
async fn an_id_token_is_bound_to_what_it_came_with() {
    let scene = scene().await;
    for response_type in ResponseType::ALL.into_iter().filter(ResponseType::has_id_token) {
        let (ask, callback) = scene.answer_by(&response_type).await;
        let verified = scene.party.verify(callback.must("id_token")).await;
        assert_eq!(verified.sub, scene.alice.account_id.to_string());
        assert_eq!(verified.nonce.as_deref(), Some(ask.get("nonce")));
        let hash = |name, hash: fn(Algorithm, &str) -> String| {
            callback.get(name).map(|value| hash(Algorithm::Rs256, value))
        };
        assert_eq!(verified.at_hash, hash("access_token", at_hash), "{response_type:?}");
        assert_eq!(verified.c_hash, hash("code", c_hash), "{response_type:?}");
        assert!(verified.auth_time.is_some() && verified.sid.is_some() && verified.acr.is_some());
    }
}

/// I2, by the algorithm that the client registered.
#[tokio::test]
async fn the_hashes_are_those_of_the_clients_algorithm() {
    let Scene { world, alice, .. } = scene().await;
    for algorithm in Algorithm::ALL {
        let party = world
            .client(|client| {
                answered_anyhow(client);
                client.id_token_signed_response_alg =
                    IdTokenSigningAlgorithm::Known((*algorithm).into());
            })
            .await;
        let ask = party.ask_by(&ResponseType::CodeIdTokenToken);
        let callback = world.browser().authorize(&ask, &alice).await;
        let verified = party.verify(callback.must("id_token")).await;
        let token_hash = at_hash(*algorithm, callback.must("access_token"));
        assert_eq!(verified.at_hash, Some(token_hash));
        assert_eq!(verified.c_hash, Some(c_hash(*algorithm, callback.code())));
    }
}

/// I3, T7: `sub`, `auth_time` and `sid` are the same wherever they are told.
#[tokio::test]
async fn who_it_is_is_said_the_same_everywhere() {
    let scene = scene().await;
    let ask = scene.party.ask_by(&ResponseType::CodeIdTokenToken);
    let callback = scene.answer(&ask).await;
    let first = claims(callback.must("id_token"));
    let tokens = Tokens::read(scene.party.redeem(&ask, callback.code()).await);
    let refreshed = Tokens::read(scene.party.refresh(tokens.refresh_token()).await);
    for id_token in [tokens.id_token(), refreshed.id_token()] {
        scene.party.verify(id_token).await;
        let same = claims(id_token);
        for claim in ["iss", "sub", "aud", "auth_time", "sid", "acr", "amr"] {
            assert_eq!(same[claim], first[claim], "{claim}");
        }
    }
    for access_token in [callback.must("access_token"), &tokens.access_token] {
        let userinfo = scene.party.userinfo(access_token).await.json();
        assert_eq!(userinfo, json!({ "sub": first["sub"] }));
    }
}

/// I4: the claims of scopes are in the ID token only where no access token is ever given (OpenID Connect Core 1.0 §5.4).
#[tokio::test]
async fn claims_of_scopes_are_in_the_id_token_only_where_nothing_else_would_tell_them() {
    let scene = scene().await;
    let all = "openid profile email address phone";
    for response_type in ResponseType::ALL.into_iter().filter(ResponseType::has_id_token) {
        let ask = scene.party.ask_by(&response_type).set("scope", all);
        let callback = scene.answer(&ask).await;
        let told = claims(callback.must("id_token"));
        scene.party.verify(callback.must("id_token")).await;
        let of_scopes =
            ["name", "email", "email_verified", "address", "phone_number", "updated_at"];
        let is_told = response_type == ResponseType::IdToken;
        for claim in of_scopes {
            assert_eq!(told.get(claim).is_some(), is_told, "{claim} of {response_type:?}: {told}");
        }
        if is_told {
            assert_eq!(told["email_verified"], Value::Bool(true));
            assert!(told["updated_at"].is_u64() && told["address"].is_object(), "{told}");
        }
        if let Some(access_token) = callback.get("access_token") {
            let userinfo = scene.party.userinfo(access_token).await.json();
            assert!(of_scopes.iter().all(|claim| userinfo.get(claim).is_some()), "{userinfo}");
        }
        if response_type.has_code() {
            let tokens = Tokens::read(scene.party.redeem(&ask, callback.code()).await);
            assert!(claims(tokens.id_token()).get("name").is_none());
        }
    }
}

/// A10.
#[tokio::test]
async fn a_nonce_may_be_missing_only_where_no_id_token_comes_through_the_browser() {
    let scene = scene().await;
    for response_type in ResponseType::ALL {
        let ask = scene.party.ask_by(&response_type).without("nonce");
        let answered = scene.world.browser().open(&ask.url()).await;
        if response_type.has_id_token() {
            let callback = answered.callback();
            let told = (callback.error(), callback.mode, callback.get("state"));
            assert_eq!(told, ("invalid_request", ResponseMode::Fragment, Some(ask.get("state"))));
        } else {
            assert_eq!(answered.page().id, "login-page");
            let callback = scene.answer(&ask).await;
            let tokens = Tokens::read(scene.party.redeem(&ask, callback.code()).await);
            assert_eq!(scene.party.verify(tokens.id_token()).await.nonce, None);
        }
    }
}

/// A21: off unless registered, for public clients too.
#[tokio::test]
async fn no_client_gets_what_it_was_not_registered_for() {
    let world = World::new().await;
    let public = |client: &mut protocol::client::Client| client.kind = ClientKind::Public;
    for party in [world.relying_party().await, world.client(public).await] {
        for response_type in ResponseType::ALL.into_iter().skip(1) {
            let ask = party.ask_by(&response_type);
            let callback = world.browser().open(&ask.url()).await.callback();
            let told = (callback.error(), callback.mode, callback.get("state"));
            let expected = "unsupported_response_type";
            assert_eq!(told, (expected, ResponseMode::Fragment, Some(ask.get("state"))));
        }
    }
    let (alice, party) = (
        world.person("alice").await,
        world
            .client(|client| {
                public(client);
                client.grant_types = vec![GrantType::Implicit];
                client.response_types = vec![ResponseType::IdTokenToken];
            })
            .await,
    );
    let ask = party.ask_by(&ResponseType::IdTokenToken).without_pkce();
    let callback = world.browser().authorize(&ask, &alice).await;
    assert_eq!(callback.names(), expected(&ResponseType::IdTokenToken));
    assert_eq!(party.userinfo(callback.must("access_token")).await.status, 200);
    let others = world.browser().open(&party.ask().url()).await.callback();
    assert_eq!(others.error(), "unsupported_response_type");
}

/// A12, A15: whoever is signed in is answered silently, with the same `sub` and `auth_time`.
#[tokio::test]
async fn a_silent_answer_is_the_same_again() {
    let scene = scene().await;
    for response_type in ResponseType::ALL.into_iter().filter(ResponseType::has_id_token) {
        let mut browser = scene.world.browser();
        let ask = scene.party.ask_by(&response_type).and("max_age", "15000");
        let first = claims(browser.authorize(&ask, &scene.alice).await.must("id_token"));
        scene.world.advance(std::time::Duration::from_secs(2)).await;
        let silent = scene.party.ask_by(&response_type).and("prompt", "none");
        for ask in [silent.clone(), silent.clone().and("max_age", "10000")] {
            let callback = browser.open(&ask.url()).await.callback();
            assert_eq!(callback.names(), expected(&response_type));
            let again = claims(callback.must("id_token"));
            assert_eq!([&again["sub"], &again["auth_time"]], [&first["sub"], &first["auth_time"]]);
        }
        let young = silent.and("max_age", "1");
        let callback = browser.open(&young.url()).await.callback();
        assert_eq!((callback.error(), callback.mode), ("login_required", ResponseMode::Fragment));
        let again = scene.party.ask_by(&response_type).and("max_age", "1");
        let later = claims(browser.authorize(&again, &scene.alice).await.must("id_token"));
        assert!(later["auth_time"].as_u64() > first["auth_time"].as_u64());
        assert_eq!(later["sub"], first["sub"]);
    }
}

/// A16, `oidcc-id-token-hint`: the ID token of the first answer is a hint for the second.
#[tokio::test]
async fn an_id_token_from_the_browser_is_a_hint_like_any_other() {
    let scene = scene().await;
    let mut browser = scene.world.browser();
    let ask = scene.party.ask_by(&ResponseType::IdToken);
    let first = browser.authorize(&ask, &scene.alice).await.must("id_token").to_owned();
    let ask = ask.and("prompt", "none").and("id_token_hint", &first);
    let again = browser.open(&ask.url()).await.callback();
    assert_eq!(claims(again.must("id_token"))["sub"], claims(&first)["sub"]);
}

/// A18 and the modules that must not error, in every column.
#[tokio::test]
async fn what_is_not_known_or_not_needed_is_no_error_for_any_type() {
    let scene = scene().await;
    let mut browser = scene.world.browser();
    for response_type in ResponseType::ALL {
        let ask = scene.party.ask_by(&response_type);
        let ask = [
            ("extra", "foobar"),
            ("display", "page"),
            ("ui_locales", "se"),
            ("claims_locales", "se"),
            ("acr_values", "1 2"),
            ("login_hint", "somebody@example.com"),
        ]
        .into_iter()
        .fold(ask, |ask, (name, value)| ask.and(name, value));
        let callback = browser.authorize(&ask, &scene.alice).await;
        assert_eq!(callback.names(), expected(&response_type));
    }
    for display in ["page", "popup", "touch", "wap", "other"] {
        let ask = scene.party.ask_by(&ResponseType::IdToken).and("display", display);
        assert!(browser.open(&ask.url()).await.callback().get("id_token").is_some());
    }
}
