//! What an operator decides for one client: for how long its tokens hold, what they are signed with, and what they say.

use std::time::Duration;

use protocol::{
    client::{ClaimValue, Client, CustomClaim, NotAClient, SigningAlgorithm, ToldIn},
    jose::{Algorithm, IdTokenAlgorithm},
};
use serde_json::{Value, json};

use crate::world::{Tokens, World, algorithm, claims};

/// A client as it would be stored, judged.
fn judged(world_client: &Client, change: impl FnOnce(&mut Client)) -> Result<(), NotAClient> {
    let mut client = world_client.clone();
    change(&mut client);
    client.judge()
}

#[tokio::test]
async fn tokens_hold_as_long_as_their_client_is_registered_for() {
    let world = World::new().await;
    let party = world
        .client(|client| {
            client.tokens.access_token_lifetime = Some(60);
            client.tokens.id_token_lifetime = Some(120);
            client.tokens.refresh_token_lifetime = Some(600);
        })
        .await;
    let alice = world.person("alice").await;
    let ask = party.ask_for("openid offline_access");
    let tokens = party.sign_in_for(&ask, &mut world.browser(), &alice).await;
    assert_eq!(tokens.body["expires_in"], 60);
    let lifetime = |token: &str| {
        let claims = claims(token);
        claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap()
    };
    assert_eq!((lifetime(&tokens.access_token), lifetime(tokens.id_token())), (60, 120));
    world.advance(Duration::from_secs(60)).await;
    assert_eq!(party.introspect(&tokens.access_token).await["active"], false);
    let tokens = Tokens::read(party.refresh(tokens.refresh_token()).await);
    world.advance(Duration::from_secs(539)).await;
    let last = Tokens::read(party.refresh(tokens.refresh_token()).await);
    world.advance(Duration::from_secs(1)).await;
    assert_eq!(party.refresh(last.refresh_token()).await.error(), "invalid_grant");
    assert_eq!(party.introspect(&last.access_token).await["active"], true, "it holds its minute");
}

#[tokio::test]
async fn a_lifetime_beyond_its_bounds_is_not_registered_and_not_given() {
    let world = World::new().await;
    let party = world.client(|client| client.tokens.access_token_lifetime = Some(7_200)).await;
    let alice = world.person("alice").await;
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    assert_eq!(tokens.body["expires_in"], 3_600, "a stored record that should not be");
    let stored = world.store().client(&world.realm(), party.client_id).await.unwrap().unwrap();
    for seconds in [0, 3_601] {
        let access = judged(&stored, |client| client.tokens.access_token_lifetime = Some(seconds));
        assert_eq!(access, Err(NotAClient::Lifetime));
        let fit = |client: &mut Client| client.tokens.access_token_lifetime = Some(3_600);
        let id = judged(&stored, |client| {
            fit(client);
            client.tokens.id_token_lifetime = Some(seconds);
        });
        assert_eq!(id, Err(NotAClient::Lifetime));
        let refresh = judged(&stored, |client| {
            fit(client);
            client.tokens.refresh_token_lifetime = Some(seconds * 10_000);
        });
        assert_eq!(refresh, Err(NotAClient::Lifetime));
    }
    assert_eq!(judged(&stored, |client| client.tokens.access_token_lifetime = Some(1)), Ok(()));
}

#[tokio::test]
async fn each_token_is_signed_by_the_algorithm_that_its_client_has_for_it() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let pairs = [
        (Algorithm::Es256, Algorithm::Rs256),
        (Algorithm::Rs256, Algorithm::EdDsa),
        (Algorithm::Ps256, Algorithm::Es384),
        (Algorithm::Es384, Algorithm::Ps256),
    ];
    for (access, id) in pairs {
        let party = world
            .client(|client| {
                client.tokens.access_token_signed_response_alg = SigningAlgorithm::Known(access);
                client.id_token_signed_response_alg = IdTokenAlgorithm::Key(id).into();
            })
            .await;
        let tokens = party.sign_in(&mut world.browser(), &alice).await;
        let signed = (algorithm(&tokens.access_token), algorithm(tokens.id_token()));
        assert_eq!(signed, (access.name().to_owned(), id.name().to_owned()));
        assert_eq!(party.userinfo(&tokens.access_token).await.status, 200);
        party.verify(tokens.id_token()).await;
    }
}

