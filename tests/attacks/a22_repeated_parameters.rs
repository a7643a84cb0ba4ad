//! A request is read in one way: nothing twice, and no path that somebody before us could read as another.

use protocol::{client::TokenEndpointAuthMethod, paths};

use crate::world::{Callback, Landed, Sent, World, encode};

#[tokio::test]
async fn a_repeated_parameter_of_the_authorization_endpoint_is_refused() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    party.sign_in(&mut browser, &alice).await;
    let ask = party.ask().and("prompt", "none").and("unknown", "x").and("max_age", "1000");
    for (name, value) in &ask.parameters {
        for other in [value.as_str(), "", "other"] {
            let twice = ask.clone().and(name, other);
            match browser.open(&twice.url()).await {
                // Where the answer would go is then not known.
                Landed::Page(page) => {
                    let is_where = ["client_id", "redirect_uri"].contains(&name.as_str());
                    assert!(is_where && page.answer.status == 400, "{name}={other}");
                }
                Landed::Client(callback) => {
                    assert_eq!(callback.error(), "invalid_request", "{name}={other}");
                    assert_eq!(callback.get("code"), None);
                }
            }
        }
    }
    let once = browser.open(&ask.url()).await.callback();
    assert!(once.get("code").is_some(), "each of them once is no fault: {once:?}");
}

#[tokio::test]
async fn a_repeated_parameter_of_the_token_endpoint_is_refused() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.public_client().await);
    let ask = party.ask();
    let callback: Callback = world.browser().authorize(&ask, &alice).await;
    let id = party.id();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", callback.code()),
        ("redirect_uri", ask.get("redirect_uri")),
        ("code_verifier", ask.verifier.as_str()),
        ("client_id", id.as_str()),
        ("unknown", "x"),
    ];
    for (name, value) in fields {
        for other in [value, "", "other"] {
            let twice = [&fields[..], &[(name, other)]].concat();
            let answer = world.send(Sent::post(paths::TOKEN).form(&twice)).await;
            let seen = (answer.status, answer.error());
            assert_eq!(seen, (400, "invalid_request".to_owned()), "{name}={other}");
        }
    }
    assert_eq!(world.send(Sent::post(paths::TOKEN).form(&fields)).await.status, 200);
}

#[tokio::test]
async fn a_repeated_parameter_of_introspection_or_revocation_is_refused() {
    let world = World::new().await;
    let party =
        world.client(World::authenticating(TokenEndpointAuthMethod::ClientSecretPost)).await;
    let alice = world.person("alice").await;
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    let token = tokens.refresh_token();
    let whole = [("token", token), ("token_type_hint", "refresh_token"), ("unknown", "x")];
    for path in [paths::INTROSPECT, paths::REVOKE] {
        for name in ["token", "token_type_hint", "client_id", "client_secret", "unknown"] {
            for other in [token, "", "other"] {
                let twice = [&whole[..], &[(name, other)]].concat();
                let answer = world.send(party.request_to(path, &twice)).await;
                let seen = (answer.status, answer.error());
                assert_eq!(seen, (400, "invalid_request".to_owned()), "{path} {name}={other}");
            }
        }
    }
    assert_eq!(party.introspect(token).await["active"], true, "nothing was revoked");
    assert_eq!(world.send(party.request_to(paths::REVOKE, &whole)).await.status, 200);
}

#[tokio::test]
async fn a_path_with_extra_slashes_semicolons_or_escapes_is_not_found() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let query = encode(&party.ask().parameters);
    let changes: [fn(&str) -> String; 10] = [
        |path| format!("/{path}"),
        |path| format!("{path}/"),
        |path| format!("{path};x"),
        |path| format!("{path}%00"),
        |path| path.replacen('/', "/;x/", 1),
        |path| path.replacen('/', "/./", 1),
        |path| path.replacen('/', "/x/../", 1),
        |path| path.replacen('/', "/%2f", 1),
        |path| path.replace('o', "%6f"),
        |path| path.to_uppercase(),
    ];
    let served = [
        paths::AUTHORIZE,
        paths::TOKEN,
        paths::USERINFO,
        paths::INTROSPECT,
        paths::REVOKE,
        paths::JWKS,
        paths::END_SESSION,
        paths::OPENID_CONFIGURATION,
        paths::LOGIN,
        paths::CONSENT,
        paths::LOGOUT,
    ];
    for path in served {
        for changed in changes.iter().map(|change| change(path)).filter(|changed| changed != path) {
            for method in ["GET", "POST"] {
                let answer = world.send(Sent::new(method, format!("{changed}?{query}"))).await;
                assert_eq!(answer.status, 404, "{method} {changed}");
            }
        }
    }
}
