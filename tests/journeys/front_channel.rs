//! The browser tells every client that took part in a session when it is over, and goes on by itself (OpenID Connect
//! Front-Channel Logout 1.0).

use protocol::client::{LogoutChannel, LogoutUri};
use url::Url;

use crate::world::{Browser, POST_LOGOUT_REDIRECT_URI, Page, Person, RelyingParty, Tokens, World};

struct Scene {
    world: World,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
    tokens: Tokens,
}

/// A client of this origin that is told in a frame.
async fn framed(world: &World, origin: &str, session_required: bool) -> RelyingParty {
    let uri: LogoutUri = format!("{origin}/forget?app=1").parse().unwrap();
    let callback = format!("{origin}/cb");
    let mut party = world
        .client(|client| {
            client.redirect_uris.push(callback.parse().unwrap());
            client.logout.frontchannel = Some(LogoutChannel { uri, session_required });
        })
        .await;
    party.redirect_uri = callback;
    party
}

async fn signed_in() -> Scene {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let party = framed(&world, "https://client.example", true).await;
    let mut browser = world.browser();
    let tokens = party.sign_in(&mut browser, &alice).await;
    Scene { world, alice, party, browser, tokens }
}

impl Scene {
    async fn log_out(&mut self, more: &[(&str, &str)]) -> Page {
        let hint = [("id_token_hint", self.tokens.id_token())];
        let asked = [hint.as_slice(), more].concat();
        self.browser.look_at(&self.party.logout(&asked)).await
    }

    /// The parameters of the frame at `origin` beside its own.
    async fn told(&self, page: &Page, origin: &str) -> Vec<(String, String)> {
        let frames: Vec<Url> =
            page.all("iframe").map(|frame| frame["src"].parse().unwrap()).collect();
        let at = frames.iter().filter(|url| url.origin().ascii_serialization() == origin);
        let [frame] = at.collect::<Vec<_>>()[..] else { panic!("{frames:?}") };
        assert_eq!(frame.path(), "/forget");
        let mut told: Vec<_> = frame.query_pairs().into_owned().collect();
        assert_eq!(told.remove(0), ("app".to_owned(), "1".to_owned()));
        told
    }
}

const URI: (&str, &str) = ("post_logout_redirect_uri", POST_LOGOUT_REDIRECT_URI);

/// CONFORMANCE L1, L8 and `oidcc-frontchannel-rp-initiated-logout`: exactly `iss` and `sid`, then on with the state.
#[tokio::test]
async fn a_client_is_told_in_a_frame_and_the_browser_goes_on_without_a_person() {
    let mut scene = signed_in().await;
    let sid = scene.party.verify(scene.tokens.id_token()).await.sid.expect("a session");
    let page = scene.log_out(&[URI, ("state", "a b&c")]).await;
    assert_eq!((page.answer.status, page.id.as_str()), (200, "signing-out-page"));
    let told = scene.told(&page, "https://client.example").await;
    let expected = [("iss", scene.world.issuer()), ("sid", &sid.to_string())];
    assert_eq!(told, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let onward = format!("{POST_LOGOUT_REDIRECT_URI}?state=a%20b%26c");
    assert_eq!(page.answer.header("refresh"), Some(format!("2; url={onward}").as_str()));
    assert_eq!(page.by_id("signing-out-onward").expect("a link")["href"], onward);
    assert!(page.all("script").all(|script| script["src"].starts_with("/assets/signing-out-")));
    let silent = scene.party.ask().set("prompt", "none");
    assert_eq!(scene.browser.open(&silent.url()).await.callback().error(), "login_required");
}

#[tokio::test]
async fn the_page_frames_those_origins_and_no_others_and_is_not_kept() {
    let mut scene = signed_in().await;
    let other = framed(&scene.world, "https://other.example:8443", true).await;
    other.sign_in(&mut scene.browser, &scene.alice).await;
    let page = scene.log_out(&[URI]).await;
    let policy = page.answer.header("content-security-policy").expect("a policy");
    let frames = "frame-src https://client.example https://other.example:8443;";
    assert!(policy.contains(frames), "{policy}");
    assert!(policy.contains("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.answer.header("cache-control"), Some("no-store"));
    assert_eq!(page.answer.header("referrer-policy"), Some("same-origin"));
    assert!(page.all("iframe").all(|frame| !frame["sandbox"].contains("top-navigation")));
    assert!(!page.answer.body.contains(scene.tokens.id_token()));
}

#[tokio::test]
async fn each_of_three_clients_is_told_and_nobody_else() {
    let mut scene = signed_in().await;
    for number in 0..2 {
        let party = framed(&scene.world, &format!("https://c{number}.example"), false).await;
        party.sign_in(&mut scene.browser, &scene.alice).await;
    }
    let elsewhere = framed(&scene.world, "https://elsewhere.example", true).await;
    elsewhere.sign_in(&mut scene.world.browser(), &scene.alice).await;
    let silent = scene.world.relying_party().await;
    silent.sign_in(&mut scene.browser, &scene.alice).await;
    let page = scene.log_out(&[URI]).await;
    assert_eq!(page.all("iframe").count(), 3);
    assert!(scene.told(&page, "https://c0.example").await.is_empty(), "it did not ask which");
}

#[tokio::test]
async fn from_a_page_of_our_own_the_browser_goes_on_to_another() {
    let mut scene = signed_in().await;
    let page = scene.browser.look_at("/logout").await;
    let page = scene.browser.press(&page, "logout-confirm", &[]).await.page();
    assert_eq!(page.id, "signing-out-page");
    assert_eq!(page.answer.header("refresh"), Some("2; url=/logged-out"));
    assert_eq!(page.by_id("signing-out-onward").expect("a link")["href"], "/logged-out");
}

#[tokio::test]
async fn a_second_logout_has_nobody_to_tell() {
    let mut scene = signed_in().await;
    assert_eq!(scene.log_out(&[URI]).await.id, "signing-out-page");
    let hint = ("id_token_hint", scene.tokens.id_token());
    let again = scene.browser.open(&scene.party.logout(&[hint, URI])).await;
    assert_eq!(again.callback().url.as_str(), POST_LOGOUT_REDIRECT_URI);
}

/// The cookie of the session is somewhere else, or timed out: the hint says which session it was.
#[tokio::test]
async fn a_hint_tells_the_clients_of_the_session_that_it_names() {
    let scene = signed_in().await;
    let hint = [("id_token_hint", scene.tokens.id_token()), URI];
    let page = scene.world.browser().look_at(&scene.party.logout(&hint)).await;
    assert_eq!(page.all("iframe").count(), 1);
}

#[tokio::test]
async fn a_client_on_a_device_is_gone_on_to_all_the_same() {
    let mut scene = signed_in().await;
    let native = scene
        .world
        .client(|client| {
            client.post_logout_redirect_uris.push("com.example.app:/bye".parse().unwrap());
        })
        .await;
    let tokens = native.sign_in(&mut scene.browser, &scene.alice).await;
    let asked = [
        ("id_token_hint", tokens.id_token()),
        ("post_logout_redirect_uri", "com.example.app:/bye"),
    ];
    let page = scene.browser.look_at(&native.logout(&asked)).await;
    assert_eq!(page.by_id("signing-out-onward").expect("a link")["href"], "com.example.app:/bye");
}
