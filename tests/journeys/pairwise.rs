//! Pairwise subjects (OpenID Connect Core 1.0 §8): a client knows an end-user by a name that only the clients of its sector share,
//! wherever that name is told or comes back.

use std::time::Duration;

use protocol::{
    AccountId,
    client::{AccessTokenFormat, ClaimValue, Client, CustomClaim, SubjectType, ToldIn},
    paths,
};
use serde_json::{Value, json};

use crate::world::{
    Browser, POST_LOGOUT_REDIRECT_URI, Person, RelyingParty, Sent, Tokens, World, claims,
};

/// Registers a client with pairwise subjects at a host of its own.
async fn at(world: &World, host: &str, change: impl FnOnce(&mut Client)) -> RelyingParty {
    let uri = format!("https://{host}/cb");
    let mut party = world
        .client(|client| {
            client.redirect_uris = vec![uri.parse().unwrap()];
            client.subjects.subject_type = SubjectType::Pairwise;
            change(client);
            assert_eq!(client.judge(), Ok(()));
        })
        .await;
    party.redirect_uri = uri;
    party
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
    let party = at(&world, "a.example", |_| {}).await;
    let mut browser = world.browser();
    let ask = party.ask_for("openid offline_access email");
    let tokens = party.sign_in_for(&ask, &mut browser, &alice).await;
    Scene { world, alice, party, browser, tokens }
}

impl Scene {
    async fn silent(&mut self, hint: &str) -> String {
        let ask = self.party.ask().set("prompt", "none").and("id_token_hint", hint);
        let callback = self.browser.open(&ask.url()).await.callback();
        if callback.get("code").is_some() { "code".to_owned() } else { callback.error().to_owned() }
    }

    async fn is_signed_in(&mut self) -> bool {
        let ask = self.party.ask().set("prompt", "none");
        self.browser.open(&ask.url()).await.callback().get("code").is_some()
    }
}

fn sub(token: &str) -> String {
    claims(token)["sub"].as_str().unwrap().to_owned()
}

/// I3: the same at every place and after every refresh; and nowhere is told who that is here, or in which session.
#[tokio::test]
async fn every_place_tells_the_same_name_and_none_tells_the_account() {
    let scene = scene().await;
    let Scene { alice, party, tokens, .. } = &scene;
    let name = sub(tokens.id_token());
    assert!(name.is_ascii() && name.len() <= 255 && name.parse::<AccountId>().is_err());
    assert_eq!(sub(&tokens.access_token), name);
    let userinfo = party.userinfo(&tokens.access_token).await;
    assert_eq!(userinfo.text("sub").as_ref(), Some(&name));
    for token in [&*tokens.access_token, tokens.refresh_token()] {
        assert_eq!(party.introspect(token).await["sub"], json!(name));
    }
    let again = Tokens::read(party.refresh(tokens.refresh_token()).await);
    assert_eq!([sub(again.id_token()), sub(&again.access_token)], [name.clone(), name]);
    assert_eq!(claims(again.id_token())["sid"], claims(tokens.id_token())["sid"]);
    let told = [
        claims(tokens.id_token()).to_string(),
        claims(&tokens.access_token).to_string(),
        userinfo.body,
        party.introspect(&again.access_token).await.to_string(),
        party.introspect(again.refresh_token()).await.to_string(),
    ];
    let account_id = alice.account_id.to_string();
    assert!(told.iter().all(|told| !told.contains(&account_id)), "{told:?}");
}

#[tokio::test]
async fn clients_of_one_sector_share_a_name_and_others_share_nothing() {
    let mut scene = scene().await;
    let same = at(&scene.world, "a.example", |_| {}).await;
    let named = at(&scene.world, "b.example", |client| {
        let uri = "https://a.example/sector.json".parse().unwrap();
        client.subjects.sector_identifier_uri = Some(uri);
    })
    .await;
    let other = at(&scene.world, "c.example", |_| {}).await;
    let public = scene.world.relying_party().await;
    let mut told = Vec::new();
    for party in [&same, &named, &other, &public] {
        // On one browser, in one session.
        let tokens = party.sign_in(&mut scene.browser, &scene.alice).await;
        told.push(claims(tokens.id_token()));
    }
    let first = claims(scene.tokens.id_token());
    for name in ["sub", "sid"] {
        let [same, named, other, public] = [0, 1, 2, 3].map(|at: usize| &told[at][name]);
        assert_eq!((same, named), (&first[name], &first[name]), "{name}");
        assert!(other != same && public != same && other != public, "{name}");
    }
    assert_eq!(told[3]["sub"], json!(scene.alice.account_id));
    let bob = scene.world.person("bob").await;
    let of_bob = same.sign_in(&mut scene.world.browser(), &bob).await;
    assert_ne!(sub(of_bob.id_token()), first["sub"]);
}

