//! Permissions of the admin API as scopes: an end-user gives a client those that they have as an operator, and nobody else
//! gives any.

use protocol::{
    client::ConsentPolicy,
    permission::Permission::{ClientsRead, ClientsWrite},
};
use serde_json::json;

use crate::world::{Landed, RelyingParty, Tokens, World, claims};

const SCOPE: &str = "openid offline_access clients:read clients:write";

async fn party(world: &World) -> RelyingParty {
    world.client(|client| client.scopes = SCOPE.parse().unwrap()).await
}

#[tokio::test]
async fn an_ordinary_end_user_gives_no_permission_away() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, party(&world).await);
    let mut browser = world.browser();
    let tokens = party.sign_in_for(&party.ask_for(SCOPE), &mut browser, &alice).await;
    assert_eq!(tokens.scope, "offline_access openid");
    assert_eq!(claims(&tokens.access_token)["aud"], json!(world.issuer()));
    let again = Tokens::read(party.refresh(tokens.refresh_token()).await);
    assert_eq!(again.scope, "offline_access openid");
    let ask = party.ask_for("clients:write");
    let Landed::Client(callback) = browser.open(&ask.url()).await else { panic!("it is asked") };
    assert_eq!((callback.error(), callback.get("code")), ("access_denied", None));
}

#[tokio::test]
async fn the_page_names_and_the_operator_gives_only_what_they_have() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, party(&world).await);
    world.administers(&alice, &[ClientsRead]).await;
    let mut browser = world.browser();
    let page = browser.look_at(&party.ask_for(SCOPE).url()).await;
    let Landed::Page(page) = browser.log_in(&page, &alice.username, &alice.password).await else {
        panic!("consent is asked")
    };
    assert!(!page.answer.body.contains("clients:write"), "{}", page.answer.body);
    let tokens = party.sign_in_for(&party.ask_for(SCOPE), &mut world.browser(), &alice).await;
    assert_eq!(tokens.scope, "clients:read offline_access openid");
    let admin = format!("{}/admin/v1", world.issuer());
    assert_eq!(claims(&tokens.access_token)["aud"], json!([world.issuer(), admin]));
}

#[tokio::test]
async fn what_is_taken_from_an_operator_is_in_no_token_that_is_given_then() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, party(&world).await);
    world.administers(&alice, &[ClientsRead, ClientsWrite]).await;
    let ask = party.ask_for(SCOPE);
    let callback = world.browser().authorize(&ask, &alice).await;
    let mut browser = world.browser();
    let tokens = party.sign_in_for(&ask, &mut browser, &alice).await;
    assert_eq!(tokens.scope, "clients:read clients:write offline_access openid");
    world.administers(&alice, &[ClientsRead]).await;
    let redeemed = Tokens::read(party.redeem(&ask, callback.code()).await);
    assert_eq!(redeemed.scope, "clients:read offline_access openid");
    let refreshed = Tokens::read(party.refresh(tokens.refresh_token()).await);
    assert_eq!(refreshed.scope, "clients:read offline_access openid");
}

#[tokio::test]
async fn a_permission_is_not_given_without_asking_however_the_client_is_registered() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.administers(&alice, &[ClientsWrite]).await;
    let change = |client: &mut protocol::client::Client| {
        client.scopes = SCOPE.parse().unwrap();
        client.consent = ConsentPolicy::Skip;
    };
    let (party, mut browser) = (world.client(change).await, world.browser());
    party.sign_in(&mut browser, &alice).await;
    let ask = party.ask_for("clients:write offline_access");
    let silent = browser.open(&ask.clone().set("prompt", "none").url()).await.callback();
    assert_eq!((silent.error(), silent.get("code")), ("consent_required", None));
    let page = browser.look_at(&ask.url()).await;
    assert_eq!(page.id, "consent-page");
    assert!(page.answer.body.contains("clients:write"), "{}", page.answer.body);
    browser.press(&page, "consent-allow", &[]).await.callback();
    let again = browser.open(&ask.set("prompt", "none").url()).await.callback();
    assert!(again.get("code").is_some(), "what was allowed is not asked for twice");
}
