//! What ends: sessions, the right to sign in, the account itself. Each from the answer on, on every node.

use protocol::permission::Permission::SessionsWrite;

use super::*;
use crate::world::{Browser, Tokens};

/// Two nodes, and what she was given in one session.
struct Given {
    scene: Scene,
    other: World,
    browser: Browser,
    session: Tokens,
    offline: Tokens,
}

async fn given() -> Given {
    let scene = scene().await;
    let other = scene.world.beside("other").await;
    let mut browser = scene.world.browser();
    let session = scene.party.sign_in(&mut browser, &scene.alice).await;
    let ask = scene.party.ask_for("openid offline_access").set("prompt", "consent");
    let offline = scene.party.sign_in_for(&ask, &mut browser, &scene.alice).await;
    Given { scene, other, browser, session, offline }
}

impl Given {
    /// The application, as it speaks to the other node.
    fn party(&self) -> RelyingParty {
        let RelyingParty { client_id, secret, redirect_uri, .. } = &self.scene.party;
        RelyingParty::registered(self.other.wire().clone(), *client_id, secret, redirect_uri)
    }

    /// Whether tokens hold at the other node, by the first request at each of its endpoints.
    async fn holds(&self, tokens: &Tokens) -> bool {
        let party = self.party();
        let userinfo = party.userinfo(&tokens.access_token).await.status == 200;
        let introspected = party.introspect(&tokens.access_token).await["active"] == true;
        let refresh = party.introspect(tokens.refresh_token()).await["active"] == true;
        let refreshed = party.refresh(tokens.refresh_token()).await.status == 200;
        assert_eq!([introspected, refresh, refreshed], [userinfo; 3]);
        userinfo
    }

    /// Whether the browser is signed in at the other node.
    async fn is_signed_in(&self) -> bool {
        let mut browser = self.browser.clone().at(self.other.wire());
        let silent = browser.open(&self.party().ask().set("prompt", "none").url()).await;
        silent.callback().get("code").is_some()
    }

    async fn act(&self, verb: &str, body: &Value) {
        let answer = self.scene.admin.post(&format!("{}/{verb}", self.scene.path), body).await;
        assert_eq!(answer.status, 204, "{verb}: {answer:?}");
    }
}

#[tokio::test]
async fn every_session_of_an_account_ends_on_every_node_and_offline_access_stays() {
    let given = given().await;
    assert!(given.is_signed_in().await);
    given.act("end-sessions", &why()).await;
    assert!(!given.is_signed_in().await && !given.holds(&given.session).await);
    assert!(given.holds(&given.offline).await);
    let reason = protocol::revocation::RevocationReason::Requested;
    let events = given.scene.world.events().await;
    assert!(events.iter().any(|event| event.act == Act::SessionsEnded { reason, tokens: false }));
    // At this very instant, by the clock, she signs in again, and that holds.
    let mut browser = given.scene.world.browser();
    let again = given.scene.party.sign_in(&mut browser, &given.scene.alice).await;
    assert!(given.holds(&again).await);
    given.act("end-sessions", &why()).await;
    assert!(!given.holds(&again).await);
}

#[tokio::test]
async fn offline_access_ends_too_where_that_is_asked_for() {
    let given = given().await;
    given.act("end-sessions", &json!({ "tokens": true })).await;
    assert!(!given.is_signed_in().await);
    assert!(!given.holds(&given.session).await && !given.holds(&given.offline).await);
}

#[tokio::test]
async fn a_code_from_before_the_end_of_all_sessions_gives_nothing_that_holds() {
    let given = given().await;
    let mut browser = given.browser.clone();
    let ask = given.scene.party.ask();
    let callback = browser.open(&ask.url()).await.callback();
    given.act("end-sessions", &why()).await;
    let answer = given.scene.party.redeem(&ask, callback.code()).await;
    if answer.status == 200 {
        assert!(!given.holds(&Tokens::read(answer)).await);
    } else {
        assert_eq!(answer.error(), "invalid_grant");
    }
}

#[tokio::test]
async fn a_sign_in_that_is_under_way_goes_on_as_a_new_one() {
    let given = given().await;
    let mut browser = given.scene.world.browser();
    let client = given.scene.world.relying_party().await;
    let login = browser.look_at(&client.ask().url()).await;
    let consent = browser.log_in(&login, "alice", PASSWORD).await.page();
    given.act("end-sessions", &why()).await;
    let page = browser.press(&consent, "consent-allow", &[]).await.page();
    assert_eq!(page.id, "login-page", "nobody consents in a session that is over");
    let page = browser.log_in(&page, "alice", PASSWORD).await.page();
    browser.press(&page, "consent-allow", &[]).await.callback().code();
}

