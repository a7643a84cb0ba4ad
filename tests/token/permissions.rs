//! Permissions of the admin API as scopes: an end-user gives a client those that they have as an operator, and nobody else
//! gives any.

use protocol::{
    client::ConsentPolicy,
    permission::Permission::{ClientsRead, ClientsWrite},
};
use serde_json::json;
use storage::consents::Consent;

use crate::world::{Browser, Landed, Page, Person, RelyingParty, Tokens, World, claims};

const SCOPE: &str = "openid offline_access clients:read clients:write";

async fn party(world: &World) -> RelyingParty {
    world.client(|client| client.scopes = SCOPE.parse().unwrap()).await
}

/// Somebody at the page that asks for all of it.
async fn at_consent(party: &RelyingParty, mut browser: Browser, alice: &Person) -> (Browser, Page) {
    let login = browser.look_at(&party.ask_for(SCOPE).url()).await;
    let page = browser.log_in(&login, &alice.username, &alice.password).await.page();
    assert_eq!(page.id, "consent-page");
    (browser, page)
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
    let (_, page) = at_consent(&party, world.browser(), &alice).await;
    assert!(page.words.contains("Look at clients"), "{}", page.words);
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
    let tokens = party.sign_in(&mut browser, &alice).await;
    assert_eq!(tokens.scope, "openid", "for what is no permission nobody is asked");
    let ask = party.ask_for("clients:write offline_access");
    let silent = browser.open(&ask.clone().set("prompt", "none").url()).await.callback();
    assert_eq!((silent.error(), silent.get("code")), ("consent_required", None));
    let page = browser.look_at(&ask.url()).await;
    assert_eq!(page.id, "consent-page");
    assert!(page.answer.body.contains("clients:write"), "{}", page.answer.body);
    browser.press(&page, "consent-allow", &[]).await.callback().code();
    let again = browser.open(&ask.set("prompt", "none").url()).await.callback();
    assert_eq!((again.error(), again.get("code")), ("consent_required", None));
}

#[tokio::test]
async fn what_an_operator_allows_holds_for_that_sign_in_alone() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, party(&world).await);
    world.administers(&alice, &[ClientsWrite]).await;
    let (mut browser, page) = at_consent(&party, world.browser(), &alice).await;
    assert!(page.words.contains("This choice counts once"), "{}", page.words);
    let ask = party.ask_for(SCOPE);
    let tokens = party.sign_in_for(&ask, &mut browser, &alice).await;
    let silent = browser.open(&ask.clone().set("prompt", "none").url()).await.callback();
    assert_eq!((silent.error(), silent.get("code")), ("consent_required", None));
    assert_eq!(browser.look_at(&ask.url()).await.id, "consent-page");
    let refreshed = Tokens::read(party.refresh(tokens.refresh_token()).await);
    assert_eq!(refreshed.scope, "clients:write offline_access openid", "it was given for longer");
}

/// As an earlier release remembered it, perhaps of an account that was tied to another operator then.
#[tokio::test]
async fn a_permission_in_a_consent_that_was_remembered_is_asked_for_all_the_same() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, party(&world).await);
    world.administers(&alice, &[ClientsWrite]).await;
    let mut batch = world.store().batch();
    batch.create(&Consent {
        account_id: alice.account_id,
        client_id: party.id().parse().unwrap(),
        realm: world.realm(),
        scope: SCOPE.parse().unwrap(),
        claims: Default::default(),
        given_at: batch.now(),
    });
    world.store().commit(batch).await.unwrap();
    let (mut browser, _) = at_consent(&party, world.browser(), &alice).await;
    let silent = |scope| party.ask_for(scope).set("prompt", "none").url();
    let refused = browser.open(&silent("openid clients:write")).await.callback();
    assert_eq!((refused.error(), refused.get("code")), ("consent_required", None));
    browser.open(&silent("openid offline_access")).await.callback().code();
}

#[tokio::test]
async fn a_permission_that_is_gained_while_the_page_is_open_is_shown_before_it_is_given() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, party(&world).await);
    world.administers(&alice, &[ClientsRead]).await;
    let (mut browser, page) = at_consent(&party, world.browser(), &alice).await;
    world.administers(&alice, &[ClientsRead, ClientsWrite]).await;
    let again = browser.press(&page, "consent-allow", &[]).await.page();
    assert_eq!(again.id, "consent-page");
    assert!(again.answer.body.contains("clients:write"), "{}", again.answer.body);
    let ask = party.ask_for(SCOPE);
    let tokens = party.sign_in_for(&ask, &mut browser, &alice).await;
    assert_eq!(tokens.scope, "clients:read clients:write offline_access openid");
}

#[tokio::test]
async fn of_what_a_page_showed_that_is_given_which_is_still_there() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, party(&world).await);
    world.administers(&alice, &[ClientsRead, ClientsWrite]).await;
    let ask = party.ask_for(SCOPE);
    let mut browser = world.browser();
    let login = browser.look_at(&ask.url()).await;
    let page = browser.log_in(&login, &alice.username, &alice.password).await.page();
    world.administers(&alice, &[ClientsRead]).await;
    let callback = browser.press(&page, "consent-allow", &[]).await.callback();
    world.administers(&alice, &[ClientsRead, ClientsWrite]).await;
    let tokens = Tokens::read(party.redeem(&ask, callback.code()).await);
    assert_eq!(tokens.scope, "clients:read offline_access openid");
}

#[tokio::test]
async fn introspection_tells_no_permission_that_the_operator_has_lost() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, party(&world).await);
    world.administers(&alice, &[ClientsRead, ClientsWrite]).await;
    let ask = party.ask_for(SCOPE);
    let tokens = party.sign_in_for(&ask, &mut world.browser(), &alice).await;
    let held: [(&[_], _); 3] = [
        (&[ClientsRead, ClientsWrite], "clients:read clients:write offline_access openid"),
        (&[ClientsRead], "clients:read offline_access openid"),
        (&[], "offline_access openid"),
    ];
    for (permissions, scope) in held {
        world.administers(&alice, permissions).await;
        for token in [&tokens.access_token, tokens.refresh_token()] {
            let told = party.introspect(token).await;
            assert_eq!((&told["active"], &told["scope"]), (&json!(true), &json!(scope)));
        }
    }
}
