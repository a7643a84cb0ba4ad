//! Applications on a device: any program there can ask in their name, so each time the end-user is asked (RFC 8252 §8.6,
//! RFC 6749 §10.2).

use protocol::client::{Client, ClientKind, ConsentPolicy};

use crate::world::{Ask, Browser, Landed, Page, Person, RelyingParty, Tokens, World};

/// Where any program of the machine may listen.
const NATIVE: [&str; 4] = [
    "http://127.0.0.1:5555/callback",
    "http://[::1]:5555/callback",
    "http://localhost:3000/callback",
    "com.example.app:/callback",
];

/// Where every client of the World is answered.
const ON_THE_WEB: &str = "https://client.example/cb";

/// Somebody who is signed in, and an application of theirs that they have allowed everything.
struct Scene {
    world: World,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
}

/// As they have allowed it at `uri`, which is registered beside an address on the web.
async fn allowed_at(uri: &str, change: impl FnOnce(&mut Client)) -> Scene {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let party = world.client(|client| {
        client.redirect_uris.extend(NATIVE.map(|uri| uri.parse().expect("a redirect URI")));
        change(client);
    });
    let (party, mut browser) = (party.await, world.browser());
    let ask = party.ask().set("redirect_uri", uri);
    let callback = browser.authorize(&ask, &alice).await;
    Tokens::read(party.redeem(&ask, callback.code()).await);
    Scene { world, alice, party, browser }
}

fn public(client: &mut Client) {
    client.kind = ClientKind::Public;
}

impl Scene {
    fn ask_at(&self, uri: &str) -> Ask {
        self.party.ask().set("redirect_uri", uri)
    }

    /// What a request without a page is answered: a code, or an error.
    async fn silently(&mut self, uri: &str) -> String {
        let ask = self.ask_at(uri).set("prompt", "none");
        let callback = self.browser.open(&ask.url()).await.callback();
        callback.get("error").unwrap_or("code").to_owned()
    }

    async fn consent_page_at(&mut self, uri: &str) -> Page {
        let page = self.browser.look_at(&self.ask_at(uri).url()).await;
        assert_eq!(page.id, "consent-page");
        page
    }
}

#[tokio::test]
async fn no_program_of_the_machine_is_given_a_code_without_a_page() {
    for uri in NATIVE {
        let mut scene = allowed_at(uri, public).await;
        assert_eq!(scene.silently(uri).await, "consent_required", "{uri}");
        scene.consent_page_at(uri).await;
    }
}

#[tokio::test]
async fn another_port_than_was_allowed_is_asked_for_as_well() {
    let mut scene = allowed_at("http://127.0.0.1:5555/callback", public).await;
    assert_eq!(scene.silently("http://127.0.0.1:6666/callback").await, "consent_required");
    scene.consent_page_at("http://127.0.0.1:6666/callback").await;
}

#[tokio::test]
async fn who_allows_it_again_gets_a_code_that_works() {
    for uri in NATIVE {
        let mut scene = allowed_at(uri, public).await;
        let ask = scene.ask_at(uri);
        let page = scene.browser.look_at(&ask.url()).await;
        let callback = scene.browser.press(&page, "consent-allow", &[]).await.callback();
        let tokens = Tokens::read(scene.party.redeem(&ask, callback.code()).await);
        assert!(tokens.id_token.is_some(), "{uri}");
    }
}

#[tokio::test]
async fn the_page_says_that_the_choice_counts_once() {
    let mut scene = allowed_at("com.example.app:/callback", public).await;
    let page = scene.consent_page_at("com.example.app:/callback").await;
    assert!(page.words.contains("This choice counts once"), "{}", page.words);
    let page = scene.consent_page_at(ON_THE_WEB).await;
    assert!(page.words.contains("Your choice is remembered"), "{}", page.words);
}

#[tokio::test]
async fn an_application_of_the_operators_own_is_asked_for_on_a_device_too() {
    let uri = "http://127.0.0.1:5555/callback";
    let own = |client: &mut Client| {
        public(client);
        client.consent = ConsentPolicy::Skip;
    };
    let mut scene = allowed_at(uri, own).await;
    assert_eq!(scene.silently(uri).await, "consent_required");
    scene.consent_page_at(uri).await;
    assert_eq!(scene.silently(ON_THE_WEB).await, "code", "on the web it is known");
}

#[tokio::test]
async fn what_was_allowed_on_a_device_does_not_count_on_the_web_nor_the_reverse() {
    let mut scene = allowed_at("com.example.app:/callback", public).await;
    assert_eq!(scene.silently(ON_THE_WEB).await, "consent_required");
    let mut scene = allowed_at(ON_THE_WEB, public).await;
    assert_eq!(scene.silently(ON_THE_WEB).await, "code");
    assert_eq!(scene.silently("com.example.app:/callback").await, "consent_required");
}

#[tokio::test]
async fn an_application_with_a_secret_is_remembered_wherever_it_is_answered() {
    for uri in NATIVE {
        let mut scene = allowed_at(uri, |_| {}).await;
        assert_eq!(scene.silently(uri).await, "code", "{uri}");
    }
}

#[tokio::test]
async fn who_signs_in_anew_is_asked_in_the_same_sign_in() {
    let uri = "http://[::1]:5555/callback";
    let scene = allowed_at(uri, public).await;
    let mut elsewhere = scene.world.browser();
    let login = elsewhere.look_at(&scene.ask_at(uri).url()).await;
    let landed = elsewhere.log_in(&login, &scene.alice.username, &scene.alice.password).await;
    assert!(matches!(landed, Landed::Page(page) if page.id == "consent-page"));
}
