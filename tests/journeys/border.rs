//! What the border promises whatever stands before or beside it: proxies, other applications' cookies, odd clients.

use std::time::Duration;

use protocol::paths;
use serde_json::Value;

use crate::world::{Browser, Loopback, RelyingParty, Sent, World};

const FORM: &str = "application/x-www-form-urlencoded";

/// What the provider tells a client that asks without a page to be shown.
async fn silently(browser: &mut Browser, party: &RelyingParty) -> Result<(), String> {
    let callback = browser.open(&party.ask().set("prompt", "none").url()).await.callback();
    callback.get("error").map_or(Ok(()), |error| Err(error.to_owned()))
}

#[tokio::test]
async fn cookies_of_others_under_our_host_do_not_hide_ours() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    party.sign_in(&mut browser, &alice).await;
    for (name, value) in [
        ("theme", "caf\u{e9}"),
        ("caf\u{e9}", "1"),
        ("analytics", &"a".repeat(9 * 1024)),
        ("odd", "a=b, \"c\""),
    ] {
        let mut beside = browser.clone();
        beside.jar.plant(name, value);
        assert_eq!(silently(&mut beside, &party).await, Ok(()), "{name}");
    }
}

#[tokio::test]
async fn a_head_request_has_no_effect_where_a_get_has_one() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    party.sign_in(&mut browser, &alice).await;
    world.work();
    let silent = party.ask().set("prompt", "none").path();
    for path in [&silent, paths::END_SESSION, paths::LOGIN, paths::CONSENT, paths::LOGOUT] {
        let answer = browser.send(Sent::new("HEAD", path), false).await;
        let told = (answer.status, answer.header("allow"), answer.location());
        assert_eq!(told, (405, Some("GET, POST"), None), "{path}");
    }
    assert_eq!(world.work().commits, 0);
}

#[tokio::test]
async fn credentials_of_another_scheme_count_as_none() {
    let world = World::new().await;
    let challenge = "Bearer realm=\"doorward\"";
    for credentials in [None, Some("Basic eDp5"), Some("DPoP abc"), Some("Negotiate")] {
        for method in ["GET", "POST"] {
            let sent = Sent::new(method, paths::USERINFO);
            let sent = match credentials {
                Some(credentials) => sent.header("authorization", credentials),
                None => sent,
            };
            let answer = world.send(sent).await;
            let told = (answer.status, answer.header("www-authenticate"), answer.body.as_str());
            assert_eq!(told, (401, Some(challenge), ""), "{method} {credentials:?}");
        }
    }
}

#[tokio::test]
async fn malformed_bearer_credentials_are_a_malformed_request() {
    let world = World::new().await;
    let ask = || Sent::get(paths::USERINFO);
    let malformed = [
        ask().header("authorization", "Bearer"),
        ask().header("authorization", "Bearer "),
        ask().header("authorization", "Bearer caf\u{e9}"),
        ask().header("authorization", "Bearer a").header("authorization", "Bearer a"),
        ask().header("authorization", "Basic eDp5").header("authorization", "Bearer a"),
    ];
    for sent in malformed {
        let answer = world.send(sent.clone()).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"), "{sent:?}");
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.ends_with("error=\"invalid_request\""), "{challenge}");
    }
}

