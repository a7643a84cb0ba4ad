//! The document, member by member.

use serde_json::{Value, json};

use super::*;

fn narrow(issuer: &str) -> Capabilities {
    Capabilities {
        issuer: issuer.into(),
        endpoints: vec![Endpoint::Authorization, Endpoint::Token, Endpoint::Jwks],
        grant_types: vec![GrantType::AuthorizationCode],
        response_types: vec![ResponseType::Code],
        response_modes: vec![ResponseMode::Query],
        scopes: "openid email".parse().unwrap(),
        token_endpoint_auth_methods: vec![
            TokenEndpointAuthMethod::ClientSecretBasic,
            TokenEndpointAuthMethod::None,
        ],
        acr_values: vec![],
        id_token_algorithms: vec![Algorithm::Rs256.into()],
        signing_algorithms: vec![Algorithm::Rs256],
        encryption_algorithms: vec![EncryptionAlgorithm::RsaOaep],
        content_encryptions: vec![ContentEncryption::A128Gcm],
        ui_locales: vec![],
        service_documentation: None,
    }
}

#[test]
fn the_document_says_what_is_there_and_no_more() {
    let document =
        serde_json::to_value(Metadata::new(&narrow("https://provider.example"))).unwrap();
    let expected = json!({
        "issuer": "https://provider.example",
        "authorization_endpoint": "https://provider.example/oauth2/authorize",
        "token_endpoint": "https://provider.example/oauth2/token",
        "jwks_uri": "https://provider.example/oauth2/jwks",
        "scopes_supported": ["email", "openid"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "id_token_encryption_alg_values_supported": ["RSA-OAEP"],
        "id_token_encryption_enc_values_supported": ["A128GCM"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "display_values_supported": ["page", "popup", "touch", "wap"],
        "claim_types_supported": ["normal"],
        "claims_supported":
            ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "c_hash", "sid", "email", "email_verified"],
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    });
    assert_eq!(document, expected);
}

#[test]
fn the_ways_to_authenticate_are_named_for_each_endpoint_that_is_there() {
    let mut capabilities = narrow("https://provider.example");
    capabilities.endpoints.extend([Endpoint::Introspection, Endpoint::Revocation]);
    let document = serde_json::to_value(Metadata::new(&capabilities)).unwrap();
    let at = |name: &str| document[name].clone();
    assert_eq!(at("introspection_endpoint"), "https://provider.example/oauth2/introspect");
    assert_eq!(at("revocation_endpoint"), "https://provider.example/oauth2/revoke");
    let methods = at("introspection_endpoint_auth_methods_supported");
    assert_eq!(methods, json!(["client_secret_basic"]), "a public client may not introspect");
    let methods = at("revocation_endpoint_auth_methods_supported");
    assert_eq!(methods, json!(["client_secret_basic", "none"]));
}

#[test]
fn the_algorithms_of_assertions_are_those_of_the_ways_to_authenticate() {
    let methods = vec![TokenEndpointAuthMethod::ClientSecretJwt, TokenEndpointAuthMethod::None];
    let mut capabilities = narrow("https://provider.example");
    capabilities.token_endpoint_auth_methods = methods;
    capabilities.acr_values = Acr::ALL.to_vec();
    let document = serde_json::to_value(Metadata::new(&capabilities)).unwrap();
    let algorithms = json!(["HS256", "HS384", "HS512"]);
    assert_eq!(document["token_endpoint_auth_signing_alg_values_supported"], algorithms);
    let absent = &document["introspection_endpoint_auth_signing_alg_values_supported"];
    assert!(absent.is_null(), "there is no introspection");
    assert_eq!(document["acr_values_supported"], json!(["urn:doorward:acr:1fa"]));
}

#[test]
fn an_issuer_stays_as_it_is_and_its_endpoints_have_one_slash() {
    let cases = [
        ("https://provider.example/", "https://provider.example/oauth2/token"),
        ("https://provider.example/a", "https://provider.example/a/oauth2/token"),
        ("http://localhost:8080", "http://localhost:8080/oauth2/token"),
    ];
    for (issuer, token_endpoint) in cases {
        let metadata = Metadata::new(&narrow(issuer));
        assert_eq!(
            (metadata.issuer.as_str(), metadata.token_endpoint.as_deref()),
            (issuer, Some(token_endpoint))
        );
    }
}

#[test]
fn no_member_is_an_empty_list_or_null() {
    let nothing = Capabilities {
        grant_types: vec![],
        response_types: vec![],
        scopes: ScopeSet::default(),
        ..narrow("https://a.example")
    };
    let document = serde_json::to_value(Metadata::new(&nothing)).unwrap();
    let empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    assert!(document.as_object().unwrap().values().all(|value| !empty(value)), "{document}");
}
