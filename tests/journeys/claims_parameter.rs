//! What a client asks for one by one, and of whom (OpenID Connect Core 1.0 §5.5; CONFORMANCE A17, A18).

use protocol::{
    authorize::ResponseMode,
    client::{AccessTokenFormat, ResponseType},
};
use serde_json::{Value, json};

use crate::world::{
    Ask, Landed, PASSWORD, Person, RelyingParty, Tokens, World, answered_anyhow, claims,
};

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
    fn ask(&self, claims: &Value) -> Ask {
        self.party.ask().and("claims", &claims.to_string())
    }

    async fn tokens(&self, ask: &Ask) -> Tokens {
        self.party.sign_in_for(ask, &mut self.world.browser(), &self.alice).await
    }
}

/// A18, `oidcc-claims-essential`: at userinfo alone, where there is an access token.
#[tokio::test]
async fn a_claim_is_told_where_it_was_asked_for_and_nowhere_else() {
    let scene = scene().await;
    let mut browser = scene.world.browser();
    for response_type in ResponseType::ALL {
        let place = if response_type == ResponseType::IdToken { "id_token" } else { "userinfo" };
        let asked = json!({ place: { "name": { "essential": true } } });
        let ask = scene.party.ask_by(&response_type).and("claims", &asked.to_string());
        let callback = browser.authorize(&ask, &scene.alice).await;
        let mut access_tokens: Vec<_> =
            callback.get("access_token").map(str::to_owned).into_iter().collect();
        let mut id_tokens: Vec<_> =
            callback.get("id_token").map(str::to_owned).into_iter().collect();
        if response_type.has_code() {
            let tokens = Tokens::read(scene.party.redeem(&ask, callback.code()).await);
            let refreshed = Tokens::read(scene.party.refresh(tokens.refresh_token()).await);
            for tokens in [tokens, refreshed] {
                id_tokens.push(tokens.id_token().to_owned());
                access_tokens.push(tokens.access_token);
            }
        }
        for access_token in access_tokens {
            let userinfo = scene.party.userinfo(&access_token).await.json();
            assert_eq!(userinfo["name"], "alice Example", "{response_type:?}");
            assert_eq!(userinfo.as_object().unwrap().len(), 2, "sub and no more: {userinfo}");
        }
        for id_token in id_tokens {
            scene.party.verify(&id_token).await;
            let is_told = claims(&id_token).get("name").is_some();
            assert_eq!(is_told, place == "id_token", "{response_type:?}");
        }
    }
}

#[tokio::test]
async fn what_is_asked_for_in_the_id_token_is_in_every_id_token_of_the_grant() {
    let scene = scene().await;
    let asked = json!({ "id_token": { "email": null, "auth_time": { "essential": true } } });
    for response_type in [ResponseType::Code, ResponseType::CodeIdToken] {
        let ask = scene.ask(&asked).set("response_type", response_type.as_str());
        let callback = scene.world.browser().authorize(&ask, &scene.alice).await;
        let tokens = Tokens::read(scene.party.redeem(&ask, callback.code()).await);
        let refreshed = Tokens::read(scene.party.refresh(tokens.refresh_token()).await);
        let at_once = callback.get("id_token").map(str::to_owned);
        let id_tokens = [tokens.id_token().to_owned(), refreshed.id_token().to_owned()];
        for id_token in id_tokens.into_iter().chain(at_once) {
            let told = claims(&id_token);
            assert_eq!(told["email"], scene.alice.email.as_str());
            assert!(told["auth_time"].is_u64() && told.get("email_verified").is_none());
        }
        let userinfo = scene.party.userinfo(&tokens.access_token).await.json();
        assert_eq!(userinfo.get("email"), None);
    }
}