#[tokio::test]
async fn every_node_tells_the_same_name() {
    let scene = scene().await;
    let beside = scene.world.beside("second").await;
    let mut party = scene.party.clone();
    let there = at(&beside, "a.example", |_| {}).await;
    (party.client_id, party.secret) = (there.client_id, there.secret.clone());
    let tokens = there.sign_in(&mut beside.browser(), &scene.alice).await;
    assert_eq!(sub(tokens.id_token()), sub(scene.tokens.id_token()));
}

/// A16: whom a hint names is found out by comparing, as nobody can turn the name back.
#[tokio::test]
async fn a_hint_expects_whom_it_names_and_nobody_else() {
    let mut scene = scene().await;
    let hint = scene.tokens.id_token().to_owned();
    assert_eq!(scene.silent(&hint).await, "code");
    let bob = scene.world.person("bob").await;
    let of_bob = scene.party.sign_in(&mut scene.world.browser(), &bob).await;
    assert_eq!(scene.silent(of_bob.id_token()).await, "login_required");
    // Who then signs in must be the one, and may be.
    for (person, expected) in [(&scene.alice, None), (&bob, Some("login_required"))] {
        let ask = scene.party.ask().and("id_token_hint", &hint);
        let callback = scene.world.browser().authorize(&ask, person).await;
        assert_eq!(callback.get("error"), expected);
    }
    // One of another sector is no hint here.
    let other = at(&scene.world, "c.example", |_| {}).await;
    let of_other = other.sign_in(&mut scene.browser, &scene.alice).await;
    assert_eq!(scene.silent(of_other.id_token()).await, "invalid_request");
}

#[tokio::test]
async fn a_logout_with_a_hint_asks_nothing_and_one_of_somebody_else_asks() {
    let mut scene = scene().await;
    let bob = scene.world.person("bob").await;
    let of_bob = scene.party.sign_in(&mut scene.world.browser(), &bob).await;
    let logout = scene.party.logout(&[("id_token_hint", of_bob.id_token())]);
    assert_eq!(scene.browser.look_at(&logout).await.id, "logout-page");
    assert!(scene.is_signed_in().await);
    let uri = ("post_logout_redirect_uri", POST_LOGOUT_REDIRECT_URI);
    let hint = scene.tokens.id_token().to_owned();
    let logout = scene.party.logout(&[("id_token_hint", &hint), uri, ("state", "s")]);
    let callback = scene.browser.open(&logout).await.callback();
    assert_eq!(callback.get("state"), Some("s"));
    assert!(!scene.is_signed_in().await);
}

/// A hint ends its session also where the browser is another, or nobody has used it for long: it is found by its `sid`.
#[tokio::test]
async fn a_hint_ends_its_session_wherever_it_is_and_though_it_has_timed_out() {
    for passes in [Duration::ZERO, Duration::from_secs(7 * 3600)] {
        let world = World::new().await;
        let alice = world.person("alice").await;
        let party = at(&world, "a.example", |_| {}).await;
        let tokens = party.sign_in(&mut world.browser(), &alice).await;
        world.advance(passes).await;
        let refreshed = Tokens::read(party.refresh(tokens.refresh_token()).await);
        let logout = party.logout(&[("id_token_hint", tokens.id_token())]);
        world.browser().look_at(&logout).await;
        assert_eq!(party.refresh(refreshed.refresh_token()).await.error(), "invalid_grant");
        assert_eq!(party.userinfo(&refreshed.access_token).await.status, 401);
    }
}

#[tokio::test]
async fn tokens_of_every_form_are_revoked_and_told_under_the_name() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let party = at(&world, "a.example", |client| {
        client.tokens.access_token_format = AccessTokenFormat::Opaque;
    })
    .await;
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    let name = sub(tokens.id_token());
    assert_eq!(party.userinfo(&tokens.access_token).await.text("sub"), Some(name.clone()));
    assert_eq!(party.introspect(&tokens.access_token).await["sub"], json!(name));
    for token in [&*tokens.access_token, tokens.refresh_token()] {
        assert_eq!(party.revoke(token).await.status, 200);
        assert_eq!(party.introspect(token).await, json!({ "active": false }));
    }
}

