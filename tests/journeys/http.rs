//! What every HTTP client may rely on: methods, statuses, sizes.

use protocol::paths;

use crate::world::{Sent, World, encode};

#[tokio::test]
async fn a_head_answers_as_a_get_without_its_body() {
    let world = World::new().await;
    for path in ["/", paths::OPENID_CONFIGURATION, paths::JWKS, "/logged-out", "/nowhere"] {
        let get = world.get(path).await;
        let head = world.send(Sent::new("HEAD", path)).await;
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
    }
}

#[tokio::test]
async fn a_method_that_is_not_served_is_named_with_those_that_are() {
    let world = World::new().await;
    let cases = [
        (paths::AUTHORIZE, ["PUT", "DELETE", "PATCH"].as_slice(), ["GET", "POST"].as_slice()),
        (paths::TOKEN, &["GET", "PUT", "DELETE"], &["POST"]),
        (paths::USERINFO, &["PUT", "DELETE"], &["GET", "POST"]),
        (paths::INTROSPECT, &["GET", "PUT", "DELETE"], &["POST"]),
        (paths::REVOKE, &["GET", "PUT", "DELETE"], &["POST"]),
        (paths::JWKS, &["POST", "PUT"], &["GET"]),
        (paths::OPENID_CONFIGURATION, &["POST", "DELETE"], &["GET"]),
        (paths::END_SESSION, &["PUT", "DELETE"], &["GET", "POST"]),
        (paths::LOGIN, &["PUT", "DELETE", "PATCH"], &["GET", "POST"]),
        (paths::CONSENT, &["PUT"], &["GET", "POST"]),
        (paths::LOGOUT, &["DELETE"], &["GET", "POST"]),
        (paths::LOGGED_OUT, &["POST"], &["GET"]),
        ("/", &["POST"], &["GET"]),
    ];
    for (path, refused, allowed) in cases {
        for method in refused {
            let answer = world.send(Sent::new(method, path)).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            let named =
                answer.header("allow").unwrap_or_else(|| panic!("{method} {path}: no Allow"));
            assert!(allowed.iter().all(|one| named.contains(one)), "{method} {path}: {named}");
        }
    }
}

#[tokio::test]
async fn what_is_nowhere_is_said_on_a_page() {
    let world = World::new().await;
    for path in
        ["/nowhere", "/oauth2/nowhere", "/.well-known/nowhere", "/login/nowhere", "/assets/no.css"]
    {
        let page = world.browser().look_at(path).await;
        assert_eq!((page.answer.status, page.id.as_str()), (404, "error-page"), "{path}");
    }
}

#[tokio::test]
async fn more_than_64_kib_is_refused_in_the_dialect_of_the_endpoint() {
    let world = World::new().await;
    let large = format!("a={}", "x".repeat(64 * 1024));
    let form = "application/x-www-form-urlencoded";
    for (path, is_page) in [
        (paths::TOKEN, false),
        (paths::INTROSPECT, false),
        (paths::REVOKE, false),
        (paths::AUTHORIZE, true),
        (paths::LOGIN, true),
        (paths::CONSENT, true),
    ] {
        let answer = world.send(Sent::post(path).body(form, large.clone())).await;
        assert_eq!(answer.status, 413, "{path}");
        let content_type = answer.header("content-type").unwrap();
        assert!(
            content_type.starts_with(if is_page { "text/html" } else { "application/json" }),
            "{path}"
        );
    }
    // As a query it would be longer than the head of a request may be.
    let party = world.relying_party().await;
    let ask = party.ask().set("nonce", &"n".repeat(8192)).set("unknown", &"u".repeat(8192));
    let answer = world.send(Sent::post(paths::AUTHORIZE).form(&ask.parameters)).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn what_is_no_form_or_no_query_is_refused_and_never_a_fault() {
    let world = World::new().await;
    let many: Vec<_> = (0..100).map(|number| (number.to_string(), "x")).collect();
    let malformed = ["a=%", "a=%zz", "a=%ff%fe", "%00=%00", &encode(&many), &"a=".repeat(60)];
    let form = "application/x-www-form-urlencoded";
    for text in malformed {
        for path in
            [paths::AUTHORIZE, paths::END_SESSION, paths::LOGIN, paths::CONSENT, paths::LOGOUT]
        {
            let by_query = world.get(format!("{path}?{text}")).await;
            let by_body = world.send(Sent::post(path).body(form, text)).await;
            for answer in [by_query, by_body] {
                assert!(answer.status < 500, "{path} {text:.60}: {answer:?}");
            }
        }
        for path in [paths::TOKEN, paths::INTROSPECT, paths::REVOKE] {
            let answer = world.send(Sent::post(path).body(form, text)).await;
            assert!([400, 401].contains(&answer.status), "{path} {text:.60}: {answer:?}");
            assert!(!answer.error().is_empty());
        }
    }
}

#[tokio::test]
async fn the_first_page_says_what_this_is() {
    let world = World::new().await;
    let page = world.browser().look_at("/").await;
    assert_eq!(page.answer.status, 200);
    assert!(page.words.contains(world.issuer()), "{}", page.words);
}