fn custom(name: &str, value: ClaimValue, told_in: &[ToldIn]) -> CustomClaim {
    CustomClaim { name: name.into(), value, told_in: told_in.to_vec() }
}

fn told_claims() -> Vec<CustomClaim> {
    use ToldIn::{AccessToken, IdToken, Userinfo};
    vec![
        custom("user_id", ClaimValue::AccountId, &[AccessToken]),
        custom("email", ClaimValue::Account("email".into()), &[AccessToken, IdToken]),
        custom("mobile", ClaimValue::Account("phone_number".into()), &[AccessToken, IdToken]),
        custom("roles", ClaimValue::Fixed(json!(["reader"])), &[AccessToken, Userinfo]),
        custom("https://example.com/tenant", ClaimValue::Fixed(json!({ "id": 7 })), &[IdToken]),
    ]
}

#[tokio::test]
async fn a_custom_claim_is_told_where_the_policy_says_and_nowhere_else() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let party = world.client(|client| client.tokens.claims = told_claims()).await;
    let ask = party.ask_for("openid email");
    let tokens = party.sign_in_for(&ask, &mut world.browser(), &alice).await;
    let (access, id) = (claims(&tokens.access_token), claims(tokens.id_token()));
    let userinfo = party.userinfo(&tokens.access_token).await.json();
    let told = party.introspect(&tokens.access_token).await;
    let nothing = Value::Null;
    for (name, expected) in [
        ("user_id", [json!(alice.account_id), nothing.clone(), nothing.clone()]),
        ("email", [json!(alice.email), json!(alice.email), json!(alice.email)]),
        ("mobile", [nothing.clone(), nothing.clone(), nothing.clone()]),
        ("roles", [json!(["reader"]), nothing.clone(), json!(["reader"])]),
        ("https://example.com/tenant", [nothing.clone(), json!({ "id": 7 }), nothing]),
    ] {
        assert_eq!([&access[name], &id[name], &userinfo[name]], expected.each_ref(), "{name}");
        assert_eq!(told[name], access[name], "introspection tells what the token does: {name}");
    }
}

#[tokio::test]
async fn a_client_in_its_own_name_has_the_claims_that_need_no_end_user() {
    let world = World::new().await;
    let machine = world.machine("a", |client| client.tokens.claims = told_claims()).await;
    let claims = claims(&machine.own_token().await);
    assert_eq!(claims["roles"], json!(["reader"]));
    for name in ["user_id", "email", "mobile", "https://example.com/tenant"] {
        assert_eq!(claims[name], Value::Null, "{name}");
    }
}

#[tokio::test]
async fn what_is_taken_from_a_clients_scopes_is_in_nothing_that_it_was_given() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let ask = party.ask_for("openid email profile offline_access");
    let mut browser = world.browser();
    let tokens = party.sign_in_for(&ask, &mut browser, &alice).await;
    let code = browser.authorize(&ask, &alice).await;
    assert!(party.userinfo(&tokens.access_token).await.text("email").is_some());
    let take = async |left: &str| {
        let left = left.parse().unwrap();
        world.change_client(&party, |client| client.scopes = left).await;
    };
    take("openid profile").await;
    let told = party.userinfo(&tokens.access_token).await;
    assert!(told.text("email").is_none() && told.text("name").is_some(), "{told:?}");
    for token in [&*tokens.access_token, tokens.refresh_token()] {
        assert_eq!(party.introspect(token).await["scope"], "openid profile");
    }
    let redeemed = Tokens::read(party.redeem(&ask, code.code()).await);
    let refreshed = Tokens::read(party.refresh(tokens.refresh_token()).await);
    for given in [&redeemed, &refreshed] {
        assert_eq!(given.scope, "openid profile");
    }
    take("profile").await;
    let refused = party.userinfo(&tokens.access_token).await;
    assert_eq!(
        (refused.status, claims(&refreshed.access_token)["scope"].clone()),
        (403, json!("openid profile"))
    );
    take("").await;
    let nothing = party.refresh(refreshed.refresh_token()).await;
    assert_eq!(nothing.error(), "invalid_scope", "{nothing:?}");
    take("openid email").await;
    let again = Tokens::read(party.refresh(refreshed.refresh_token()).await);
    assert_eq!(again.scope, "email openid", "the grant has kept it");
}
