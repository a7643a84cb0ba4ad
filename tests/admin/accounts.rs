//! Accounts: looked at, listed and made.

use std::collections::BTreeSet;

use protocol::{
    event::{Act, Actor, Event},
    permission::Permission::{AccountsRead, AccountsWrite},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Caller, anonymous, etag, is_problem};
use crate::world::{Landed, PASSWORD, Person, RelyingParty, World};

mod changed;
mod ended;
mod passwords;
mod taken_over;

struct Scene {
    world: World,
    admin: Caller,
    alice: Person,
    party: RelyingParty,
    /// Of her account.
    path: String,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let (admin, alice) = (world.admin().await, world.person("alice").await);
    let party = world.relying_party().await;
    let path = format!("/accounts/{}", alice.account_id);
    Scene { world, admin, alice, party, path }
}

impl Scene {
    /// Whether the password lets somebody of this name in.
    async fn lets_in(&self, name: &str, password: &str) -> bool {
        let mut browser = self.world.browser();
        let page = browser.look_at(&self.party.ask().url()).await;
        match browser.log_in(&page, name, password).await {
            Landed::Page(page) => page.id == "consent-page",
            Landed::Client(_) => true,
        }
    }

    /// Her account, and its version.
    async fn account(&self) -> (Value, String) {
        let answer = self.admin.get(&self.path).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        (answer.json(), etag(&answer))
    }
}

/// The texts of a list.
pub(super) fn texts(list: &Value) -> BTreeSet<String> {
    let texts = list.as_array().expect("a list").iter();
    texts.map(|text| text.as_str().expect("a text").to_owned()).collect()
}

fn why() -> Value {
    json!({ "reason": "requested", "note": "She called." })
}

#[tokio::test]
async fn an_account_is_shown_with_its_names_and_claims_and_never_with_its_password() {
    let scene = scene().await;
    let (account, _) = scene.account().await;
    let Person { username, email, phone, .. } = &scene.alice;
    assert_eq!(texts(&account["identifiers"]), [username, email, phone].map(Clone::clone).into());
    assert_eq!(account["claims"]["email"], *email);
    assert_eq!(account["claims"]["address"]["country"], "Germany");
    assert_eq!(
        (&account["state"], &account["new_password_required_at"]),
        (&json!("active"), &Value::Null)
    );
    assert!(account["password_chosen_at"].is_string() && account["created_at"].is_string());
    let text = account.to_string();
    assert!(!text.contains("argon2") && !text.contains(PASSWORD), "{text}");
}

#[tokio::test]
async fn what_is_no_account_is_the_same_answer_whatever_it_is_called() {
    let scene = scene().await;
    let unknown = scene.admin.get("/accounts/acc_00000000000000000000000000000000").await;
    is_problem(&unknown, 404, "not_found");
    for path in
        ["/accounts/alice", "/accounts/cli_00000000000000000000000000000000", "/accounts/%00"]
    {
        let answer = scene.admin.get(path).await;
        assert_eq!((answer.status, anonymous(&answer)), (404, anonymous(&unknown)), "{path}");
    }
}

#[tokio::test]
async fn only_who_may_read_accounts_sees_them_and_only_who_may_write_them_makes_one() {
    let scene = scene().await;
    let blind = scene.admin.without(AccountsRead).await;
    for path in ["/accounts", scene.path.as_str()] {
        is_problem(&blind.get(path).await, 403, "insufficient_permission");
    }
    let reader = scene.admin.with(&[AccountsRead]).await;
    assert_eq!(reader.get(&scene.path).await.status, 200);
    let answer = reader.post("/accounts", &json!({ "identifiers": ["bob"] })).await;
    is_problem(&answer, 403, "insufficient_permission");
    let writer = scene.admin.with(&[AccountsWrite]).await;
    assert_eq!(writer.post("/accounts", &json!({ "identifiers": ["bob"] })).await.status, 201);
}

