//! A client's page learns that somebody signed out without asking us (OpenID Connect Session Management 1.0).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use protocol::{client::ClientKind, crypto::sha256, paths};

use crate::world::{Browser, Callback, Person, RelyingParty, World};

struct Scene {
    world: World,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
    callback: Callback,
}

async fn signed_in() -> Scene {
    in_world(World::new().await).await
}

async fn in_world(world: World) -> Scene {
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let callback = browser.authorize(&party.ask(), &alice).await;
    Scene { world, alice, party, browser, callback }
}

/// What the page in the frame says to this client at this origin: its script, told again.
fn says(
    browser: &Browser,
    (party, origin): (&RelyingParty, &str),
    session_state: &str,
) -> &'static str {
    let (told, salt) = session_state.split_once('.').expect("a salt");
    let state = browser.jar.get("doorward_state").unwrap_or_default();
    let hash = sha256(format!("{} {origin} {state} {salt}", party.id()).as_bytes());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    if hash == told { "unchanged" } else { "changed" }
}

impl Scene {
    fn says(&self) -> &'static str {
        let session_state = self.callback.get("session_state").expect("a session state");
        says(&self.browser, (&self.party, &self.party.origin()), session_state)
    }
}

/// `oidcc-session-management-rp-initiated-logout`: unchanged, and after the logout changed.
#[tokio::test]
async fn a_page_hears_unchanged_until_the_end_user_signs_out() {
    let mut scene = signed_in().await;
    assert_eq!(scene.says(), "unchanged");
    let again = scene.browser.open(&scene.party.ask().url()).await.callback();
    let of_again = again.get("session_state").expect("a session state");
    assert_ne!(Some(of_again), scene.callback.get("session_state"), "another salt");
    assert_eq!(scene.says(), "unchanged");
    let page = scene.browser.look_at("/logout").await;
    scene.browser.press(&page, "logout-confirm", &[]).await;
    assert_eq!(scene.says(), "changed");
    assert_eq!(scene.browser.jar.get("doorward_state"), None);
}

#[tokio::test]
async fn a_page_hears_changed_when_somebody_else_signs_in() {
    let mut scene = signed_in().await;
    let bob = scene.world.person("bob").await;
    let ask = scene.party.ask().set("prompt", "login");
    let callback = scene.browser.authorize(&ask, &bob).await;
    assert_eq!(scene.says(), "changed");
    scene.callback = callback;
    assert_eq!(scene.says(), "unchanged");
}

/// The same person at the same browser: applications keep recognising the session.
#[tokio::test]
async fn proving_it_again_changes_nothing() {
    let mut scene = signed_in().await;
    let ask = scene.party.ask().set("prompt", "login");
    scene.browser.authorize(&ask, &scene.alice).await;
    assert_eq!(scene.says(), "unchanged");
}

#[tokio::test]
async fn what_one_client_was_told_says_nothing_at_another_client_or_origin() {
    let scene = signed_in().await;
    let session_state = scene.callback.get("session_state").expect("a session state");
    let other = scene.world.relying_party().await;
    let origin = scene.party.origin();
    assert_eq!(says(&scene.browser, (&other, &origin), session_state), "changed");
    let elsewhere = "https://evil.example";
    assert_eq!(says(&scene.browser, (&scene.party, elsewhere), session_state), "changed");
}

/// The cookie is read by scripts, in frames, and opens nothing.
#[tokio::test]
async fn the_cookie_is_for_frames_and_is_no_session() {
    let scene = signed_in().await;
    let state = scene.browser.jar.get("doorward_state").expect("a state").to_owned();
    let session = scene.browser.jar.get("doorward_session").expect("a session").to_owned();
    assert!(!session.contains(&state));
    let mut thief = scene.world.browser();
    thief.jar.plant("__Host-doorward_state", &state);
    thief.jar.plant("__Host-doorward_session", &state);
    let silent = scene.party.ask().set("prompt", "none");
    assert_eq!(thief.open(&silent.url()).await.callback().error(), "login_required");
    // As it is set, not as it is kept.
    let answer = scene.browser.clone().visit("/logout").await;
    assert!(answer.cookies().is_empty());
    let mut fresh = scene.world.browser();
    let login = fresh.look_at(&scene.party.ask().url()).await;
    let typed = [
        ("sign_in", login.hidden("sign_in")),
        ("username", &scene.alice.username),
        ("password", &scene.alice.password),
    ];
    let answer = fresh.post("/login", &typed).await;
    let cookies = answer.cookies();
    let set = cookies.iter().find(|cookie| cookie.starts_with("__Host-doorward_state="));
    let set = set.expect("a state").to_lowercase();
    for part in ["; samesite=none", "; secure", "; path=/"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("httponly"));
}

/// A session from before, or a browser that has lost the cookie: it is given it again where it is needed.
#[tokio::test]
async fn a_browser_that_has_lost_the_state_is_given_it_with_the_next_answer() {
    let mut scene = signed_in().await;
    scene.browser.jar.plant("__Host-doorward_state", "lost");
    assert_eq!(scene.says(), "changed");
    scene.browser.open(&scene.party.ask().set("prompt", "none").url()).await.callback();
    assert_eq!(scene.says(), "unchanged");
    let answer = scene.browser.visit(&scene.party.ask().url()).await;
    assert!(answer.cookies().is_empty(), "once is enough");
}

#[tokio::test]
async fn without_https_without_openid_and_on_a_device_there_is_none() {
    let scene = in_world(World::with(|setup| setup.issuer = "http://localhost:8080").await).await;
    assert_eq!(scene.callback.get("session_state"), None);
    assert_eq!(scene.browser.jar.get("doorward_state"), None);
    assert_eq!(scene.world.get(paths::CHECK_SESSION).await.status, 404);

    let mut scene = signed_in().await;
    let plain = scene.party.ask_for("profile");
    let callback = scene.browser.authorize(&plain, &scene.alice).await;
    assert!(callback.get("code").is_some() && callback.get("session_state").is_none());
    let uri = "com.example.app:/cb";
    let mut native = scene
        .world
        .client(|client| {
            client.kind = ClientKind::Public;
            client.redirect_uris = vec![uri.parse().unwrap()];
        })
        .await;
    native.redirect_uri = uri.into();
    let callback = scene.browser.authorize(&native.ask(), &scene.alice).await;
    assert!(callback.get("code").is_some() && callback.get("session_state").is_none());
}

/// The page of the frame: static, kept for an hour, and it runs these lines and no others.
#[tokio::test]
async fn the_page_runs_its_own_lines_alone_and_may_be_framed() {
    let world = World::new().await;
    let answer = world.get(paths::CHECK_SESSION).await;
    assert_eq!(answer.status, 200);
    let (_, rest) = answer.body.split_once("<script>").expect("a script");
    let (script, _) = rest.split_once("</script>").expect("its end");
    let policy = answer.header("content-security-policy").expect("a policy");
    let hash = format!("script-src 'sha256-{}';", STANDARD.encode(sha256(script.as_bytes())));
    assert!(policy.contains(&hash) && policy.starts_with("default-src 'none';"), "{policy}");
    assert!(policy.ends_with("frame-ancestors *"), "{policy}");
    assert_eq!(answer.header("x-frame-options"), None);
    assert!(answer.cookies().is_empty());
    assert!(script.contains("\"__Host-doorward_state=\""));
}
