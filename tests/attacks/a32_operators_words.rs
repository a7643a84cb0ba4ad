//! What an operator words of a client is shown as words, and no address of theirs runs anything.

use serde_json::json;

use crate::{
    admin::is_problem,
    world::{World, encode},
};

const WORDS: [&str; 5] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</title></style><svg onload=alert(1)>",
    "{{7*7}}<%= 7 %>",
    "&lt;script&gt;",
];

const REDIRECT_URI: &str = "https://worded.example/cb";

/// The page on which somebody signs in to a client of this name: every element, with the names of its attributes.
async fn skeleton(world: &World, client_name: &str) -> Vec<String> {
    let client = json!({
        "client_name": client_name,
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "none",
        "scope": "openid",
        "policy_uri": "https://worded.example/policy?%3Cscript%3E",
    });
    let made = world.admin().await.post("/clients", &client).await;
    assert_eq!(made.status, 201, "{client_name}: {}", made.body);
    let asked = [
        ("client_id", made.json()["client_id"].as_str().unwrap().to_owned()),
        ("redirect_uri", REDIRECT_URI.to_owned()),
        ("response_type", "code".to_owned()),
        ("scope", "openid".to_owned()),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned()),
        ("code_challenge_method", "S256".to_owned()),
    ];
    let page = world.browser().look_at(&format!("/oauth2/authorize?{}", encode(&asked))).await;
    assert_eq!(page.id, "login-page", "{client_name}");
    let elements = page.elements();
    elements.map(|(name, attributes)| format!("{name}{:?}", attributes.keys())).collect()
}

#[tokio::test]
async fn what_an_operator_words_is_never_markup_on_a_page() {
    let world = World::new().await;
    let harmless = skeleton(&world, "Harmless").await;
    for words in WORDS {
        assert_eq!(skeleton(&world, words).await, harmless, "{words}");
    }
}

#[tokio::test]
async fn an_address_that_would_run_something_is_not_registered() {
    let world = World::new().await;
    let admin = world.admin().await;
    for field in ["logo_uri", "client_uri", "policy_uri", "tos_uri"] {
        for address in ["javascript:alert(1)", "data:text/html,<script>", "vbscript:x", "//x"] {
            let client = json!({ "client_name": "A", "token_endpoint_auth_method": "none",
                "redirect_uris": [REDIRECT_URI], "scope": "openid", field: address });
            let refused = admin.post("/clients", &client).await;
            assert!(matches!(refused.status, 400 | 422), "{field} {address}: {}", refused.body);
            is_problem(&refused, refused.status, refused.json()["code"].as_str().unwrap());
        }
    }
}
