//! A submission without an answer is no answer: the step stays where it is, whatever was sent.

use crate::world::{Answer, Browser, PASSWORD, Page, Person, Sent, World};

/// The two pages of a sign-in, each on a browser of its own.
struct Scene {
    alice: Person,
    login: (Browser, Page),
    consent: (Browser, Page),
}

async fn scene() -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let login = browser.look_at(&party.ask().url()).await;
    let mut other = world.browser();
    let page = other.look_at(&party.ask().url()).await;
    let consent = other.log_in(&page, &alice.username, PASSWORD).await.page();
    Scene { alice, login: (browser, login), consent: (other, consent) }
}

impl Scene {
    /// Both steps are still asked for, and go on from here as if nothing had been sent.
    async fn goes_on(self) {
        let Self { alice, login: (mut browser, login), consent: (mut other, consent) } = self;
        let next = browser.log_in(&login, &alice.username, PASSWORD).await;
        assert_eq!(next.page().id, "consent-page");
        let callback = other.press(&consent, "consent-allow", &[]).await.callback();
        assert!(!callback.code().is_empty());
    }
}

fn leads_nowhere(answer: &Answer) {
    assert!(matches!(answer.status, 200 | 400), "{answer:?}");
    assert_eq!((answer.location(), answer.cookies()), (None, vec![]), "{answer:?}");
}

#[tokio::test]
async fn an_empty_submission_never_advances_a_step() {
    let mut scene = scene().await;
    let id = scene.login.1.hidden("sign_in").to_owned();
    let id = id.as_str();
    let name = scene.alice.username.clone();
    let logins: [&[(&str, &str)]; 7] = [
        &[],
        &[("sign_in", "")],
        &[("sign_in", id)],
        &[("sign_in", id), ("username", ""), ("password", "")],
        &[("sign_in", id), ("username", "  "), ("password", PASSWORD)],
        &[("sign_in", id), ("username", &name), ("password", "")],
        &[("sign_in", id), ("password", PASSWORD)],
    ];
    for fields in logins {
        leads_nowhere(&scene.login.0.post("/login", fields).await);
    }
    let id = scene.consent.1.hidden("sign_in").to_owned();
    let id = id.as_str();
    let consents: [&[(&str, &str)]; 6] = [
        &[],
        &[("decision", "allow")],
        &[("sign_in", id)],
        &[("sign_in", id), ("decision", "")],
        &[("sign_in", id), ("decision", "null")],
        &[("sign_in", id), ("decision", "ALLOW")],
    ];
    for fields in consents {
        leads_nowhere(&scene.consent.0.post("/consent", fields).await);
    }
    scene.goes_on().await;
}

#[tokio::test]
async fn an_empty_password_is_no_choice_of_another() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let path = format!("/accounts/{}/require-new-password", alice.account_id);
    assert_eq!(world.admin().await.post(&path, &serde_json::json!({})).await.status, 204);
    let mut browser = world.browser();
    let login = browser.look_at(&party.ask().url()).await;
    let asked = browser.log_in(&login, &alice.username, PASSWORD).await.page();
    let id = asked.hidden("sign_in").to_owned();
    let id = id.as_str();
    let choices: [&[(&str, &str)]; 5] = [
        &[("new_password", "another one")],
        &[("sign_in", ""), ("new_password", "another one")],
        &[("sign_in", id), ("new_password", "")],
        &[("sign_in", id), ("new_password", PASSWORD)],
        &[("sign_in", id), ("new_password", "a"), ("new_password", "b")],
    ];
    for fields in choices {
        leads_nowhere(&browser.post("/login", fields).await);
    }
    let form = format!("sign_in={id}&new_password=another+one");
    for content_type in ["text/plain", "application/json"] {
        let sent = Sent::post("/login").body(content_type, form.clone());
        leads_nowhere(&browser.send(sent, false).await);
    }
    let typed = [("new-password", "another one")];
    let next = browser.press(&asked, "new-password-submit", &typed).await;
    assert_eq!(next.page().id, "consent-page");
}

#[tokio::test]
async fn a_submission_of_another_content_type_never_advances_a_step() {
    let mut scene = scene().await;
    let login = format!(
        "sign_in={}&username=alice&password={}",
        scene.login.1.hidden("sign_in"),
        PASSWORD.replace(' ', "+")
    );
    let consent = format!("sign_in={}&decision=allow", scene.consent.1.hidden("sign_in"));
    for (path, form) in [("/login", login), ("/consent", consent)] {
        let json = form.replace('&', "\",\"").replace('=', "\":\"");
        let bodies = [
            ("application/json", format!("{{\"{json}\"}}")),
            ("application/json", "{}".into()),
            ("application/json", "null".into()),
            ("text/plain", form.clone()),
            ("multipart/form-data; boundary=x", "--x--".into()),
            ("application/x-www-form-urlencoded2", form.clone()),
        ];
        for (content_type, body) in bodies {
            let sent = Sent::post(path).body(content_type, body);
            let browser = if path == "/login" { &mut scene.login.0 } else { &mut scene.consent.0 };
            leads_nowhere(&browser.send(sent, false).await);
        }
    }
    scene.goes_on().await;
}
