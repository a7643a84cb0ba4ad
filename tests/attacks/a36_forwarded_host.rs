//! Links, issuer, cookies and addresses follow the configuration, whatever a stranger's headers say.

use crate::world::{Listening, Loopback, World, encode};

/// What a stranger says who would like to be taken for a proxy.
const FORGED: &str = "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Host: evil.example\r\n\
    X-Forwarded-Proto: http\r\nX-Forwarded-Port: 666\r\nX-Forwarded-Prefix: /evil\r\n\
    Forwarded: for=203.0.113.7;host=evil.example;proto=http\r\nX-Original-Host: evil.example\r\n\
    X-Original-URL: /evil\r\nX-Rewrite-URL: /evil\r\nX-Real-IP: 203.0.113.7\r\nVia: 1.1 evil.example\r\n";

async fn get(listening: &Listening, path: &str, host: &str, headers: &str) -> String {
    let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n");
    without_chance(&listening.exchange(&head).await)
}

/// Without what differs between any two answers. What counts requests does, too.
fn without_chance(answer: &str) -> String {
    let is_chance = |line: &&str| {
        ["date:", "x-request-id:", "set-cookie:", "location: /login", "ratelimit"]
            .iter()
            .any(|head| line.starts_with(head))
            || line.contains("request-id")
    };
    answer.lines().filter(|line| !is_chance(line)).map(without_id).collect::<Vec<_>>().join("\n")
}

/// Without the id of a refusal.
fn without_id(line: &str) -> String {
    match line.split_once("refusal%20") {
        Some((head, tail)) => format!("{head}{}", &tail[32..]),
        None => line.to_owned(),
    }
}

#[tokio::test]
async fn forwarded_headers_of_a_stranger_change_nothing() {
    let world = World::with(|setup| setup.policies.lockout.policy.address_failures_max = 3).await;
    let party = world.relying_party().await;
    let listening = world.listen(Loopback::default()).await;
    let silent = party.ask().set("prompt", "none").path();
    for path in ["/.well-known/openid-configuration", "/", "/nowhere", &silent] {
        let plain = get(&listening, path, "id.example", "").await;
        let forged = get(&listening, path, "id.example", FORGED).await;
        assert_eq!(plain, forged, "{path}");
    }
    // Failures count at the address from which they come.
    for (guess, is_locked) in [(1, false), (2, false), (3, false), (4, true)] {
        let mut browser = world.browser();
        let page = browser.look_at(&party.ask().url()).await;
        let name = format!("nobody{guess}");
        let typed = [("sign_in", page.hidden("sign_in")), ("username", &name), ("password", "x")];
        let form = encode(&typed);
        let head = format!(
            "POST /login HTTP/1.1\r\nHost: id.example\r\nX-Forwarded-For: 203.0.113.{guess}\r\n\
             Forwarded: for=203.0.113.{guess}\r\nX-Real-IP: 203.0.113.{guess}\r\n\
             Cookie: __Host-doorward_browser={}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{form}",
            browser.jar.get("_browser").unwrap(),
            form.len()
        );
        let answer = listening.exchange(&head).await;
        assert_eq!(answer.starts_with("HTTP/1.1 429"), is_locked, "{guess}: {answer}");
    }
}

#[tokio::test]
async fn the_host_header_never_reaches_a_link_the_issuer_or_a_cookie() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let listening = world.listen(Loopback::default()).await;
    let paths = [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/",
        "/nowhere",
        "/logout",
        "/logged-out",
        &party.ask().path(),
        &party.ask().set("prompt", "none").path(),
        &party.ask().without("client_id").path(),
    ];
    for path in paths {
        for host in ["evil.example", "id.example.evil.example", "evil.example:666", "127.0.0.1"] {
            let ours = get(&listening, path, "id.example", "").await;
            let foreign = get(&listening, path, host, "").await;
            assert_eq!(ours, foreign, "{path} at {host}");
        }
        let absolute = format!("http://evil.example{path}");
        let answer = get(&listening, &absolute, "evil.example", "").await;
        assert!(!answer.to_lowercase().contains("evil.example"), "{absolute}: {answer}");
    }
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        party.ask().path()
    );
    let cookies = listening.exchange(&request).await.to_lowercase();
    let cookie = cookies.lines().find(|line| line.starts_with("set-cookie:")).expect("a cookie");
    assert!(!cookie.contains("domain") && !cookie.contains("evil"), "{cookie}");
}
