//! Sessions: who is signed in where, and how an operator ends that. From the answer on, on every node.

use std::collections::BTreeSet;

use protocol::{
    event::{Act, Actor, EndReason},
    permission::Permission::{SessionsRead, SessionsWrite},
    revocation::RevocationReason,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Caller, accounts::texts, is_problem};
use crate::world::{Browser, Person, RelyingParty, Tokens, World};

struct Scene {
    world: World,
    other: World,
    admin: Caller,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
    tokens: Tokens,
    /// Of her session.
    path: String,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let other = world.beside("other").await;
    let (admin, alice) = (world.admin().await, world.person("alice").await);
    let (party, mut browser) = (world.relying_party().await, world.browser());
    let tokens = party.sign_in(&mut browser, &alice).await;
    let sid = party.verify(tokens.id_token()).await.sid.expect("a sid");
    let path = format!("/sessions/{sid}");
    Scene { world, other, admin, alice, party, browser, tokens, path }
}

fn why() -> Value {
    json!({ "reason": "compromised", "note": "A laptop was stolen." })
}

impl Scene {
    fn party_at_other(&self, party: &RelyingParty) -> RelyingParty {
        let RelyingParty { client_id, secret, redirect_uri, .. } = party;
        RelyingParty::registered(self.other.wire().clone(), *client_id, secret, redirect_uri)
    }

    /// Whether what `party` was given holds, by the first request at each endpoint of the other node.
    async fn holds(&self, party: &RelyingParty, tokens: &Tokens) -> bool {
        let party = self.party_at_other(party);
        let userinfo = party.userinfo(&tokens.access_token).await.status == 200;
        let introspected = party.introspect(&tokens.access_token).await["active"] == true;
        let refreshed = party.refresh(tokens.refresh_token()).await.status == 200;
        assert_eq!([introspected, refreshed], [userinfo; 2]);
        userinfo
    }

    async fn is_signed_in(&self) -> bool {
        let mut browser = self.browser.clone().at(self.other.wire());
        let ask = self.party_at_other(&self.party).ask().set("prompt", "none");
        browser.open(&ask.url()).await.callback().get("code").is_some()
    }

    async fn listed(&self, query: &str) -> Vec<String> {
        let answer = self.admin.get(&format!("/sessions{query}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let items = answer.json()["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| format!("/sessions/{}", item["session_id"].as_str().unwrap()))
            .collect()
    }
}

#[tokio::test]
async fn a_session_is_shown_with_its_browser_and_its_clients_and_never_with_its_cookie() {
    let mut scene = scene().await;
    let second = scene.world.relying_party().await;
    second.sign_in(&mut scene.browser, &scene.alice).await;
    let answer = scene.admin.get(&scene.path).await;
    let session = answer.json();
    assert_eq!(session["account_id"], scene.alice.account_id.to_string());
    assert_eq!((&session["user_agent"], &session["amr"]), (&json!("World/1.0"), &json!(["pwd"])));
    assert_eq!(session["address"], scene.browser.address.to_string());
    let clients = texts(&session["client_ids"]);
    assert_eq!(clients, [scene.party.id(), second.id()].into());
    assert!(answer.header("etag").is_some());
    let (_, secret) = scene.browser.jar.get("session").unwrap().split_once('.').unwrap();
    let hash = protocol::Token::presented(secret).hash().to_string();
    assert!(!answer.body.contains(secret) && !answer.body.contains(&hash), "{session}");
    assert!(session.get("cookie").is_none());
}

#[tokio::test]
async fn sessions_are_listed_of_all_and_of_one_account_while_they_hold() {
    let scene = scene().await;
    let bob = scene.world.person("bob").await;
    let mut browser = scene.world.browser();
    scene.party.sign_in(&mut browser, &bob).await;
    let of = |person: &Person| format!("?account_id={}", person.account_id);
    assert_eq!(scene.listed("").await.len(), 2);
    assert_eq!(scene.listed(&of(&scene.alice)).await, [scene.path.as_str()]);
    scene.world.end_sessions_of_account(scene.alice.account_id).await;
    assert_eq!(scene.listed(&of(&scene.alice)).await, Vec::<String>::new());
    is_problem(&scene.admin.get(&scene.path).await, 404, "not_found");
    assert_eq!(scene.listed("").await, scene.listed(&of(&bob)).await);
    scene.world.disable(&bob).await;
    assert!(scene.listed("").await.is_empty());
    for query in ["?account_id=bob", "?after=x", "?account_id=a&account_id=b"] {
        let answer = scene.admin.get(&format!("/sessions{query}")).await;
        is_problem(&answer, 400, "malformed_request");
    }
}

#[tokio::test]
async fn sessions_are_listed_by_the_client_that_was_given_something_in_them() {
    let scene = scene().await;
    let (second, bob) = (scene.world.relying_party().await, scene.world.person("bob").await);
    let tokens = second.sign_in(&mut scene.world.browser(), &bob).await;
    let of_bob = second.verify(tokens.id_token()).await.sid.expect("a sid");
    let of = |party: &RelyingParty| format!("?client_id={}", party.client_id);
    assert_eq!(scene.listed(&of(&scene.party)).await, [scene.path.as_str()]);
    assert_eq!(scene.listed(&of(&second)).await, [format!("/sessions/{of_bob}")]);
    let both = format!("{}&account_id={}", of(&second), scene.alice.account_id);
    assert_eq!(scene.listed(&both).await, Vec::<String>::new());
}

#[tokio::test]
async fn every_session_is_listed_once_page_by_page() {
    let scene = scene().await;
    let (store, realm) = (scene.world.store(), scene.world.realm());
    let sessions = &scene.world.flows().sessions;
    let origin = actors::Origin {
        address: scene.browser.address,
        user_agent: None,
        client_id: None,
        request_id: None,
    };
    let mut made = BTreeSet::from([scene.path.clone()]);
    for _ in 0..150 {
        let mut batch = store.batch();
        let (session, _) = sessions.start(
            &mut batch,
            actors::sessions::StartSession {
                realm: realm.clone(),
                account_id: scene.alice.account_id,
                authentication: actors::sessions::Authentication::default(),
                remember: false,
                origin: origin.clone(),
            },
        );
        store.commit(batch).await.unwrap();
        made.insert(format!("/sessions/{}", session.session_id));
    }
    for of in [String::new(), format!("account_id={}&", scene.alice.account_id)] {
        let (mut listed, mut query) = (Vec::new(), of.clone());
        loop {
            let page = scene.admin.get(&format!("/sessions?{query}")).await.json();
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 100);
            let path = |item: &Value| format!("/sessions/{}", item["session_id"].as_str().unwrap());
            listed.extend(items.iter().map(path));
            let Some(next) = page["next"].as_str() else { break };
            query = format!("{of}after={next}");
        }
        assert_eq!(listed.len(), made.len());
        assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), made);
    }
}

