//! How a client may be written, and the state upon which it is changed: whatever the specifications allow, and nothing that
//! two readers would read in two ways.

use super::*;

/// An application with so many redirect URIs, each of an origin of its own.
fn at_origins(count: usize) -> Value {
    let uris: Vec<_> = (0..count).map(|number| format!("https://app{number}.example/cb")).collect();
    let mut body = application();
    body["redirect_uris"] = json!(uris);
    body
}

#[tokio::test]
async fn each_of_the_redirect_uris_of_a_client_may_have_an_origin_of_its_own() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (_, path) = created(&admin, &at_origins(64)).await;
    for number in [0, 63] {
        let origin = format!("https://app{number}.example");
        let asked = Sent::new("OPTIONS", protocol::paths::TOKEN).header("origin", &origin);
        let answer = world.send(asked.header("access-control-request-method", "POST")).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some(&*origin));
    }
    is_problem(&admin.put(&path, "*", &at_origins(65)).await, 400, "malformed_request");
    assert_eq!(admin.put(&path, "*", &at_origins(33)).await.status, 200);
}

#[tokio::test]
async fn a_member_that_is_repeated_is_refused_at_any_depth() {
    let world = World::new().await;
    let admin = world.admin().await;
    let key = r#"{"kty":"RSA","kty":"EC"}"#;
    for body in [
        r#"{"client_name":"One","client_name":"Other","redirect_uris":["https://app.example/cb"]}"#,
        r#"{"client_name":"One","\u0063lient_name":"One","redirect_uris":["https://app.example/cb"]}"#,
        &format!(
            r#"{{"client_name":"One","redirect_uris":["https://app.example/cb"],"jwks":{{"keys":[{key}]}}}}"#
        ),
    ] {
        let sent = admin.request("POST", "/clients").body("application/json", body);
        let answer = admin.send(sent).await;
        is_problem(&answer, 400, "malformed_request");
        assert!(answer.text("detail").unwrap().contains("repeated"), "{answer:?}");
    }
    assert_eq!(admin.get("/clients").await.json()["items"], json!([]));
}

/// RFC 9110 §13.1.1: a list of entity tags, compared strongly.
#[tokio::test]
async fn any_of_the_versions_that_a_change_names_may_be_the_one() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (_, path) = created(&admin, &application()).await;
    let settings = format!("{path}/settings");
    let limits =
        |quota: u32| json!({ "limits": { "token": { "quota": quota, "window_seconds": 1 } } });
    for (path, mut body, second) in
        [(path, application(), None), (settings, limits(1), Some(limits(2)))]
    {
        let seen = etag(&admin.get(&path).await);
        for other in [format!("W/{seen}"), format!("W/{seen}, \"other\""), "\"a\", \"b\"".into()] {
            is_problem(&admin.put(&path, &other, &body).await, 412, "precondition_failed");
        }
        for (number, named) in
            [format!("\"other\", {seen}"), ",W/\"other\" , {},, \"a,b\"".to_owned()]
                .into_iter()
                .enumerate()
        {
            body["client_name"] = format!("Named {number}").into();
            if let Some(second) = &second {
                body = if number == 0 { limits(1) } else { second.clone() };
            }
            let named = named.replace("{}", &etag(&admin.get(&path).await));
            let answer = admin.put(&path, &named, &body).await;
            assert_eq!(answer.status, 200, "{named}: {answer:?}");
        }
        let both = admin.putting(&path, "\"other\"", &body);
        let both = both.header("if-match", etag(&admin.get(&path).await));
        assert_eq!(admin.send(both).await.status, 200);
        is_problem(
            &admin.put(&path, &["\"a\""; 9].join(","), &body).await,
            400,
            "malformed_request",
        );
    }
}

/// OpenID Connect Dynamic Client Registration 1.0 §2: what may come through the browser is registered, and takes the grant
/// type `implicit`.
#[tokio::test]
async fn response_types_are_registered_with_their_grant_types_in_any_order_of_their_words() {
    let world = World::new().await;
    let admin = world.admin().await;
    let body = |response_types: Value, grant_types: Value| {
        let mut body = application();
        body["response_types"] = response_types;
        body["grant_types"] = grant_types;
        body
    };
    let both = json!(["authorization_code", "implicit"]);
    let any_order = json!(["token id_token code", "id_token code", "token id_token", "code"]);
    let (made, path) = created(&admin, &body(any_order, both.clone())).await;
    let ours = json!(["code id_token token", "code id_token", "id_token token", "code"]);
    assert_eq!(
        (&made["response_types"], &admin.get(&path).await.json()["response_types"]),
        (&ours, &ours)
    );
    let (made, _) = created(&admin, &body(json!(["id_token"]), json!(["implicit"]))).await;
    assert_eq!(made["response_types"], json!(["id_token"]));
    for (response_types, grant_types) in [
        (json!(["code id_token"]), json!(["authorization_code"])),
        (json!(["code id_token"]), json!(["implicit"])),
        (json!(["id_token"]), both.clone()),
        (json!(["code"]), both.clone()),
        (json!(["code"]), json!(["implicit"])),
    ] {
        let answer = admin.post("/clients", &body(response_types, grant_types)).await;
        is_problem(&answer, 422, "unprocessable");
    }
    for unknown in ["token", "none", "code code", "code later", "Code", ""] {
        let answer = admin.post("/clients", &body(json!([unknown]), both.clone())).await;
        is_problem(&answer, 400, "malformed_request");
    }
}
