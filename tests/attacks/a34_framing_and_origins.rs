//! No foreign page can put ours into a frame, or read what we answer.

use protocol::paths;

use crate::world::{Answer, PASSWORD, Sent, World};

const FOREIGN: &str = "https://evil.example";

fn cannot_be_framed(answer: &Answer) {
    assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{answer:?}");
    let policy = answer.header("content-security-policy");
    if answer.location().is_none() {
        let policy = policy.unwrap_or_else(|| panic!("no policy: {answer:?}"));
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    }
}

#[tokio::test]
async fn no_page_can_be_framed() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    for path in ["/", "/login", "/consent", "/logout", "/logged-out", "/oauth2/logout", "/nowhere"]
    {
        cannot_be_framed(&browser.visit(path).await);
    }
    cannot_be_framed(&browser.visit(&party.ask().path()).await);
    cannot_be_framed(&browser.visit(&party.ask().without("client_id").path()).await);
    let login = browser.look_at(&party.ask().url()).await;
    let wrong = browser.log_in(&login, &alice.username, "wrong").await.page();
    let consent = browser.log_in(&login, &alice.username, PASSWORD).await.page();
    let logout = browser.look_at("/logout").await;
    for page in [&login, &wrong, &consent, &logout] {
        cannot_be_framed(&page.answer);
    }
}

/// The page of session management alone is for frames (OpenID Connect Session Management 1.0 §3.3), and there is nothing on it
/// to see or to press.
#[tokio::test]
async fn one_page_is_for_frames_and_says_nothing() {
    let world = World::new().await;
    let answer = world.get(paths::CHECK_SESSION).await;
    let policy = answer.header("content-security-policy").expect("a policy");
    assert!(policy.contains("frame-ancestors *"), "{policy}");
    for tag in ["<a", "<form", "<button", "<input", "<iframe", "<img", " on"] {
        assert!(!answer.body.split("<script>").next().unwrap_or_default().contains(tag), "{tag}");
    }
}

/// What anybody may read, and anybody's script: it says nothing of who asks, and nothing is sent with it.
const PUBLISHED: [&str; 3] =
    [paths::JWKS, paths::OPENID_CONFIGURATION, paths::OAUTH_AUTHORIZATION_SERVER];

#[tokio::test]
async fn no_answer_admits_a_foreign_origin() {
    let world = World::new().await;
    let served = [
        "/",
        paths::AUTHORIZE,
        paths::TOKEN,
        paths::USERINFO,
        paths::INTROSPECT,
        paths::REVOKE,
        paths::END_SESSION,
        paths::LOGIN,
        paths::CONSENT,
        paths::LOGOUT,
        "/nowhere",
    ];
    for path in served.into_iter().chain(PUBLISHED) {
        for method in ["GET", "POST", "OPTIONS"] {
            let sent = Sent::new(method, path).header("origin", FOREIGN);
            let sent = sent.header("access-control-request-method", "POST");
            let answer = world.send(sent).await;
            let admits =
                answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
            if PUBLISHED.contains(&path) {
                let admitted = answer.header("access-control-allow-origin");
                assert_eq!(admitted, Some("*"), "{method} {path}");
                assert_eq!(answer.header("access-control-allow-credentials"), None);
            } else {
                assert_eq!(admits, None, "{method} {path}");
            }
            let reflects =
                answer.headers.values().any(|value| value.as_bytes() == FOREIGN.as_bytes());
            assert!(!reflects && !answer.body.contains(FOREIGN), "{method} {path}");
        }
    }
}
