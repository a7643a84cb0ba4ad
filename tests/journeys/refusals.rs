//! A refusal has an id, on the page or in the answer; by it an operator finds out what was received, what was expected and
//! what comes nearest, and nobody else learns any of it.

use std::time::Duration;

use flows::admin::refusals::{RefusalFilter, RefusalRecord};
use protocol::{
    oauth_error::is_description,
    paths,
    refusal::{Comparison, Fact, FactValue, Segment},
};
use serde_json::Value;

use crate::world::{
    Answer, Callback, Loopback, Page, Sent, Tokens, World, basic, clients::REDIRECT_URI,
};

impl World {
    /// What an operator finds by an id.
    pub(crate) async fn refusal(&self, id: &str) -> RefusalRecord {
        let found = self.find_refusal(id).await;
        found.unwrap_or_else(|| panic!("no refusal {id}"))
    }

    pub(crate) async fn find_refusal(&self, id: &str) -> Option<RefusalRecord> {
        let id = id.parse().expect("an id");
        self.flows().refusal(&self.operator(), id).await.expect("the store answers")
    }
}

/// The id on an error page.
fn on(page: &Page) -> &str {
    assert!(page.by_id("refusal-id").is_some(), "{page:?}");
    let (_, rest) = page.answer.body.split_once("id=\"request-id\" dir=\"ltr\">").expect("an id");
    rest.split('<').next().expect("its end")
}

/// The id at the end of what a client is told by way of the browser.
fn at(callback: &Callback) -> &str {
    let description = callback.get("error_description").expect("a description");
    assert!(is_description(description), "{description}");
    let (_, id) = description.rsplit_once("(refusal ").expect("an id");
    id.strip_suffix(')').expect("its end")
}

/// The id in an answer for programs.
fn of(answer: &Answer) -> String {
    answer.text("refusal_id").unwrap_or_else(|| panic!("no id in {answer:?}"))
}

fn compared(refusal: &RefusalRecord) -> &Comparison {
    let [compared] = refusal.explanation.compared.as_slice() else { panic!("{refusal:?}") };
    compared
}

fn fact<'a>(refusal: &'a RefusalRecord, name: &str) -> &'a FactValue {
    let found = refusal.explanation.facts.iter().find(|fact| fact.name == name);
    &found.unwrap_or_else(|| panic!("no {name} in {refusal:?}")).value
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_registered_is_shown_beside_the_nearest_one() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let ask = party.ask().set("redirect_uri", "https://client.example/cb/?session=s3cr3t");
    let page = world.browser().look_at(&ask.url()).await;
    assert_eq!(page.answer.status, 400);
    assert!(!page.answer.body.contains(REDIRECT_URI), "a stranger is told nothing");
    let refusal = world.refusal(on(&page)).await;
    assert_eq!((&*refusal.endpoint, &*refusal.error), ("authorize", "invalid_request"));
    assert_eq!(refusal.reason, "redirect_uri_not_registered");
    assert_eq!((refusal.client_id, refusal.is_proved), (Some(party.client_id), false));
    let compared = compared(&refusal);
    let received = "https://client.example/cb/?session=***";
    assert_eq!(compared.received.as_deref(), Some(received));
    assert_eq!(compared.nearest.as_deref(), Some(REDIRECT_URI));
    let surplus = Segment::Surplus("/?session=***".into());
    assert_eq!(compared.difference, [Segment::Same(REDIRECT_URI.into()), surplus]);
    let kept = format!("{refusal:?}");
    assert!(!kept.contains(ask.get("state")) && !kept.contains("s3cr3t"), "{kept}");
}

#[tokio::test]
async fn what_the_application_is_told_ends_with_the_id() {
    let world = World::new().await;
    let party = world.relying_party().await;
    for (ask, reason, received) in [
        (party.ask().set("response_type", "token"), "response_type_unsupported", Some("token")),
        (
            party.ask().set("response_type", "code id_token"),
            "response_type_not_allowed",
            Some("code id_token"),
        ),
        (party.ask().set("scope", "openid_"), "scope_not_allowed", Some("openid_")),
        (
            party.ask().set("code_challenge_method", "plain"),
            "code_challenge_method_unsupported",
            Some("plain"),
        ),
        (party.ask().set("prompt", "create"), "prompt_unknown", Some("create")),
        (
            party.ask().set("response_mode", "web_message"),
            "response_mode_unsupported",
            Some("web_message"),
        ),
    ] {
        let callback = world.browser().open(&ask.url()).await.callback();
        let refusal = world.refusal(at(&callback)).await;
        assert_eq!((&*refusal.reason, &*refusal.error), (reason, callback.error()));
        assert_eq!(compared(&refusal).received.as_deref(), received, "{refusal:?}");
    }
    let callback = world.browser().open(&party.ask().and("max_age", "x").url()).await.callback();
    assert_eq!(world.refusal(at(&callback)).await.reason, "max_age_malformed");
}

