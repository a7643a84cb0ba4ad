//! How the answers of a client are made is chosen by an operator, and what could not be made is refused.

use super::*;
use crate::world::recipient::Recipient;

/// An application with a key to encrypt with, and these members.
fn with(members: &Value) -> Value {
    let mut body = application();
    body["jwks"] = json!({ "keys": [Recipient::on_p256().jwk()] });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn what_is_registered_of_answers_is_shown_and_nothing_is_there_unasked() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (made, _) = created(&admin, &application()).await;
    let names = [
        "id_token_encrypted_response_alg",
        "id_token_encrypted_response_enc",
        "userinfo_signed_response_alg",
        "userinfo_encrypted_response_alg",
        "userinfo_encrypted_response_enc",
    ];
    assert!(names.iter().all(|name| made.get(name).is_none()), "{made}");
    let chosen = json!({
        "id_token_encrypted_response_alg": "ECDH-ES+A128KW",
        "id_token_encrypted_response_enc": "A256GCM",
        "userinfo_signed_response_alg": "ES256",
        "userinfo_encrypted_response_alg": "ECDH-ES",
    });
    let (made, path) = created(&admin, &with(&chosen)).await;
    for (name, value) in chosen.as_object().unwrap() {
        assert_eq!(made[name], *value, "{name}");
    }
    assert_eq!(made["userinfo_encrypted_response_enc"], "A128CBC-HS256", "the default");
    assert_eq!(
        (&made["jwks"]["keys"][0]["use"], admin.get(&path).await.status),
        (&json!("enc"), 200)
    );
    // Without its key it could not be answered.
    let mut body = with(&chosen);
    body.as_object_mut().unwrap().remove("jwks");
    is_problem(&admin.put(&path, "*", &body).await, 422, "unprocessable");
    assert_eq!(admin.put(&path, "*", &application()).await.status, 200);
}

#[tokio::test]
async fn what_could_not_be_made_is_not_registered() {
    let world = World::new().await;
    let admin = world.admin().await;
    for members in [
        json!({ "id_token_encrypted_response_enc": "A128GCM" }),
        json!({ "userinfo_encrypted_response_enc": "A128GCM" }),
        json!({ "id_token_encrypted_response_alg": "RSA-OAEP" }),
        json!({ "userinfo_encrypted_response_alg": "RSA-OAEP-256" }),
    ] {
        is_problem(&admin.post("/clients", &with(&members)).await, 422, "unprocessable");
    }
    for alg in ["RSA1_5", "dir", "PBES2-HS256+A128KW", "A128KW", "ECDH-ES+A192KW", "none", ""] {
        for member in ["id_token_encrypted_response_alg", "userinfo_encrypted_response_alg"] {
            let members = json!({ member: alg });
            is_problem(&admin.post("/clients", &with(&members)).await, 400, "malformed_request");
        }
    }
    for alg in ["none", "HS256", "RS512"] {
        let members = json!({ "userinfo_signed_response_alg": alg });
        is_problem(&admin.post("/clients", &with(&members)).await, 400, "malformed_request");
    }
    assert_eq!(admin.get("/clients").await.json()["items"], json!([]));
}

/// MISSION T1.
#[tokio::test]
async fn id_tokens_under_a_secret_need_a_client_that_keeps_one() {
    let world = World::new().await;
    let admin = world.admin().await;
    let with = |members: Value| {
        let mut body = application();
        body["id_token_signed_response_alg"] = json!("HS256");
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        body
    };
    let public = with(json!({ "token_endpoint_auth_method": "none" }));
    is_problem(&admin.post("/clients", &public).await, 422, "unprocessable");
    let access = json!({ "access_token_signed_response_alg": "HS256" });
    is_problem(&admin.post("/clients", &with(access)).await, 400, "malformed_request");

    let (made, path) = created(&admin, &with(json!({}))).await;
    assert!(made["client_secret"].as_str().unwrap().len() >= 32);
    let added = admin.post(&format!("{path}/secrets"), &json!({})).await;
    assert_eq!(added.status, 201, "{added:?}");
    let client_id = made["client_id"].as_str().unwrap().parse().unwrap();
    let stored = world.store().client(&world.realm(), client_id).await.unwrap().unwrap();
    assert!(stored.secrets().iter().all(|secret| secret.sealed.is_some()));
    assert_eq!((stored.secrets().len(), stored.judge()), (2, Ok(())));
    // A secret of which only a hash is kept signs nothing: another one is made.
    let (plain, path) = created(&admin, &application()).await;
    let changed = admin.put(&path, "*", &with(json!({}))).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_ne!(changed.text("client_secret"), plain["client_secret"].as_str().map(str::to_owned));
    assert!(changed.text("client_secret").is_some());
}
