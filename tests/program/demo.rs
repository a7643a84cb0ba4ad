//! The demonstration of `dev`: a relying party that goes through the real flow, and refuses what it should.

use serde_json::Value;

use crate::{
    dev::start,
    visitor::{Page, Visitor},
};

fn text<'a>(printed: &'a Value, key: &str) -> &'a str {
    printed[key].as_str().unwrap()
}

/// Through the pages to what the application was told.
fn sign_in(visitor: &mut Visitor, printed: &Value) -> Page {
    let login = visitor.post("/demo/sign-in", &[]);
    assert_eq!(login.id(), "login-page");
    let (username, password) = (text(printed, "username"), text(printed, "password"));
    let form =
        [("sign_in", login.hidden("sign_in")), ("username", username), ("password", password)];
    let consent = visitor.post("/login", &form);
    assert_eq!(consent.id(), "consent-page");
    assert!(consent.text.contains("Demonstration application"), "{}", consent.text);
    let fields = ["sign_in", "shown"].map(|field| (field, consent.hidden(field)));
    visitor.post("/consent", &[&fields[..], &[("decision", "allow")]].concat())
}

#[test]
fn a_person_signs_in_refreshes_and_signs_out() {
    let folder = tempfile::tempdir().unwrap();
    let (process, printed) = start(folder.path(), &[]);
    let mut visitor = Visitor::at(text(&printed, "issuer"));
    assert_eq!(visitor.get("/demo").id(), "demo-page");

    let result = sign_in(&mut visitor, &printed);
    assert_eq!((result.path.as_str(), result.id()), ("/demo", "demo-result-page"));
    for claim in ["phone_number_verified", "alice@example.com", "zoneinfo", "updated_at", "at_hash"]
    {
        assert!(result.text.contains(claim), "{claim} in {}", result.text);
    }
    let refreshed = visitor.post("/demo/refresh", &[]);
    assert_eq!(refreshed.id(), "demo-result-page");
    assert!(refreshed.text.contains("role=\"status\""), "{}", refreshed.text);

    let signed_out = visitor.post("/demo/sign-out", &[]);
    assert_eq!(signed_out.id(), "demo-page");
    assert!(signed_out.text.contains("role=\"status\""), "{}", signed_out.text);
    let again = visitor.get("/demo");
    assert_eq!(again.id(), "demo-page");
    assert!(!again.text.contains("role=\"status\""), "{}", again.text);
    assert_eq!(
        visitor.post("/demo/sign-in", &[]).id(),
        "login-page",
        "the provider has forgotten them too"
    );
    process.stop();
}

#[test]
fn an_answer_that_comes_in_a_form_is_taken_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let (process, printed) = start(folder.path(), &[]);
    let mut visitor = Visitor::at(text(&printed, "issuer"));
    let login = visitor.post("/demo/sign-in", &[("answer", "form_post")]);
    let (username, password) = (text(&printed, "username"), text(&printed, "password"));
    let form =
        [("sign_in", login.hidden("sign_in")), ("username", username), ("password", password)];
    let consent = visitor.post("/login", &form);
    let fields = ["sign_in", "shown"].map(|field| (field, consent.hidden(field)));
    let posts = visitor.post("/consent", &[&fields[..], &[("decision", "allow")]].concat());
    assert_eq!(posts.id(), "form-post-page");
    let fields = ["code", "id_token", "state", "iss"].map(|field| (field, posts.hidden(field)));
    let result = visitor.post("/demo/callback", &fields);
    assert_eq!((result.path.as_str(), result.id()), ("/demo", "demo-result-page"));
    process.stop();
}

#[test]
fn a_denial_is_told_as_the_provider_told_it() {
    let folder = tempfile::tempdir().unwrap();
    let (process, printed) = start(folder.path(), &[]);
    let mut visitor = Visitor::at(text(&printed, "issuer"));
    let login = visitor.post("/demo/sign-in", &[]);
    let (username, password) = (text(&printed, "username"), text(&printed, "password"));
    let form =
        [("sign_in", login.hidden("sign_in")), ("username", username), ("password", password)];
    let consent = visitor.post("/login", &form);
    let form = [("sign_in", consent.hidden("sign_in")), ("decision", "deny")];
    let denied = visitor.post("/consent", &form);
    assert_eq!(denied.id(), "demo-error-page");
    assert!(denied.text.contains("access_denied"), "{}", denied.text);
    process.stop();
}

#[test]
fn who_is_signed_in_is_not_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let (process, printed) = start(folder.path(), &[]);
    let mut visitor = Visitor::at(text(&printed, "issuer"));
    sign_in(&mut visitor, &printed);
    let page = visitor.get("/demo/signed-out");
    assert_eq!((page.path.as_str(), page.id()), ("/demo", "demo-result-page"));
    process.stop();
}

#[test]
fn after_a_logout_the_way_back_to_the_first_page_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (process, printed) = start(folder.path(), &[]);
    let page = Visitor::at(text(&printed, "issuer")).get("/logged-out");
    assert_eq!(page.id(), "logged-out-page");
    assert!(page.text.contains("href=\"/\""), "{}", page.text);
    process.stop();
}

#[test]
fn an_answer_that_this_browser_did_not_ask_for_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (process, printed) = start(folder.path(), &[]);
    let issuer = text(&printed, "issuer");
    let planted = "/demo/callback?code=planted&state=planted";
    assert_eq!(Visitor::at(issuer).get(planted).id(), "demo-error-page");

    let mut visitor = Visitor::at(issuer);
    visitor.post("/demo/sign-in", &[]);
    let refused = visitor.get(planted);
    assert_eq!(refused.id(), "demo-error-page");
    assert!(refused.text.contains("another state"), "{}", refused.text);
    process.stop();
}

#[test]
fn under_another_name_of_this_machine_it_leads_to_the_issuers() {
    let folder = tempfile::tempdir().unwrap();
    let (process, printed) = start(folder.path(), &[]);
    let port: u16 = text(&printed, "issuer").rsplit(':').next().unwrap().parse().unwrap();
    let answer = crate::place::get(([127, 0, 0, 1], port).into(), "/demo");
    assert!(answer.contains(&format!("location: {}/demo", text(&printed, "issuer"))), "{answer}");
    process.stop();
}