#[tokio::test]
async fn accounts_are_found_by_any_spelling_of_a_name_and_by_their_state() {
    let scene = scene().await;
    let bob = scene.world.person("bob").await;
    let ids = |answer: crate::world::Answer| -> Vec<String> {
        assert_eq!(answer.status, 200, "{answer:?}");
        let items = answer.json()["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["account_id"].as_str().unwrap().to_owned()).collect()
    };
    let (alice_id, bob_id) = (scene.alice.account_id.to_string(), bob.account_id.to_string());
    for name in ["alice", "ALICE", "%20Alice%40example.org"] {
        let found = ids(scene.admin.get(&format!("/accounts?identifier={name}")).await);
        assert_eq!(found, [alice_id.as_str()], "{name}");
    }
    assert!(ids(scene.admin.get("/accounts?identifier=carol").await).is_empty());
    assert!(ids(scene.admin.get("/accounts?state=disabled").await).is_empty());
    let answer = scene.admin.post(&format!("{}/disable", scene.path), &why()).await;
    assert_eq!(answer.status, 204, "{answer:?}");
    assert_eq!(ids(scene.admin.get("/accounts?state=disabled").await), [alice_id.as_str()]);
    assert_eq!(ids(scene.admin.get("/accounts?state=active").await), [bob_id.as_str()]);
    scene.admin.post(&format!("{}/enable", scene.path), &why()).await;
    assert!(ids(scene.admin.get("/accounts?state=disabled").await).is_empty());
    for query in ["state=gone", "state=active&identifier=alice", "identifier=", "after=x"] {
        let answer = scene.admin.get(&format!("/accounts?{query}")).await;
        is_problem(&answer, 400, "malformed_request");
    }
}

#[tokio::test]
async fn every_account_is_listed_once_page_by_page() {
    let scene = scene().await;
    let mut made = BTreeSet::from([scene.alice.account_id.to_string()]);
    for number in 0..120 {
        let body = json!({ "identifiers": [format!("person{number}")] });
        let answer = scene.admin.post("/accounts", &body).await;
        made.insert(answer.json()["account_id"].as_str().unwrap().to_owned());
    }
    let (mut listed, mut path) = (Vec::new(), "/accounts".to_owned());
    loop {
        let page = scene.admin.get(&path).await.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 100);
        listed.extend(items.iter().map(|item| item["account_id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/accounts?after={next}");
        let elsewhere = scene.admin.get(&format!("/accounts?state=active&after={next}")).await;
        is_problem(&elsewhere, 400, "malformed_request");
    }
    assert_eq!(listed.len(), made.len());
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), made);
}

#[tokio::test]
async fn who_is_made_an_account_signs_in_with_any_of_its_names() {
    let scene = scene().await;
    let body = json!({
        "identifiers": ["Bob", "BOB@Example.org"],
        "claims": { "name": "Bob Example", "email": "bob@example.org", "email_verified": true },
        "password": PASSWORD,
    });
    let answer = scene.admin.post("/accounts", &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let account_id = answer.json()["account_id"].as_str().unwrap().to_owned();
    assert_eq!(answer.location(), Some(format!("/admin/v1/accounts/{account_id}").as_str()));
    let account = scene.admin.get(&format!("/accounts/{account_id}")).await.json();
    assert_eq!(account["identifiers"], json!(["bob", "bob@example.org"]));
    assert_eq!(account["claims"]["email_verified"], true);
    assert!(account["claims_updated_at"].is_string());
    assert!(
        scene.lets_in("bob", PASSWORD).await && scene.lets_in("bob@example.org", PASSWORD).await
    );
    let events = scene.world.events().await;
    let is_his = |event: &&Event| event.account_id.is_some_and(|id| id.to_string() == account_id);
    let told = events.iter().filter(is_his).find(|event| event.act == Act::AccountCreated);
    assert_eq!(told.unwrap().actor, Actor::Operator(scene.admin.operator_id));
}

#[tokio::test]
async fn an_account_that_could_not_work_is_not_made() {
    let scene = scene().await;
    let bodies = [
        (json!({}), 400),
        (json!({ "identifiers": [] }), 400),
        (json!({ "identifiers": vec!["bob"; 17] }), 400),
        (json!({ "identifiers": ["bob", "BOB"] }), 422),
        (json!({ "identifiers": [" "] }), 422),
        (json!({ "identifiers": ["bob"], "password": "" }), 422),
        (json!({ "identifiers": ["bob"], "password": "x".repeat(1_025) }), 422),
        (json!({ "identifiers": ["bob"], "claims": { "birthdate": "yesterday" } }), 422),
        (json!({ "identifiers": ["bob"], "claims": { "sub": "acc_1" } }), 400),
        (json!({ "identifiers": "bob" }), 400),
        (json!(null), 400),
    ];
    for (body, status) in bodies {
        let answer = scene.admin.post("/accounts", &body).await;
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some(super::PROBLEM));
    }
    let taken = json!({ "identifiers": ["carol", "ALICE@example.org"] });
    is_problem(&scene.admin.post("/accounts", &taken).await, 409, "conflict");
    assert!(scene.admin.get("/accounts?identifier=carol").await.json()["items"] == json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn however_often_a_creation_is_sent_at_once_it_makes_one_account() {
    let scene = scene().await;
    let body = json!({ "identifiers": ["bob"], "password": PASSWORD });
    let mut all = JoinSet::new();
    for _ in 0..50 {
        let sent = scene.admin.posting("/accounts", &body).header("idempotency-key", "one");
        let admin = scene.admin.clone();
        all.spawn(async move { admin.send(sent).await });
    }
    let answers = all.join_all().await;
    let bodies: BTreeSet<_> = answers.iter().map(|answer| answer.body.clone()).collect();
    assert!(answers.iter().all(|answer| answer.status == 201), "{answers:?}");
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    let another = json!({ "identifiers": ["carol"] });
    let sent = scene.admin.posting("/accounts", &another).header("idempotency-key", "one");
    is_problem(&scene.admin.send(sent).await, 422, "idempotency_key_reused");
    is_problem(&scene.admin.post("/accounts", &body).await, 409, "conflict");
}