#[tokio::test]
async fn a_revoked_session_is_refused_everywhere_and_the_others_go_on() {
    let scene = scene().await;
    let mut elsewhere = scene.world.browser();
    let kept = scene.party.sign_in(&mut elsewhere, &scene.alice).await;
    assert!(scene.is_signed_in().await);
    let revoked = scene.admin.post(&format!("{}/revoke", scene.path), &why()).await;
    assert_eq!(revoked.status, 204, "{revoked:?}");
    assert!(!scene.is_signed_in().await && !scene.holds(&scene.party, &scene.tokens).await);
    assert!(scene.holds(&scene.party, &kept).await);
    is_problem(&scene.admin.get(&scene.path).await, 404, "not_found");
    let again = scene.admin.post(&format!("{}/revoke", scene.path), &why()).await;
    is_problem(&again, 404, "not_found");

    let events = scene.world.events().await;
    let session_id = scene.path.trim_start_matches("/sessions/").parse().unwrap();
    let act = Act::SessionEnded { session_id, reason: EndReason::Compromised };
    let told = events.iter().find(|event| event.act == act).expect("the event");
    assert_eq!(told.actor, Actor::Operator(scene.admin.operator_id));
    assert_eq!(told.account_id, Some(scene.alice.account_id));
    assert!(!format!("{events:?}").contains("laptop"), "a note is sealed");
}

#[tokio::test]
async fn all_of_an_account_or_all_of_a_client_is_taken_back_at_once() {
    let mut scene = scene().await;
    let second = scene.world.relying_party().await;
    let other = second.sign_in(&mut scene.browser, &scene.alice).await;
    let of_client = json!({ "client_id": second.id(), "reason": "policy" });
    assert_eq!(scene.admin.post("/sessions/revoke", &of_client).await.status, 204);
    assert!(!scene.holds(&second, &other).await);
    assert!(scene.holds(&scene.party, &scene.tokens).await && scene.is_signed_in().await);
    let again = second.sign_in(&mut scene.browser, &scene.alice).await;
    assert!(scene.holds(&second, &again).await, "what it is given from then on holds");

    let of_account = json!({ "account_id": scene.alice.account_id.to_string() });
    assert_eq!(scene.admin.post("/sessions/revoke", &of_account).await.status, 204);
    assert!(!scene.is_signed_in().await && !scene.holds(&second, &again).await);
    let events = scene.world.events().await;
    let acts = [
        Act::ClientTokensRevoked { reason: RevocationReason::Policy },
        Act::SessionsEnded { reason: RevocationReason::Unspecified, tokens: false },
    ];
    for act in acts {
        assert_eq!(events.iter().filter(|event| event.act == act).count(), 1, "{act:?}");
    }
}