/// As §5.4 has it for the claims of scopes, what cannot be told at userinfo is in the ID token.
#[tokio::test]
async fn without_an_access_token_all_of_it_is_in_the_id_token() {
    let scene = scene().await;
    let asked = json!({ "userinfo": { "phone_number": null }, "id_token": { "email": null } });
    let ask = scene.ask(&asked).set("response_type", "id_token");
    let callback = scene.world.browser().authorize(&ask, &scene.alice).await;
    let told = claims(callback.must("id_token"));
    assert!(told["phone_number"].is_string() && told["email"].is_string(), "{told}");
}

#[tokio::test]
async fn an_access_token_that_says_nothing_tells_as_much() {
    let scene = scene().await;
    let party = scene
        .world
        .client(|client| client.tokens.access_token_format = AccessTokenFormat::Opaque)
        .await;
    let ask = party.ask().and("claims", r#"{"userinfo":{"address":null}}"#);
    let tokens = party.sign_in_for(&ask, &mut scene.world.browser(), &scene.alice).await;
    assert!(party.userinfo(&tokens.access_token).await.json()["address"].is_object());
}

#[tokio::test]
async fn the_end_user_is_asked_by_name_and_not_twice() {
    let scene = scene().await;
    let asked = json!({ "userinfo": { "birthdate": null, "email": null } });
    let ask = scene.ask(&asked).set("scope", "openid email");
    let mut browser = scene.world.browser();
    let login = browser.look_at(&ask.url()).await;
    let page = browser.log_in(&login, &scene.alice.username, PASSWORD).await.page();
    assert!(page.words.contains("See your date of birth"), "{}", page.words);
    assert!(!page.words.contains("See your e-mail address alone"), "the scope says it");
    // A yes to what was not shown is none.
    let blind =
        [("sign_in", page.hidden("sign_in")), ("shown", "email openid"), ("decision", "allow")];
    for more in [None, Some(("shown_claims", "name")), Some(("shown_claims", ""))] {
        let fields: Vec<_> = blind.into_iter().chain(more).collect();
        let answer = browser.post("/consent", &fields).await;
        assert_eq!(browser.follow(answer).await.page().id, "consent-page");
    }
    browser.press(&page, "consent-allow", &[]).await.callback().code();
    // Remembered with the scopes, wherever it is told next time.
    let elsewhere = json!({ "id_token": { "birthdate": { "essential": true } } });
    for asked in [&asked, &elsewhere] {
        let silent = scene.ask(asked).and("prompt", "none");
        browser.open(&silent.url()).await.callback().code();
    }
    let more = json!({ "userinfo": { "birthdate": null, "gender": null } });
    let silent = scene.ask(&more).and("prompt", "none");
    assert_eq!(browser.open(&silent.url()).await.callback().error(), "consent_required");
    let page = browser.look_at(&scene.ask(&more).url()).await;
    browser.press(&page, "consent-allow", &[]).await.callback().code();
    assert!(matches!(browser.open(&scene.ask(&asked).url()).await, Landed::Client(_)));
}

/// What a client could not ask for by scope it cannot have one by one; and what was taken from it since is told no more.
#[tokio::test]
async fn a_client_has_at_most_what_its_scopes_have() {
    let scene = scene().await;
    let narrow = scene.world.client(|client| client.scopes = "openid email".parse().unwrap()).await;
    let asked =
        json!({ "userinfo": { "name": null, "email": null }, "id_token": { "name": null } });
    let ask = narrow.ask().and("claims", &asked.to_string());
    let tokens = narrow.sign_in_for(&ask, &mut scene.world.browser(), &scene.alice).await;
    let userinfo = narrow.userinfo(&tokens.access_token).await.json();
    assert_eq!((userinfo["email"].is_string(), userinfo.get("name")), (true, None));
    assert_eq!(claims(tokens.id_token()).get("name"), None);
    scene.world.change_client(&narrow, |client| client.scopes = "openid".parse().unwrap()).await;
    let userinfo = narrow.userinfo(&tokens.access_token).await.json();
    assert_eq!(userinfo.get("email"), None);
}

/// A8, A18.
#[tokio::test]
async fn what_is_not_known_is_ignored() {
    let scene = scene().await;
    for asked in [
        json!({}),
        json!({ "userinfo": { "unknown": { "essential": true }, "name#ja": null } }),
        json!({ "id_token": { "https://a.example/claim": { "value": 7 } }, "verified_claims": {} }),
    ] {
        let tokens = scene.tokens(&scene.ask(&asked)).await;
        let userinfo = scene.party.userinfo(&tokens.access_token).await.json();
        assert_eq!(userinfo.as_object().unwrap().len(), 1, "{asked}: {userinfo}");
    }
    // It is a parameter of OpenID Connect: plain OAuth knows nothing of it.
    let plain = scene.ask(&json!({ "userinfo": { "name": null } })).set("scope", "email");
    let tokens = scene.tokens(&plain).await;
    assert_eq!(scene.party.userinfo(&tokens.access_token).await.status, 403);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_in_the_mode_of_the_answer() {
    let scene = scene().await;
    let deep = format!(r#"{{"userinfo":{}1{}}}"#, r#"{"a":"#.repeat(20), "}".repeat(20));
    let long = format!(r#"{{"userinfo":{{"{}":null}}}}"#, "a".repeat(4100));
    for text in ["x", "[]", r#"{"userinfo":[]}"#, r#"{"userinfo":{},"userinfo":{}}"#, &deep, &long]
    {
        for mode in ResponseMode::ALL {
            let ask = scene.party.ask().and("claims", text).and("response_mode", mode.as_str());
            let callback = scene.world.browser().open(&ask.url()).await.callback();
            assert_eq!((callback.error(), callback.mode), ("invalid_request", mode), "{text}");
            assert_eq!(callback.get("state"), Some(ask.get("state")));
        }
    }
}

/// A17: an essential `acr` is achieved or refused; a wish is neither.
#[tokio::test]
async fn an_essential_acr_is_met_or_refused() {
    let scene = scene().await;
    let acr = |essential: bool, values: Value| json!({ "id_token": { "acr": { "essential": essential, "values": values } } });
    for response_type in [ResponseType::Code, ResponseType::IdToken] {
        let unmet = scene.ask(&acr(true, json!(["urn:x", "urn:y"])));
        let unmet = unmet.set("response_type", response_type.as_str());
        let callback = scene.world.browser().open(&unmet.url()).await.callback();
        assert_eq!(callback.error(), "unmet_authentication_requirements");
        assert_eq!(callback.get("state"), Some(unmet.get("state")));
    }
    let ours = "urn:doorward:acr:1fa";
    for asked in [acr(true, json!(["urn:x", ours])), acr(false, json!(["urn:x"]))] {
        let tokens = scene.tokens(&scene.ask(&asked)).await;
        assert_eq!(claims(tokens.id_token())["acr"], ours);
    }
}

/// §5.5.1: a subject that is named is the only one who is answered for.
#[tokio::test]
async fn another_end_user_than_the_one_that_is_named_is_not_answered_for() {
    let scene = scene().await;
    let bob = scene.world.person("bob").await;
    let of = |person: &Person| {
        let sub = person.account_id.to_string();
        json!({ "id_token": { "sub": { "value": sub } } })
    };
    let mut browser = scene.world.browser();
    scene.party.sign_in(&mut browser, &scene.alice).await;
    browser.open(&scene.ask(&of(&scene.alice)).url()).await.callback().code();
    let silent = scene.ask(&of(&bob)).and("prompt", "none");
    assert_eq!(browser.open(&silent.url()).await.callback().error(), "login_required");
    // Asked by a page, whoever else signs in is refused, and the one who is meant is not.
    let login = browser.look_at(&scene.ask(&of(&bob)).url()).await;
    let landed = browser.log_in(&login, &scene.alice.username, PASSWORD).await;
    assert_eq!(landed.callback().error(), "login_required");
    let login = browser.look_at(&scene.ask(&of(&bob)).url()).await;
    let consent = browser.log_in(&login, &bob.username, PASSWORD).await.page();
    browser.press(&consent, "consent-allow", &[]).await.callback().code();
}
