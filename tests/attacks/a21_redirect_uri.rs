//! An answer goes to a registered URI, character by character, and to nothing that resembles it.

use crate::world::{Ask, RelyingParty, World};

const REGISTERED: [&str; 6] = [
    "https://client.example/cb",
    "https://client.example:8443/a/cb?foo=bar",
    "https://xn--bcher-kva.example/cb",
    "http://127.0.0.1/cb",
    "http://[::1]:1234/cb",
    "com.example.app:/cb",
];

type Change = fn(&str) -> String;

/// What parsers have been fooled with.
const CHANGES: [Change; 40] = [
    |uri| uri.replace(".example", "aexample"),
    |uri| uri.replace(".example", ".example.evil.test"),
    |uri| uri.replace("client.", "evil.client."),
    |uri| uri.replace("client.example", "client.example."),
    |uri| uri.replace("client", "CLIENT"),
    |uri| uri.replace("https:", "HTTPS:"),
    |uri| uri.replace("https:", "http:"),
    |uri| uri.replace("https:", ""),
    |uri| uri.replace("https:", "javascript:"),
    |uri| uri.replacen("://", "://evil.test/", 1),
    |uri| uri.replacen("://", "://evil.test@", 1),
    |uri| uri.replacen("://", "://evil.test\\@", 1),
    |uri| uri.replacen("://", "://evil.test#@", 1),
    |uri| uri.replacen("://", "://evil.test?@", 1),
    |uri| uri.replacen("://", ":\\\\", 1),
    |uri| uri.replacen("://", ":///", 1),
    |uri| uri.replacen("://", "://%00", 1),
    |uri| uri.replace("xn--bcher-kva", "bücher"),
    |uri| uri.replace("127.0.0.1", "127.1"),
    |uri| uri.replace("127.0.0.1", "0x7f.0.0.1"),
    |uri| uri.replace("127.0.0.1", "localhost"),
    |uri| uri.replace("[::1]", "[0:0:0:0:0:0:0:1]"),
    |uri| uri.replace("/cb", "/cb/"),
    |uri| uri.replace("/cb", "/CB"),
    |uri| uri.replace("/cb", "/cb/../evil"),
    |uri| uri.replace("/cb", "/cb/%2e%2e/evil"),
    |uri| uri.replace("/cb", "/./cb"),
    |uri| uri.replace("/cb", "//cb"),
    |uri| uri.replace("/cb", "/%63b"),
    |uri| uri.replace("/cb", "\\cb"),
    |uri| uri.replace("/cb", "/cb;a=b"),
    |uri| uri.replace("?foo=bar", "?foo=bar&foo=evil"),
    |uri| uri.replace("?foo=bar", "?foo=evil"),
    |uri| uri.replace("?foo=bar", ""),
    |uri| format!("{uri}?code=evil"),
    |uri| format!("{uri}#fragment"),
    |uri| format!("{uri}#"),
    |uri| format!("{uri}\r\nSet-Cookie: x"),
    |uri| format!(" {uri}"),
    |uri| format!("{uri} "),
];

async fn party(world: &World) -> RelyingParty {
    let uris = REGISTERED.map(|uri| uri.parse().unwrap());
    world.client(move |client| client.redirect_uris = uris.into()).await
}

async fn is_never_redirected_to(world: &World, ask: &Ask, uri: &str) {
    // An error of the request, too, is told on our page.
    for ask in [ask.clone(), ask.clone().set("response_type", "token")] {
        let answer = world.get(ask.set("redirect_uri", uri).path()).await;
        assert_eq!((answer.status, answer.location()), (400, None), "{uri:?}");
    }
}

#[tokio::test]
async fn only_a_registered_uri_is_ever_redirected_to() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, party(&world).await);
    let mut browser = world.browser();
    for uri in REGISTERED {
        let ask = party.ask().set("redirect_uri", uri);
        let callback = browser.authorize(&ask, &alice).await;
        let at = callback.url.as_str();
        assert!(at.starts_with(&format!("{uri}?")) || at.starts_with(&format!("{uri}&")), "{at}");
        for changed in CHANGES.iter().map(|change| change(uri)) {
            if !REGISTERED.contains(&changed.as_str()) {
                is_never_redirected_to(&world, &ask, &changed).await;
            }
        }
    }
    let ask = party.ask();
    for uri in ["", "/cb", "//client.example/cb", "data:,x", "file:///cb", "https://", "*"] {
        is_never_redirected_to(&world, &ask, uri).await;
    }
    let answer = world.get(ask.without("redirect_uri").path()).await;
    assert_eq!((answer.status, answer.location()), (400, None), "the only one is not guessed");
}

#[tokio::test]
async fn a_loopback_uri_may_change_its_port_and_nothing_else() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, party(&world).await);
    let mut browser = world.browser();
    for uri in ["http://127.0.0.1:54321/cb", "http://[::1]:54321/cb", "http://[::1]/cb"] {
        let ask = party.ask().set("redirect_uri", uri);
        let callback = browser.authorize(&ask, &alice).await;
        assert!(callback.url.as_str().starts_with(&format!("{uri}?code=")), "{}", callback.url);
        // The code is for that port.
        let other = ask.clone().set("redirect_uri", "http://127.0.0.1/cb");
        assert_eq!(party.redeem(&other, callback.code()).await.error(), "invalid_grant");
        assert_eq!(party.redeem(&ask, callback.code()).await.status, 200);
    }
    let refused = [
        "http://127.0.0.1:54321/other",
        "http://127.0.0.2:54321/cb",
        "http://localhost:54321/cb",
        "https://127.0.0.1:54321/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:080/cb",
        "http://127.0.0.1:/cb",
        "https://client.example:54321/cb",
    ];
    for uri in refused {
        is_never_redirected_to(&world, &party.ask(), uri).await;
    }
}
