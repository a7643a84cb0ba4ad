//! Applications that live in a browser alone call us from their own origin, and nobody else can (MISSION A5).

use protocol::paths;

use crate::world::{Answer, Sent, World};

const CALLED: [(&str, &str); 3] =
    [(paths::TOKEN, "POST"), (paths::USERINFO, "GET"), (paths::REVOKE, "POST")];

const PUBLISHED: [&str; 3] =
    [paths::OPENID_CONFIGURATION, paths::OAUTH_AUTHORIZATION_SERVER, paths::JWKS];

async fn preflight(world: &World, path: &str, origin: &str) -> Answer {
    let asked = Sent::new("OPTIONS", path).header("origin", origin);
    let asked = asked.header("access-control-request-method", "POST");
    world.send(asked.header("access-control-request-headers", "authorization")).await
}

#[tokio::test]
async fn a_script_at_the_origin_of_a_redirect_uri_may_call_and_read() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let origin = party.origin();
    for (path, method) in CALLED {
        let asked = preflight(&world, path, &origin).await;
        assert_eq!(asked.status, 204, "{path}");
        assert_eq!(asked.header("access-control-allow-origin"), Some(origin.as_str()), "{path}");
        assert_eq!(
            asked.header("access-control-allow-headers"),
            Some("authorization, content-type")
        );
        let answer = world.send(Sent::new(method, path).header("origin", &origin)).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin.as_str()), "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), None, "{path}");
        let varies = answer.headers.get_all("vary").iter().any(|value| value == "Origin");
        assert!(varies, "{path}");
    }
}

#[tokio::test]
async fn what_is_published_any_script_may_read_also_while_the_store_is_down() {
    let world = World::new().await;
    let origin = "https://elsewhere.example";
    world.engine().go_down();
    for path in PUBLISHED {
        let asked = preflight(&world, path, origin).await;
        assert_eq!((asked.status, asked.header("access-control-allow-origin")), (204, Some("*")));
        for sent in [Sent::get(path), Sent::get(path).header("origin", origin)] {
            let answer = world.send(sent).await;
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
            assert_eq!(answer.header("access-control-allow-credentials"), None, "{path}");
        }
    }
    let answer = preflight(&world, paths::TOKEN, origin).await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn an_origin_that_only_resembles_one_is_a_foreign_one() {
    let world = World::new().await;
    let origin = world.relying_party().await.origin();
    let host = origin.trim_start_matches("https://");
    let foreign = [
        format!("http://{host}"),
        format!("https://{host}:8443"),
        format!("https://{host}.evil.example"),
        format!("https://evil.example/{host}"),
        origin.to_uppercase(),
        format!("{origin}/"),
        "null".to_owned(),
        String::new(),
    ];
    for origin in &foreign {
        let answer = preflight(&world, paths::TOKEN, origin).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
    }
    let twice = Sent::post(paths::TOKEN).header("origin", &origin).header("origin", &origin);
    assert_eq!(world.send(twice).await.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn the_origin_of_a_client_that_is_disabled_is_a_foreign_one_again() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let origin = party.origin();
    world.disable_client(&party).await;
    let answer = preflight(&world, paths::TOKEN, &origin).await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn no_script_of_another_origin_calls_pages_or_what_operators_call() {
    let world = World::new().await;
    let origin = world.relying_party().await.origin();
    for path in
        [paths::AUTHORIZE, paths::LOGIN, paths::INTROSPECT, "/admin/v1/clients", paths::DOCS]
    {
        let answer = preflight(&world, path, &origin).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}
