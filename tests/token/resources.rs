//! Resource indicators (RFC 8707): a client says where its access token is to be good, and it is good nowhere else.

use protocol::{client::Client, resource::Resources};
use serde_json::{Value, json};

use crate::world::{Answer, Landed, Person, RelyingParty, Tokens, World, claims};

const ORDERS: &str = "https://orders.example/";
const BILLS: &str = "urn:example:bills";

fn resources(texts: &[&str]) -> Resources {
    Resources::new(texts.iter().map(|text| text.parse().unwrap())).unwrap()
}

fn registered(client: &mut Client) {
    client.tokens.resources = resources(&[ORDERS, BILLS]);
    client.scopes = "openid offline_access orders:read clients:read".parse().unwrap();
}

struct Scene {
    world: World,
    alice: Person,
    party: RelyingParty,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.client(registered).await);
    Scene { world, alice, party }
}

impl Scene {
    /// Signs alice in for `scope` at `asked`, and redeems the code for `narrowed`.
    async fn sign_in(&self, scope: &str, asked: &[&str], narrowed: &[&str]) -> Answer {
        let ask = asked.iter().fold(self.party.ask_for(scope), |ask, one| ask.and("resource", one));
        let callback = self.world.browser().authorize(&ask, &self.alice).await;
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", callback.code()),
            ("redirect_uri", ask.get("redirect_uri")),
            ("code_verifier", &ask.verifier),
        ];
        fields.extend(narrowed.iter().map(|one| ("resource", *one)));
        self.world.send(self.party.token_request(&fields)).await
    }

    async fn refresh(&self, tokens: &Tokens, narrowed: &[&str]) -> Answer {
        let mut fields =
            vec![("grant_type", "refresh_token"), ("refresh_token", tokens.refresh_token())];
        fields.extend(narrowed.iter().map(|one| ("resource", *one)));
        self.world.send(self.party.token_request(&fields)).await
    }
}

fn audience(tokens: &Tokens) -> Value {
    claims(&tokens.access_token)["aud"].clone()
}

fn is_refused(answer: &Answer) {
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_target"), "{answer:?}");
}

#[tokio::test]
async fn the_token_is_for_what_was_asked_and_for_userinfo_where_openid_was() {
    let scene = scene().await;
    let issuer = scene.world.issuer();
    let cases: [(&str, &[&str], Value); 4] = [
        ("openid", &[], json!(issuer)),
        ("openid", &[ORDERS], json!([issuer, ORDERS])),
        ("orders:read", &[ORDERS], json!(ORDERS)),
        ("orders:read", &[ORDERS, BILLS], json!([ORDERS, BILLS])),
    ];
    for (scope, asked, expected) in cases {
        let tokens = Tokens::read(scene.sign_in(scope, asked, &[]).await);
        assert_eq!(audience(&tokens), expected, "{scope} {asked:?}");
        let status = scene.party.userinfo(&tokens.access_token).await.status;
        assert_eq!(status, if scope == "openid" { 200 } else { 401 });
    }
}

#[tokio::test]
async fn a_code_and_a_refresh_token_give_tokens_for_fewer_but_never_for_more() {
    let scene = scene().await;
    let both = [ORDERS, BILLS];
    let tokens = Tokens::read(scene.sign_in("orders:read", &both, &[BILLS]).await);
    assert_eq!(audience(&tokens), json!(BILLS));
    let second = Tokens::read(scene.refresh(&tokens, &[ORDERS]).await);
    assert_eq!(audience(&second), json!(ORDERS));
    let third = Tokens::read(scene.refresh(&second, &[]).await);
    assert_eq!(audience(&third), json!(both), "all that was granted");
    is_refused(&scene.sign_in("orders:read", &[ORDERS], &[BILLS]).await);
    let narrow = Tokens::read(scene.sign_in("orders:read", &[ORDERS], &[]).await);
    is_refused(&scene.refresh(&narrow, &[BILLS]).await);
    is_refused(&scene.refresh(&narrow, &both).await);
    assert_eq!(scene.refresh(&narrow, &[]).await.status, 200, "nothing was used up");
}