#[tokio::test]
async fn what_comes_of_a_sign_in_has_an_id_too() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let silent = party.ask().set("prompt", "none");
    let callback = world.browser().open(&silent.url()).await.callback();
    assert_eq!(world.refusal(at(&callback)).await.reason, "login_required");
    let mut browser = world.browser();
    let login = browser.look_at(&party.ask().url()).await;
    let consent = browser.log_in(&login, &alice.username, &alice.password).await.page();
    let denied = browser.press(&consent, "consent-deny", &[]).await.callback();
    let refusal = world.refusal(at(&denied)).await;
    assert_eq!((&*refusal.endpoint, &*refusal.reason), ("sign_in", "access_denied"));
    assert_eq!(refusal.account_id, Some(alice.account_id));
    let lost = world.browser().look_at(paths::LOGIN).await;
    assert_eq!(world.refusal(on(&lost)).await.reason, "submission_malformed");
    let elsewhere = format!("{}?sign_in={}", paths::LOGIN, login.hidden("sign_in"));
    let elsewhere = world.browser().look_at(&elsewhere).await;
    assert_eq!(world.refusal(on(&elsewhere)).await.reason, "sign_in_of_another_browser");
}

#[tokio::test]
async fn an_address_after_a_logout_is_shown_beside_the_nearest_one() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let uri = "http://client.example/bye";
    let asked = [("client_id", &*party.id()), ("post_logout_redirect_uri", uri)];
    let page = world.browser().look_at(&party.logout(&asked)).await;
    let refusal = world.refusal(on(&page)).await;
    assert_eq!(refusal.reason, "post_logout_redirect_uri_not_registered");
    assert!(compared(&refusal).difference.contains(&Segment::Missing("s".into())));
}

#[tokio::test]
async fn an_access_token_that_is_not_believed_is_explained() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    let altered = format!("{}x", tokens.access_token.trim_end_matches('x'));
    let refusal = world.refusal(&of(&party.userinfo(&altered).await)).await;
    assert_eq!((refusal.account_id, refusal.is_proved), (None, false), "nothing of it is believed");
    let none = party.userinfo("nonsense").await;
    assert_eq!(world.refusal(&of(&none)).await.reason, "token_malformed");
    let id_token = party.userinfo(tokens.id_token()).await;
    assert_eq!(world.refusal(&of(&id_token)).await.reason, "token_of_another_kind");
    party.revoke(tokens.refresh_token()).await;
    let refusal = world.refusal(&of(&party.userinfo(&tokens.access_token).await)).await;
    assert_eq!((&*refusal.reason, refusal.account_id), ("token_revoked", Some(alice.account_id)));
    assert_eq!(*fact(&refusal, "grant_revoked_for"), FactValue::Text("by_client".into()));
    assert!(matches!(fact(&refusal, "token_exp"), FactValue::At(_)));
    assert!(!format!("{refusal:?}").contains(&tokens.access_token));
    world.advance(Duration::from_secs(3600)).await;
    let expired = party.userinfo(&tokens.access_token).await;
    assert_eq!(world.refusal(&of(&expired)).await.reason, "token_expired");
}