#[tokio::test]
async fn who_is_disabled_has_nothing_anywhere_until_enabled() {
    let given = given().await;
    given.act("disable", &why()).await;
    assert!(!given.is_signed_in().await && !given.holds(&given.offline).await);
    assert!(!given.scene.lets_in("alice", PASSWORD).await);
    given.act("disable", &why()).await;
    assert_eq!(given.scene.account().await.0["state"], "disabled");
    given.act("enable", &why()).await;
    assert!(given.is_signed_in().await && given.holds(&given.offline).await);
    let events = given.scene.world.events().await;
    let is = |name: &str| {
        let acts = events.iter().map(|event| serde_json::to_value(&event.act).unwrap());
        acts.filter(|act| act["act"] == name && act["reason"] == "requested").count()
    };
    assert_eq!(
        (is("account_disabled"), is("account_enabled")),
        (1, 1),
        "what changed is told once"
    );
}

#[tokio::test]
async fn ending_sessions_needs_a_permission_of_its_own_and_an_account() {
    let scene = scene().await;
    let path = format!("{}/end-sessions", scene.path);
    let others = scene.admin.without(SessionsWrite).await;
    is_problem(&others.post(&path, &why()).await, 403, "insufficient_permission");
    let allowed = scene.admin.with(&[SessionsWrite]).await;
    assert_eq!(allowed.post(&path, &why()).await.status, 204);
    let unknown = "/accounts/acc_00000000000000000000000000000000/end-sessions";
    is_problem(&allowed.post(unknown, &why()).await, 404, "not_found");
    for body in [json!({ "reason": "because" }), json!({ "note": {} }), json!([])] {
        let answer = allowed.post(&path, &body).await;
        assert_eq!(answer.status, 400, "{body}");
        is_problem(&answer, 400, "malformed_request");
    }
    for note in ["", "two\nlines", &"x".repeat(513)] {
        let answer = allowed.post(&path, &json!({ "note": note })).await;
        is_problem(&answer, 422, "unprocessable");
    }
}

#[tokio::test]
async fn an_erased_account_is_gone_for_everybody_and_its_name_is_free() {
    let given = given().await;
    let scene = &given.scene;
    let (_, version) = scene.account().await;
    let sent = scene.admin.request("DELETE", &scene.path);
    is_problem(&scene.admin.send(sent).await, 428, "precondition_required");
    is_problem(&scene.admin.delete(&scene.path, "\"nothing\"").await, 412, "precondition_failed");
    assert_eq!(scene.admin.delete(&scene.path, &version).await.status, 204);
    is_problem(&scene.admin.get(&scene.path).await, 404, "not_found");
    assert!(!given.is_signed_in().await && !given.holds(&given.session).await);
    // An erasure that was cut short is asked for again.
    assert_eq!(scene.admin.delete(&scene.path, "*").await.status, 204);
    let unknown = "/accounts/acc_00000000000000000000000000000000";
    is_problem(&scene.admin.delete(unknown, "*").await, 404, "not_found");
    let body = json!({ "identifiers": ["alice"], "password": PASSWORD });
    assert_eq!(scene.admin.post("/accounts", &body).await.status, 201);
    assert!(scene.lets_in("alice", PASSWORD).await);
}

#[tokio::test]
async fn nothing_of_an_erased_person_stays_among_the_operators() {
    for with_token in [false, true] {
        let scene = scene().await;
        let body = json!({
            "name": "Alice Example",
            "permissions": ["clients:read"],
            "account_id": scene.alice.account_id.to_string(),
            "with_token": with_token,
        });
        let made = scene.admin.post("/operators", &body).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(scene.admin.delete(&scene.path, "*").await.status, 204);
        let listed = scene.admin.get("/operators").await;
        for told in ["Alice", &scene.alice.account_id.to_string()] {
            assert!(!listed.body.contains(told), "{listed:?}");
        }
        // Without a token it is nobody's any more; with one whoever has that goes on.
        let id = made.text("operator_id").unwrap();
        let found = scene.admin.get(&format!("/operators/{id}")).await;
        assert_eq!(found.status, if with_token { 200 } else { 404 }, "{found:?}");
        if let Some(token) = made.text("token") {
            assert_eq!(found.text("name"), Some(id));
            assert_eq!(scene.admin.presenting(&token).get("/clients").await.status, 200);
        }
    }
}