#[tokio::test]
async fn what_is_malformed_or_not_registered_is_refused_where_it_is_asked() {
    let scene = scene().await;
    let mut browser = scene.world.browser();
    let tokens = scene.party.sign_in(&mut browser, &scene.alice).await;
    let long = format!("{ORDERS}{}", "a".repeat(512));
    for resource in
        ["https://orders.example", "https://other.example/", "orders", "/", "urn:a#b", &long]
    {
        let ask = scene.party.ask().and("resource", ORDERS).and("resource", resource);
        let Landed::Client(callback) = browser.open(&ask.url()).await else {
            panic!("no answer at the client")
        };
        assert_eq!(callback.error(), "invalid_target", "{resource}");
        is_refused(&scene.refresh(&tokens, &[resource]).await);
    }
    let many = [ORDERS; 17];
    is_refused(&scene.refresh(&tokens, &many).await);
    assert_eq!(scene.refresh(&tokens, &many[1..]).await.status, 200, "nothing was used up");
}

#[tokio::test]
async fn a_client_that_loses_a_resource_gets_no_more_tokens_for_it() {
    let scene = scene().await;
    let tokens = Tokens::read(scene.sign_in("orders:read", &[ORDERS, BILLS], &[]).await);
    scene
        .world
        .change_client(&scene.party, |client| client.tokens.resources = resources(&[BILLS]))
        .await;
    is_refused(&scene.refresh(&tokens, &[]).await);
    let narrow = Tokens::read(scene.refresh(&tokens, &[BILLS]).await);
    assert_eq!(audience(&narrow), json!(BILLS));
}

#[tokio::test]
async fn a_client_asks_in_its_own_name_as_well() {
    let world = World::new().await;
    let machine = world
        .machine("orders:read", |client| client.tokens.resources = resources(&[ORDERS, BILLS]))
        .await;
    let answer = machine.client_credentials(&[("resource", ORDERS), ("resource", BILLS)]).await;
    assert_eq!(claims(&answer.text("access_token").unwrap())["aud"], json!([ORDERS, BILLS]));
    is_refused(&machine.client_credentials(&[("resource", "https://other.example/")]).await);
    let admin = format!("{}/admin/v1", world.issuer());
    is_refused(&machine.client_credentials(&[("resource", &admin)]).await);
    let admins = world.machine("clients:read", |_| {}).await;
    let answer = admins.client_credentials(&[("resource", &admin)]).await;
    assert_eq!(claims(&answer.text("access_token").unwrap())["aud"], json!(admin));
    let answer = admins.client_credentials(&[]).await;
    assert_eq!(
        claims(&answer.text("access_token").unwrap())["aud"],
        json!([world.issuer(), admin])
    );
}

#[tokio::test]
async fn who_serves_a_resource_is_told_of_the_tokens_that_are_meant_for_it() {
    let scene = scene().await;
    let server = scene
        .world
        .client(|client| client.tokens.resource_server = Some(ORDERS.parse().unwrap()))
        .await;
    let tokens = Tokens::read(scene.sign_in("orders:read", &[ORDERS], &[]).await);
    assert_eq!(server.introspect(&tokens.access_token).await["active"], true);
    for other in [&[BILLS][..], &[]] {
        let tokens = Tokens::read(scene.sign_in("orders:read", other, &[]).await);
        assert_eq!(server.introspect(&tokens.access_token).await, json!({ "active": false }));
    }
    assert_eq!(server.introspect(tokens.refresh_token()).await, json!({ "active": false }));
}

#[tokio::test]
async fn who_says_that_it_serves_the_provider_itself_is_told_of_no_token() {
    let scene = scene().await;
    scene.world.administers(&scene.alice, &[protocol::permission::Permission::ClientsRead]).await;
    let tokens = Tokens::read(scene.sign_in("openid clients:read", &[], &[]).await);
    let admin = format!("{}/admin/v1", scene.world.issuer());
    assert_eq!(audience(&tokens), json!([scene.world.issuer(), admin]));
    for own in [scene.world.issuer(), admin.as_str()] {
        let served = own.parse().unwrap();
        let change = |client: &mut Client| client.tokens.resource_server = Some(served);
        let server = scene.world.client(change).await;
        let told = server.introspect(&tokens.access_token).await;
        assert_eq!(told, json!({ "active": false }), "{own}");
    }
}