#[tokio::test]
async fn the_audit_log_has_the_refusal_under_the_same_id() {
    let world = World::new().await;
    let (party, other) = (world.relying_party().await, world.relying_party().await);
    let by_client = of(&party.refresh("unknown").await);
    let mut guessed = party.clone();
    guessed.secret = other.secret;
    let by_stranger = of(&guessed.refresh("unknown").await);
    for (id, reason, actor) in [
        (by_client, "refresh_token_unknown", party.id()),
        (by_stranger, "client_secret_wrong", "stranger".to_owned()),
    ] {
        world.refusal(&id).await;
        let told = world.logged(&id).await;
        assert!(told.contains(r#""act":"refused""#) && told.contains(reason), "{told}");
        assert!(told.contains(&actor), "{told}");
    }
}

impl World {
    /// The one event of a request, as the audit log has it.
    async fn logged(&self, request_id: &str) -> String {
        self.look().await.expect("every actor looks");
        let realm = self.realm();
        let heads = self.store().audit_heads(&realm).await.expect("heads");
        let mut told = Vec::new();
        for head in heads {
            let entries = self.store().audit_entries(&realm, (&head.node, 0), 1_000).await;
            told.extend(entries.expect("entries").into_iter().map(|entry| entry.record.content));
        }
        told.retain(|content| content.contains(request_id));
        assert_eq!(told.len(), 1, "{told:?}");
        told.remove(0)
    }
}

#[tokio::test]
async fn whoever_floods_the_authorization_endpoint_takes_no_clients_place() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let ask = party.ask().set("scope", "\"").set("client_secret", "x");
    let callback = world.browser().open(&ask.url()).await.callback();
    let refusal = world.refusal(at(&callback)).await;
    assert_eq!((&*refusal.reason, refusal.is_proved), ("scope_malformed", false));
    for _ in 0..300 {
        world.browser().open(&ask.url()).await;
    }
    assert!(world.refusal(&of(&party.refresh("unknown").await)).await.is_proved);
}

#[tokio::test]
async fn whoever_is_refused_learns_nothing_that_an_operator_is_shown() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let ask = party.ask();
    let callback = world.browser().authorize(&ask, &alice).await;
    let other = ask.clone().set("redirect_uri", "https://client.example/other");
    let mut wrong = party.clone();
    wrong.secret = "x".into();
    let by_post =
        [("client_id", &*party.id()), ("client_secret", &party.secret), ("grant_type", "x")];
    let answers = [
        party.redeem(&other, callback.code()).await,
        wrong.refresh("x").await,
        world.send(Sent::post(paths::TOKEN).form(&by_post)).await,
        world.send(wrong.introspection("x")).await,
        world.send(wrong.revocation("x")).await,
        party.userinfo("a.b.c").await,
    ];
    for answer in answers {
        let members = answer.json();
        let names: Vec<_> = members.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["error", "error_description", "refusal_id"]);
        for kept in [REDIRECT_URI, "client_secret_basic", "S256"] {
            assert!(!answer.body.contains(kept), "{answer:?}");
        }
        world.refusal(&of(&answer)).await;
    }
}

#[tokio::test]
async fn a_list_has_the_latest_first_and_keeps_to_its_filters() {
    let world = World::new().await;
    let (party, other) = (world.relying_party().await, world.relying_party().await);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(of(&party.refresh("unknown").await));
        of(&other.refresh("unknown").await);
        world.pass(Duration::from_secs(60));
    }
    party.userinfo("nonsense").await;
    let of_client = RefusalFilter { client_id: Some(party.client_id), ..Default::default() };
    let listed = world.flows().refusals(&world.operator(), &of_client, None).await.unwrap();
    let found: Vec<_> = listed.items.iter().map(|one| one.refusal_id.to_string()).collect();
    ids.reverse();
    assert_eq!((found, listed.next.is_none()), (ids, true));
    let reason = Some("token_malformed".to_owned());
    let of_reason = RefusalFilter { reason, ..Default::default() };
    let listed = world.flows().refusals(&world.operator(), &of_reason, None).await.unwrap();
    assert_eq!(listed.items.len(), 1);
    let since = Some(world.now() - Duration::from_secs(90));
    let recent = RefusalFilter { since, ..of_client };
    let listed = world.flows().refusals(&world.operator(), &recent, None).await.unwrap();
    assert_eq!(listed.items.len(), 1);
}

