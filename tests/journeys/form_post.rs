//! The page that posts an answer to the client (OAuth 2.0 Form Post Response Mode): it goes by itself, runs nothing else, is
//! never kept, and comes once.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use html5gum::{Token, Tokenizer};
use protocol::{client::ResponseType, crypto::sha256};

use crate::world::{
    Answer, Ask, Browser, PASSWORD, Page, Person, RelyingParty, World, answered_anyhow,
};

struct Scene {
    world: World,
    alice: Person,
    party: RelyingParty,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.client(answered_anyhow).await);
    Scene { world, alice, party }
}

impl Scene {
    fn ask(&self) -> Ask {
        let ask = self.party.ask_by(&ResponseType::CodeIdTokenToken);
        ask.and("response_mode", "form_post")
    }

    /// A browser in which everything was allowed, and the answer that it has before it.
    async fn answered(&self) -> (Browser, Answer) {
        let mut browser = self.world.browser();
        browser.authorize(&self.ask(), &self.alice).await;
        let answer = browser.visit(&self.ask().path()).await;
        (browser, answer)
    }
}

/// The text of the only script of a page.
fn script(html: &str) -> String {
    let (mut is_inside, mut text, mut count) = (false, String::new(), 0);
    for token in Tokenizer::new(html).flatten() {
        match token {
            Token::StartTag(tag) if &*tag.name == b"script" => {
                assert!(tag.attributes.is_empty(), "its lines are in the page");
                (is_inside, count) = (true, count + 1);
            }
            Token::EndTag(tag) if &*tag.name == b"script" => is_inside = false,
            Token::String(said) if is_inside => text.push_str(&String::from_utf8_lossy(&said)),
            _ => {}
        }
    }
    assert_eq!(count, 1, "one script");
    text
}

#[tokio::test]
async fn the_page_sends_itself_and_runs_nothing_else() {
    let (_, answer) = scene().await.answered().await;
    assert_eq!((answer.status, answer.location()), (200, None));
    let policy = answer.header("content-security-policy").expect("a policy");
    let hash = STANDARD.encode(sha256(script(&answer.body).as_bytes()));
    let expected = [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action https:",
        &format!("script-src 'sha256-{hash}'"),
    ];
    let directives: Vec<_> = policy.split("; ").collect();
    assert!(expected.iter().all(|one| directives.contains(one)), "{policy}");
    assert!(script(&answer.body).ends_with("form.submit();"));
    let page = Page::read(answer);
    let form = page.by_id("form-post").expect("the form");
    assert_eq!(
        (form["method"].as_str(), form["action"].as_str()),
        ("post", "https://client.example/cb")
    );
    assert!(page.by_id("form-post-submit").is_some(), "a button for who runs no scripts");
}

#[tokio::test]
async fn the_page_is_never_kept_and_says_nothing_of_the_answer_elsewhere() {
    let (_, answer) = scene().await.answered().await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
    assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    let page = Page::read(answer.clone());
    let code = page.hidden("code").to_owned();
    let headers = format!("{:?}", answer.headers);
    assert!(!headers.contains(&code) && !page.words.contains(&code));
    assert_eq!(answer.body.matches(&code).count(), 1, "in its field alone");
}

/// After the answer was given no page of the sign-in shows it again.
#[tokio::test]
async fn the_answer_is_given_once() {
    let scene = scene().await;
    let mut browser = scene.world.browser();
    let login = browser.look_at(&scene.ask().url()).await;
    let sign_in = login.hidden("sign_in").to_owned();
    let consent = browser.log_in(&login, &scene.alice.username, PASSWORD).await.page();
    let callback = browser.press(&consent, "consent-allow", &[]).await.callback();
    let secrets = ["code", "access_token", "id_token"].map(|name| callback.must(name).to_owned());
    let fields = [("sign_in", sign_in.as_str()), ("decision", "allow"), ("shown", "openid")];
    let again = [
        browser.post("/consent", &fields).await,
        browser.visit(&format!("/consent?sign_in={sign_in}")).await,
        browser.visit(&format!("/login?sign_in={sign_in}")).await,
    ];
    for answer in again {
        assert_eq!(answer.location(), None);
        assert_ne!(Page::read(answer.clone()).id, "form-post-page");
        assert!(secrets.iter().all(|secret| !answer.body.contains(secret)), "{answer:?}");
    }
}

#[tokio::test]
async fn the_page_speaks_the_languages_of_the_others() {
    let scene = scene().await;
    let (mut browser, english) = scene.answered().await;
    browser.languages = Some("de");
    let german = browser.visit(&scene.ask().path()).await;
    assert_eq!(english.header("content-language"), Some("en"));
    assert_eq!(german.header("content-language"), Some("de"));
    assert!(Page::read(german).words.contains("Weiter"));
}