#[tokio::test]
async fn what_names_no_one_thing_is_not_revoked() {
    let scene = scene().await;
    let nobody = "acc_00000000000000000000000000000000";
    let bodies = [
        (json!({}), 422, "unprocessable"),
        (json!({ "account_id": nobody, "client_id": scene.party.id() }), 422, "unprocessable"),
        (json!({ "account_id": nobody }), 404, "not_found"),
        (json!({ "client_id": "cli_00000000000000000000000000000000" }), 404, "not_found"),
        (json!({ "account_id": "alice" }), 400, "malformed_request"),
        (json!({ "session_id": "x" }), 400, "malformed_request"),
    ];
    for (body, status, code) in bodies {
        is_problem(&scene.admin.post("/sessions/revoke", &body).await, status, code);
    }
    for path in ["/sessions/x/revoke", "/sessions/ses_00000000000000000000000000000000/revoke"] {
        is_problem(&scene.admin.post(path, &why()).await, 404, "not_found");
    }
    assert!(scene.is_signed_in().await);
}

#[tokio::test]
async fn looking_and_ending_are_two_permissions() {
    let scene = scene().await;
    let (reader, writer) =
        (scene.admin.with(&[SessionsRead]).await, scene.admin.with(&[SessionsWrite]).await);
    for path in ["/sessions", scene.path.as_str()] {
        assert_eq!(reader.get(path).await.status, 200);
        is_problem(&writer.get(path).await, 403, "insufficient_permission");
    }
    let revoke = format!("{}/revoke", scene.path);
    for path in ["/sessions/revoke", revoke.as_str()] {
        is_problem(&reader.post(path, &why()).await, 403, "insufficient_permission");
    }
    assert_eq!(writer.post(&revoke, &why()).await.status, 204);
}

/// A refresh that races against the end of its session: whichever comes first, nothing holds after the answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_that_is_refreshed_while_its_session_ends_outlives_it() {
    let scene = scene().await;
    for _ in 0..10 {
        let mut browser = scene.world.browser();
        let tokens = scene.party.sign_in(&mut browser, &scene.alice).await;
        let sid = scene.party.verify(tokens.id_token()).await.sid.unwrap();
        let mut all = JoinSet::new();
        for _ in 0..4 {
            let (party, token) = (scene.party.clone(), tokens.refresh_token().to_owned());
            all.spawn(async move { party.refresh(&token).await });
        }
        let (admin, path) = (scene.admin.at(&scene.other), format!("/sessions/{sid}/revoke"));
        assert_eq!(admin.post(&path, &why()).await.status, 204);
        for answer in all.join_all().await {
            if answer.status == 200 {
                assert!(!scene.holds(&scene.party, &Tokens::read(answer)).await);
            }
        }
    }
}

/// Who is not signed in any more has applications that go on: an operator ends those by the session, once.
#[tokio::test]
async fn a_session_that_does_not_hold_is_revoked_with_what_was_given_in_it() {
    for minutes in [0, 31, 40] {
        let scene = scene().await;
        let account = format!("/accounts/{}", scene.alice.account_id);
        if minutes == 0 {
            scene.world.disable(&scene.alice).await;
        } else {
            scene.world.advance(std::time::Duration::from_secs(minutes * 60)).await;
            let told = scene.party.introspect(scene.tokens.refresh_token()).await;
            assert_eq!(told["active"], true, "{minutes}");
        }
        is_problem(&scene.admin.get(&scene.path).await, 404, "not_found");
        let revoke = format!("{}/revoke", scene.path);
        assert_eq!(scene.admin.post(&revoke, &why()).await.status, 204, "{minutes}");
        is_problem(&scene.admin.post(&revoke, &why()).await, 404, "not_found");
        if minutes == 0 {
            let enabled = scene.admin.post(&format!("{account}/enable"), &why()).await;
            assert_eq!(enabled.status, 204, "{enabled:?}");
        }
        let party = scene.party_at_other(&scene.party);
        let refreshed = party.refresh(scene.tokens.refresh_token()).await;
        assert_eq!(refreshed.error(), "invalid_grant", "{minutes}");
    }
}