/// What an operator has told of the account is the name too, so that a policy does not undo the other.
#[tokio::test]
async fn a_custom_claim_of_the_account_is_the_name() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let told_in = vec![ToldIn::AccessToken, ToldIn::IdToken, ToldIn::Userinfo];
    let claim = CustomClaim { name: "user_id".into(), value: ClaimValue::AccountId, told_in };
    let party = at(&world, "a.example", |client| client.tokens.claims = vec![claim]).await;
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    let name = sub(tokens.id_token());
    let userinfo = party.userinfo(&tokens.access_token).await.json();
    for told in [claims(tokens.id_token()), claims(&tokens.access_token), userinfo] {
        assert_eq!(told["user_id"], json!(name));
    }
}

/// A refreshed token names whom the first one named (OpenID Connect Core 1.0 §12.2): where the names change, nothing is left
/// to refresh.
#[tokio::test]
async fn what_a_client_was_given_ends_where_its_names_change() {
    let world = World::new().await;
    let (admin, alice) = (world.admin().await, world.person("alice").await);
    let mut body = json!({
        "client_name": "The Application",
        "redirect_uris": ["https://a.example/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid",
        "consent": "skip",
    });
    let made = admin.post("/clients", &body).await;
    assert_eq!((made.status, made.json()["subject_type"].clone()), (201, json!("public")));
    let client_id = made.text("client_id").unwrap();
    let secret = made.text("client_secret").unwrap();
    let party = RelyingParty::registered(
        world.wire().clone(),
        client_id.parse().unwrap(),
        &secret,
        "https://a.example/cb",
    );
    let path = format!("/clients/{client_id}");
    let mut browser = world.browser();
    let mut names = Vec::new();
    let changes: [(&str, Value); 4] = [
        ("client_name", json!("Renamed")),
        ("subject_type", json!("pairwise")),
        ("sector_identifier_uri", json!("https://sector.example/uris.json")),
        ("subject_type", json!("public")),
    ];
    for (member, value) in changes {
        let tokens = party.sign_in(&mut browser, &alice).await;
        names.push(sub(tokens.id_token()));
        body[member] = value;
        let changed = admin.put(&path, "*", &body).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        let refreshed = party.refresh(tokens.refresh_token()).await;
        if member == "client_name" {
            assert_eq!(sub(Tokens::read(refreshed).id_token()), names[0]);
        } else {
            assert_eq!(refreshed.error(), "invalid_grant", "{member}");
            assert_eq!(party.userinfo(&tokens.access_token).await.status, 401);
        }
    }
    names.dedup();
    assert_eq!(names.len(), 3, "public, of its host, of its sector: {names:?}");
}

#[tokio::test]
async fn pairwise_subjects_without_a_sector_are_not_registered_nor_told() {
    let world = World::new().await;
    let (admin, alice) = (world.admin().await, world.person("alice").await);
    let with = |uris: &[&str], sector: Option<&str>| {
        let mut body = json!({
            "client_name": "The Application", "redirect_uris": uris, "scope": "openid", "subject_type": "pairwise",
        });
        if let Some(uri) = sector {
            body["sector_identifier_uri"] = json!(uri);
        }
        body
    };
    let (one, two) = ("https://a.example/cb", "https://b.example/cb");
    for (body, status) in [
        (with(&[one, two], None), 422),
        (with(&["com.example.app:/cb"], None), 422),
        (with(&[one], Some("http://a.example/uris.json")), 422),
        (with(&[one], Some("nowhere")), 400),
        (with(&[one, two], Some("https://a.example/uris.json")), 201),
        (with(&[one], None), 201),
    ] {
        assert_eq!(admin.post("/clients", &body).await.status, status, "{body}");
    }
    // A record that should not be: whoever it names, it is nobody's account.
    let party = at(&world, "a.example", |_| {}).await;
    let ask = party.ask();
    let code = world.browser().authorize(&ask, &alice).await;
    world.change_client(&party, |client| client.redirect_uris.push(two.parse().unwrap())).await;
    let answer = party.redeem(&ask, code.code()).await;
    assert_eq!((answer.status, answer.error().as_str()), (500, "server_error"));
    assert!(!answer.body.contains("acc_"));
    assert_eq!(world.send(Sent::get(paths::JWKS)).await.status, 200);
}
