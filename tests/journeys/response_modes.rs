//! How answers and refusals travel (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post Response
//! Mode; CONFORMANCE 2.2).

use protocol::{
    authorize::ResponseMode::{self, FormPost, Fragment, Query},
    client::ResponseType,
    oauth_error::is_description,
};

use crate::world::{Ask, Callback, Landed, PASSWORD, RelyingParty, World, answered_anyhow};

/// The modes in which a response type may be answered.
fn modes(response_type: &ResponseType) -> Vec<ResponseMode> {
    let all = ResponseMode::ALL.into_iter();
    all.filter(|mode| *mode != Query || *response_type == ResponseType::Code).collect()
}

/// Asserts that nothing is where the answer is not.
fn travels_by(callback: &Callback, mode: ResponseMode) {
    assert_eq!(callback.mode, mode, "{callback:?}");
    assert_eq!(callback.url.query().is_some(), mode == Query, "{callback:?}");
    assert_eq!(callback.url.fragment().is_some(), mode == Fragment, "{callback:?}");
}

/// A3, A4: of every type in every mode, whatever the client is answered is where it asked for it.
#[tokio::test]
async fn an_answer_travels_as_the_client_asks() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.client(answered_anyhow).await);
    let odd = "a b+c&d=e%20\u{e9}\u{1f511}/?#'\"<x>".repeat(4);
    let mut browser = world.browser();
    for response_type in ResponseType::ALL {
        for mode in modes(&response_type) {
            let ask = party.ask_by(&response_type).set("state", &odd);
            let ask = ask.and("response_mode", mode.as_str());
            let callback = browser.authorize(&ask, &alice).await;
            travels_by(&callback, mode);
            assert_eq!(callback.get("state"), Some(odd.as_str()));
            assert_eq!(callback.get("iss"), Some(world.issuer()));
            for (name, is) in [
                ("code", response_type.has_code()),
                ("id_token", response_type.has_id_token()),
                ("access_token", response_type.has_token()),
            ] {
                assert_eq!(callback.get(name).is_some(), is, "{name} of {response_type:?}");
            }
            if response_type.has_code() {
                assert_eq!(party.redeem(&ask, callback.code()).await.status, 200);
            }
        }
    }
}

/// A2.
#[tokio::test]
async fn the_query_of_a_registered_uri_is_kept_in_every_mode() {
    let world = World::new().await;
    let uri = "https://client.example/cb?dummy1=lorem&dummy2=ipsum";
    let alice = world.person("alice").await;
    let party = world
        .client(|client| {
            answered_anyhow(client);
            client.redirect_uris = vec![uri.parse().expect("a redirect URI")];
        })
        .await;
    let mut browser = world.browser();
    for mode in [Fragment, FormPost] {
        let ask = party.ask_by(&ResponseType::CodeIdToken).set("redirect_uri", uri);
        let ask = ask.and("response_mode", mode.as_str());
        let callback = browser.authorize(&ask, &alice).await;
        assert_eq!(callback.url.query(), Some("dummy1=lorem&dummy2=ipsum"), "{mode:?}");
        assert!(callback.get("dummy1").is_none() || mode == Query);
        assert_eq!(party.redeem(&ask, callback.code()).await.status, 200);
    }
}

/// Every refusal that is told to a client: what is asked, and the code.
fn refusals(party: &RelyingParty, response_type: &ResponseType) -> Vec<(Ask, &'static str)> {
    let ask = || party.ask_by(response_type);
    let long = "a".repeat(5000);
    vec![
        (ask().without("response_type"), "invalid_request"),
        (ask().set("response_type", "token"), "unsupported_response_type"),
        (ask().set("response_type", "none"), "unsupported_response_type"),
        (ask().set("response_type", "code code id_token"), "unsupported_response_type"),
        (ask().without("scope"), "invalid_scope"),
        (ask().set("scope", "profile\"openid"), "invalid_scope"),
        (ask().set("scope", "unknown"), "invalid_scope"),
        (ask().set("prompt", "none login"), "invalid_request"),
        (ask().set("prompt", "none"), "login_required"),
        (ask().set("max_age", "x"), "invalid_request"),
        (ask().set("nonce", &long), "invalid_request"),
        (ask().and("state", "twice"), "invalid_request"),
        (ask().set("code_challenge_method", "plain"), "invalid_request"),
        (ask().and("resource", "https://other.example"), "invalid_target"),
        (ask().and("request", "eyJ"), "request_not_supported"),
        (ask().and("request_uri", "https://a.example"), "request_uri_not_supported"),
        (ask().and("registration", "{}"), "registration_not_supported"),
        (ask().and("id_token_hint", "no.id.token"), "invalid_request"),
    ]
}