#[tokio::test]
async fn a_long_list_goes_on_where_it_stopped() {
    let world = World::new().await;
    let mut ids = Vec::new();
    // Of one client alone not so many are kept at once.
    for _ in 0..5 {
        let party = world.relying_party().await;
        for _ in 0..30 {
            ids.push(of(&party.refresh("unknown").await));
        }
    }
    let filter = RefusalFilter::default();
    let first = world.flows().refusals(&world.operator(), &filter, None).await.unwrap();
    let second = world.flows().refusals(&world.operator(), &filter, first.next.as_ref()).await;
    let second = second.unwrap();
    assert_eq!((first.items.len(), second.items.len()), (100, 50));
    assert!(second.next.is_none());
    let mut found: Vec<_> =
        first.items.iter().chain(&second.items).map(|one| one.refusal_id.to_string()).collect();
    found.sort();
    ids.sort();
    assert_eq!(found, ids);
    let other = RefusalFilter { reason: Some("x".into()), ..filter };
    let strange = world.flows().refusals(&world.operator(), &other, first.next.as_ref()).await;
    assert!(strange.is_err(), "a cursor is of one list");
}

#[tokio::test]
async fn what_is_erased_with_an_account_has_its_refusals_among_it() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    let stranger = world.relying_party().await;
    let before = of(&stranger.refresh(tokens.refresh_token()).await);
    assert_eq!(world.refusal(&before).await.account_id, Some(alice.account_id));
    world.erase(&alice).await;
    assert!(world.find_refusal(&before).await.is_none());
    let after = world.refusal(&of(&party.userinfo(&tokens.access_token).await)).await;
    assert_eq!((&*after.reason, after.account_id), ("token_revoked", None));
}

#[tokio::test]
async fn a_refusal_is_found_for_a_week() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let id = of(&party.refresh("unknown").await);
    world.advance(Duration::from_secs(7 * 24 * 3600 - 1)).await;
    assert!(world.find_refusal(&id).await.is_some());
    world.advance(Duration::from_secs(1)).await;
    assert!(world.find_refusal(&id).await.is_none());
}

#[tokio::test]
async fn a_secret_that_was_sent_in_the_wrong_field_is_not_kept() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let secret = &*party.secret;
    let credentials = basic(&party.id(), secret);
    let mut ids = Vec::new();
    for name in ["grant_type", "redirect_uri", "client_id", "scope", "code", "resource", secret] {
        let fields = [(name, secret), ("x", "y")];
        let sent = Sent::post(paths::TOKEN).form(&fields);
        ids.push(of(&world.send(sent.header("authorization", &credentials)).await));
        let ask = party.ask().set(name, secret);
        let answer = world.browser().visit(&ask.url()).await;
        if let Some(location) = answer.location().filter(|to| to.starts_with(REDIRECT_URI)) {
            ids.push(at(&Callback::read(location)).to_owned());
        } else if answer.status == 400 {
            ids.push(on(&world.browser().look_at(&ask.url()).await).to_owned());
        }
    }
    assert!(ids.len() > 10);
    for id in ids {
        let kept = serde_json::to_string(&world.refusal(&id).await).unwrap();
        assert!(!kept.contains(secret), "{kept}");
    }
}

#[tokio::test]
async fn the_id_is_ours_whatever_the_request_calls_itself_and_stands_in_a_header_too() {
    let world = World::new().await;
    let listening = world.listen(Loopback::default()).await;
    let chosen = "0".repeat(32);
    let request = format!(
        "POST {} HTTP/1.1\r\nhost: id.example\r\nx-request-id: {chosen}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: 3\r\n\
         connection: close\r\n\r\na=b",
        paths::TOKEN
    );
    let mut ids = Vec::new();
    for _ in 0..2 {
        let answer = listening.exchange(&request).await;
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        let id = serde_json::from_str::<Value>(body).expect("JSON")["refusal_id"].clone();
        let id = id.as_str().expect("an id").to_owned();
        assert!(head.to_lowercase().contains(&format!("x-request-id: {id}\r\n")), "{head}");
        assert_eq!(world.refusal(&id).await.reason, "client_not_named");
        ids.push(id);
    }
    assert!(ids[0] != ids[1] && !ids.contains(&chosen));
}

#[tokio::test]
async fn a_code_that_was_used_before_is_explained_by_what_became_of_it() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let ask = party.ask();
    let callback = world.browser().authorize(&ask, &alice).await;
    Tokens::read(party.redeem(&ask, callback.code()).await);
    let refusal = world.refusal(&of(&party.redeem(&ask, callback.code()).await)).await;
    assert_eq!((&*refusal.reason, refusal.is_proved), ("code_reused", true));
    assert_eq!(*fact(&refusal, "grant_revoked_for"), FactValue::Text("code_reused".into()));
    assert!(refusal.explanation.facts.contains(&Fact::text("code_given_to", party.client_id)));
}
