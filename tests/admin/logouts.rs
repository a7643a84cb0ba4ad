//! Whoever ends sessions: the clients that took part are told (OpenID Connect Back-Channel Logout 1.0), and how a client is
//! registered for it.

use serde_json::{Value, json};

use super::{Caller, etag, is_problem};
use crate::world::{Browser, Ear, PASSWORD, Person, RelyingParty, Tokens, World};

struct Scene {
    world: World,
    admin: Caller,
    ear: Ear,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
    tokens: Tokens,
}

/// Alice, signed in at a client that is told of logouts.
async fn scene() -> Scene {
    let world = World::new().await;
    let (admin, ear) = (world.admin().await, Ear::open().await);
    let (alice, party) = (world.person("alice").await, world.told_client(&ear).await);
    let mut browser = world.browser();
    let tokens = party.sign_in(&mut browser, &alice).await;
    Scene { world, admin, ear, alice, party, browser, tokens }
}

impl Scene {
    fn account(&self) -> String {
        format!("/accounts/{}", self.alice.account_id)
    }

    async fn acts(&self, path: &str, body: &Value) {
        let answer = self.admin.post(path, body).await;
        assert_eq!(answer.status, 204, "{path}: {answer:?}");
    }

    /// Asserts that by now the client was told of this many sessions, all of them over; and of none twice.
    async fn is_told_of(&self, sessions: usize) {
        let mut told = self.party.told(&self.ear.heard()).await;
        self.world.advance(std::time::Duration::from_secs(10)).await;
        told.extend(self.party.told(&self.ear.heard()).await);
        assert_eq!(told.len(), sessions, "{told:?}");
        let sub = self.alice.account_id.to_string();
        assert!(told.iter().all(|told| told.sub.as_ref() == Some(&sub) && told.sid.is_some()));
    }
}

#[tokio::test]
async fn clients_are_told_when_an_operator_ends_a_session() {
    let scene = scene().await;
    let sid = scene.party.verify(scene.tokens.id_token()).await.sid.expect("a session");
    scene.acts(&format!("/sessions/{sid}/revoke"), &json!({})).await;
    scene.is_told_of(1).await;
}

#[tokio::test]
async fn clients_are_told_when_an_operator_ends_all_sessions_of_an_account() {
    for tokens in [false, true] {
        let scene = scene().await;
        scene.party.sign_in(&mut scene.world.browser(), &scene.alice).await;
        let bob = scene.world.person("bob").await;
        scene.party.sign_in(&mut scene.world.browser(), &bob).await;
        let path = format!("{}/end-sessions", scene.account());
        scene.acts(&path, &json!({ "tokens": tokens })).await;
        scene.is_told_of(2).await;
        scene.party.sign_in(&mut scene.world.browser(), &scene.alice).await;
        scene.is_told_of(0).await;
    }
}

#[tokio::test]
async fn clients_are_told_when_an_account_is_disabled() {
    let scene = scene().await;
    scene.acts(&format!("{}/disable", scene.account()), &json!({})).await;
    scene.is_told_of(1).await;
}

#[tokio::test]
async fn clients_are_told_when_an_account_is_deleted() {
    let scene = scene().await;
    let etag = etag(&scene.admin.get(&scene.account()).await);
    assert_eq!(scene.admin.delete(&scene.account(), &etag).await.status, 204);
    scene.is_told_of(1).await;
}

/// Who chooses another password ends every other session, and keeps the one in which they do.
#[tokio::test]
async fn clients_are_told_of_the_other_sessions_when_another_password_is_chosen() {
    let mut scene = scene().await;
    scene.party.sign_in(&mut scene.world.browser(), &scene.alice).await;
    scene.acts(&format!("{}/require-new-password", scene.account()), &json!({})).await;
    let ask = scene.party.ask().set("prompt", "login");
    let login = scene.browser.look_at(&ask.url()).await;
    let page = scene.browser.log_in(&login, "alice", PASSWORD).await.page();
    let typed = [("new-password", "another horse, another staple")];
    scene.browser.press(&page, "new-password-submit", &typed).await.callback().code();
    scene.is_told_of(1).await;
}

#[tokio::test]
async fn nobody_is_told_where_sessions_go_on() {
    let scene = scene().await;
    let account_id = scene.alice.account_id.to_string();
    let everything = json!({ "account_id": account_id });
    let path = format!("{}/password", scene.account());
    let password = json!({ "password": "another horse", "temporary": true });
    let sent = scene.admin.posting(&path, &password);
    scene.admin.send(sent).await;
    let taken_back = scene.admin.posting("/revocations", &everything);
    scene.admin.send(taken_back.header("idempotency-key", "once")).await;
    scene.is_told_of(0).await;
}

fn body() -> Value {
    json!({ "client_name": "Told", "redirect_uris": ["https://app.example/cb"], "scope": "openid" })
}

#[tokio::test]
async fn a_client_is_registered_for_logouts_and_is_shown_so() {
    let admin = World::new().await.admin().await;
    let mut wanted = body();
    wanted["backchannel_logout_uri"] = "https://elsewhere.example/told?a=b".into();
    wanted["backchannel_logout_session_required"] = true.into();
    wanted["frontchannel_logout_uri"] = "https://app.example/forget".into();
    let made = admin.post("/clients", &wanted).await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("/clients/{}", made.text("client_id").expect("an id"));
    let shown = admin.get(&path).await;
    let version = etag(&shown);
    let shown = shown.json();
    for name in ["backchannel_logout_uri", "frontchannel_logout_uri"] {
        assert_eq!(shown[name], wanted[name], "{name}");
    }
    assert_eq!(shown["backchannel_logout_session_required"], true);
    assert_eq!(shown["frontchannel_logout_session_required"], false);
    let replaced = admin.put(&path, &version, &body()).await;
    assert_eq!(replaced.status, 200, "{replaced:?}");
    assert_eq!(replaced.json().get("backchannel_logout_uri"), None, "what is left out is gone");
}

#[tokio::test]
async fn a_client_is_not_registered_to_be_told_where_it_should_not_be() {
    let admin = World::new().await.admin().await;
    let refused = [
        ("backchannel_logout_uri", "http://app.example/told"),
        ("backchannel_logout_uri", "http://127.0.0.1:8080/told"),
        ("backchannel_logout_uri", "https://app.example/told#now"),
        ("backchannel_logout_uri", "com.example.app:/told"),
        ("frontchannel_logout_uri", "http://app.example/forget"),
        ("frontchannel_logout_uri", "https://other.example/forget"),
        ("frontchannel_logout_uri", "https://app.example:8443/forget"),
    ];
    for (name, uri) in refused {
        let mut wanted = body();
        wanted[name] = uri.into();
        let answer = admin.post("/clients", &wanted).await;
        assert!([400, 422].contains(&answer.status), "{name} {uri}: {answer:?}");
        is_problem(&answer, answer.status, &answer.text("code").expect("a code"));
    }
}