#[tokio::test]
async fn an_access_token_in_the_body_counts_beside_credentials_of_another_scheme() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    let sent = Sent::post(paths::USERINFO).form(&[("access_token", &tokens.access_token)]);
    let answer = world.send(sent.header("authorization", "Basic eDp5")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// A browser whose sign-in has ended, and the page that it comes back to.
async fn finished(world: &World, home: Option<&'static str>) -> (Browser, String) {
    let alice = world.person("alice").await;
    let party =
        world.client(|client| client.client_uri = home.map(|home| home.parse().unwrap())).await;
    let mut browser = world.browser();
    let page = browser.look_at(&party.ask().url()).await;
    let address = format!("{}?sign_in={}", paths::LOGIN, page.hidden("sign_in"));
    browser.authorize(&party.ask(), &alice).await;
    let landed = browser.log_in(&page, &alice.username, crate::world::PASSWORD).await;
    landed.callback();
    (browser, address)
}

#[tokio::test]
async fn a_page_of_a_sign_in_that_is_finished_leads_back_to_the_application() {
    let world = World::new().await;
    let (mut browser, address) = finished(&world, Some("https://client.example/home")).await;
    let consent = address.replace(paths::LOGIN, paths::CONSENT);
    for address in [&address, &consent] {
        let page = browser.look_at(address).await;
        assert_eq!((page.answer.status, page.id.as_str()), (400, "error-page"));
        let link = page.all("a").next().expect("a way on");
        assert_eq!(link["href"], "https://client.example/home");
        assert!(page.words.contains("The Client"), "{}", page.words);
    }
    let form = [("sign_in", address.split('=').next_back().unwrap()), ("decision", "allow")];
    for path in [paths::LOGIN, paths::CONSENT] {
        let answer = browser.post(path, &form).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains("https://client.example/home"), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn nothing_of_the_application_is_told_to_another_browser_or_without_its_address() {
    let world = World::new().await;
    let (_, address) = finished(&world, Some("https://client.example/home")).await;
    let stranger = world.browser().look_at(&address).await;
    assert_eq!(stranger.answer.status, 400);
    assert!(!stranger.answer.body.contains("client.example"), "{}", stranger.answer.body);

    let world = World::new().await;
    let (mut browser, address) = finished(&world, None).await;
    let page = browser.look_at(&address).await;
    assert_eq!((page.answer.status, page.all("a").count()), (400, 0));
}

#[tokio::test]
async fn a_sign_in_whose_time_is_over_leads_nowhere() {
    let world = World::new().await;
    let (mut browser, address) = finished(&world, Some("https://client.example/home")).await;
    world.pass(Duration::from_secs(7 * 24 * 3600));
    let page = browser.look_at(&address).await;
    assert_eq!((page.answer.status, page.all("a").count()), (400, 0));
}

/// The status and the head of the answer to `request`, and its body.
async fn exchanged(world: &World, request: String) -> (String, String) {
    let answer = world.listen(Loopback::default()).await.exchange(&request).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    (head.to_lowercase(), body.to_owned())
}

fn posted(path: &str, length: usize) -> String {
    let body = "x".repeat(length);
    format!(
        "POST {path} HTTP/1.1\r\nhost: id.example\r\ncontent-type: {FORM}\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn a_body_beyond_every_limit_is_still_refused_in_the_dialect_of_the_endpoint() {
    let world = World::new().await;
    for length in [64 * 1024 + 1, 1024 * 1024] {
        for path in [paths::TOKEN, paths::USERINFO, paths::INTROSPECT, paths::REVOKE] {
            let (head, body) = exchanged(&world, posted(path, length)).await;
            assert!(head.starts_with("http/1.1 413 "), "{path} {length}: {head}");
            assert!(head.contains("\r\ncache-control: no-store"), "{path} {length}: {head}");
            assert!(head.contains("\r\nconnection: close"), "{path} {length}: {head}");
            let body: Value = serde_json::from_str(&body).expect("JSON");
            assert_eq!(body["error"], "invalid_request", "{path} {length}");
        }
        let (head, body) = exchanged(&world, posted(paths::LOGIN, length)).await;
        assert!(head.starts_with("http/1.1 413 "), "{length}: {head}");
        assert!(body.contains("id=\"error-page\""), "{length}: {body}");
    }
}

#[tokio::test]
async fn what_says_nothing_of_caching_is_not_to_be_stored() {
    let world = World::new().await;
    let close = "host: id.example\r\nconnection: close\r\n\r\n";
    for asked in [
        format!("DELETE {}", paths::TOKEN),
        format!("GET {}", paths::USERINFO),
        format!("HEAD {}", paths::LOGIN),
        "GET /nowhere".to_owned(),
        "POST /".to_owned(),
        "GET /".to_owned(),
    ] {
        let (head, _) = exchanged(&world, format!("{asked} HTTP/1.1\r\n{close}")).await;
        assert_eq!(head.matches("\r\ncache-control: no-store").count(), 1, "{asked}: {head}");
    }
    let (head, _) = exchanged(&world, format!("GET {} HTTP/1.1\r\n{close}", paths::JWKS)).await;
    assert!(head.contains("\r\ncache-control: public, max-age="), "{head}");
}

#[tokio::test]
async fn an_answer_that_fails_is_not_to_be_stored() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    world.engine().go_down();
    let bearer = format!("Bearer {}", tokens.access_token);
    for sent in
        [party.refreshing("unknown"), Sent::get(paths::USERINFO).header("authorization", bearer)]
    {
        let answer = world.send(sent).await;
        assert_eq!((answer.status, answer.header("cache-control")), (503, Some("no-store")));
    }
}

#[tokio::test]
async fn a_request_that_names_no_host_or_two_is_refused() {
    let world = World::new().await;
    let path = paths::OPENID_CONFIGURATION;
    for (hosts, status) in [
        ("", 400),
        ("Host: id.example\r\nHost: id.example\r\n", 400),
        ("Host: id.example\r\nhost: evil.example\r\n", 400),
        ("Host: someone@id.example\r\n", 400),
        ("Host: id.example/evil\r\n", 400),
        ("Host: id.example:443\r\n", 200),
        ("Host: [::1]:8080\r\n", 200),
        ("Host:\r\n", 200),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        let (head, _) = exchanged(&world, request).await;
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{hosts:?}: {head}");
    }
    let (head, _) = exchanged(&world, format!("GET {path} HTTP/1.0\r\n\r\n")).await;
    assert!(head.starts_with("http/1.0 200 "), "{head}");
}