/// A4, A5, A6, A9, A11.
#[tokio::test]
async fn a_refusal_travels_as_the_answer_would() {
    let world = World::new().await;
    let party = world.client(answered_anyhow).await;
    for response_type in ResponseType::ALL {
        for mode in modes(&response_type) {
            for (ask, code) in refusals(&party, &response_type) {
                let ask = ask.and("response_mode", mode.as_str());
                let callback = world.browser().open(&ask.url()).await.callback();
                assert_eq!(callback.error(), code, "{ask:?}");
                // A query that would have tokens in it is none, whatever else is wrong.
                let has_tokens = ask.parameters.iter().any(|(name, value)| {
                    name == "response_type" && value.split(' ').any(|one| one.ends_with("token"))
                });
                travels_by(&callback, if has_tokens && mode == Query { Fragment } else { mode });
                assert_eq!(callback.get("iss"), Some(world.issuer()));
                let state = Some(ask.get("state"));
                assert!(callback.get("state") == state || code == "invalid_request", "{ask:?}");
                let allowed = ["error", "error_description", "state", "iss"];
                assert!(callback.names().iter().all(|name| allowed.contains(name)), "{callback:?}");
                assert!(is_description(callback.must("error_description")));
            }
        }
    }
}

/// A9: also where the request does not say what it wants, a form is a form.
#[tokio::test]
async fn without_a_response_type_the_refusal_travels_as_asked() {
    let world = World::new().await;
    let party = world.relying_party().await;
    for mode in ResponseMode::ALL {
        let ask = party.ask().without("response_type").and("response_mode", mode.as_str());
        let callback = world.browser().open(&ask.url()).await.callback();
        travels_by(&callback, mode);
        assert_eq!(callback.names(), ["error", "error_description", "state", "iss"]);
        assert_eq!(callback.error(), "invalid_request");
    }
}

#[tokio::test]
async fn tokens_never_travel_in_a_query_and_unknown_modes_are_refused() {
    let world = World::new().await;
    let party = world.client(answered_anyhow).await;
    for response_type in ResponseType::ALL {
        for mode in ["query", "jwt", "web_message", "form_post.jwt"] {
            let ask = party.ask_by(&response_type).and("response_mode", mode);
            let landed = world.browser().open(&ask.url()).await;
            if mode == "query" && response_type == ResponseType::Code {
                assert_eq!(landed.page().id, "login-page");
                continue;
            }
            let callback = landed.callback();
            let standard = if response_type == ResponseType::Code { Query } else { Fragment };
            travels_by(&callback, standard);
            assert_eq!(callback.error(), "invalid_request");
        }
    }
}

/// A20.
#[tokio::test]
async fn who_says_no_is_told_in_the_mode_of_the_answer() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.client(answered_anyhow).await);
    for response_type in ResponseType::ALL {
        for mode in modes(&response_type) {
            let ask = party.ask_by(&response_type).and("response_mode", mode.as_str());
            let mut browser = world.browser();
            let login = browser.look_at(&ask.url()).await;
            let consent = browser.log_in(&login, &alice.username, PASSWORD).await.page();
            let callback = browser.press(&consent, "consent-deny", &[]).await.callback();
            travels_by(&callback, mode);
            let told = (callback.error(), callback.get("state"));
            assert_eq!(told, ("access_denied", Some(ask.get("state"))));
            assert_eq!(callback.names(), ["error", "error_description", "state", "iss"]);
        }
    }
}

/// Another end-user than the hint names is refused in the mode of the answer, from the login page too.
#[tokio::test]
async fn another_end_user_is_refused_in_the_mode_of_the_answer() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let party = world.client(answered_anyhow).await;
    let id_token = party.ask_by(&ResponseType::IdToken);
    let of_alice = world.browser().authorize(&id_token, &alice).await;
    for mode in [Fragment, FormPost] {
        let ask = party.ask_by(&ResponseType::CodeIdToken);
        let ask = ask.and("response_mode", mode.as_str());
        let ask = ask.and("id_token_hint", of_alice.must("id_token"));
        let mut browser = world.browser();
        let login = browser.look_at(&ask.url()).await;
        let landed = browser.log_in(&login, &bob.username, PASSWORD).await;
        let Landed::Client(callback) = landed else { panic!("{landed:?}") };
        travels_by(&callback, mode);
        assert_eq!(callback.error(), "login_required");
    }
}

/// An application on a device hears nothing by a form.
#[tokio::test]
async fn no_form_is_posted_to_a_private_use_scheme() {
    let world = World::new().await;
    let uri = "com.example.app:/cb";
    let party = world
        .client(|client| client.redirect_uris = vec![uri.parse().expect("a redirect URI")])
        .await;
    let ask = party.ask().set("redirect_uri", uri).and("response_mode", "form_post");
    let callback = world.browser().open(&ask.url()).await.callback();
    travels_by(&callback, Query);
    assert_eq!(callback.error(), "invalid_request");
}

/// A1: what is not known to be the client's hears nothing, in whichever mode it asks.
#[tokio::test]
async fn an_unknown_place_is_never_answered_in_any_mode() {
    let world = World::new().await;
    let party = world.client(answered_anyhow).await;
    for response_type in ResponseType::ALL {
        for mode in ResponseMode::ALL {
            let ask = party.ask_by(&response_type).and("response_mode", mode.as_str());
            let other = format!("{}/other", ask.get("redirect_uri"));
            for ask in [ask.clone().set("redirect_uri", &other), ask.without("redirect_uri")] {
                let page = world.browser().look_at(&ask.url()).await;
                assert_eq!((page.id.as_str(), page.answer.status), ("error-page", 400));
            }
        }
    }
}
