//! What this provider says of itself (OpenID Connect Discovery 1.0 §3, RFC 8414 §2): what is really there, no more.

use serde::{Deserialize, Serialize};

use crate::{
    acr::Acr,
    authorize::{Prompt, ResponseMode},
    claims::CLAIMS_OF_SCOPES,
    client::{GrantType, ResponseType, TokenEndpointAuthMethod},
    jose::{Algorithm, ClientAlgorithm, ContentEncryption, EncryptionAlgorithm, IdTokenAlgorithm},
    language_tag::LanguageTag,
    paths,
    pkce::CODE_CHALLENGE_METHOD,
    scope::ScopeSet,
};

/// What is there, as those say who do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The issuer identifier, byte for byte as in ID tokens.
    pub issuer: String,
    /// Endpoints that answer.
    pub endpoints: Vec<Endpoint>,
    /// Grants that are redeemed.
    pub grant_types: Vec<GrantType>,
    /// Response types that are answered.
    pub response_types: Vec<ResponseType>,
    /// How they are answered.
    pub response_modes: Vec<ResponseMode>,
    /// Scopes that mean something.
    pub scopes: ScopeSet,
    /// Ways of client authentication.
    pub token_endpoint_auth_methods: Vec<TokenEndpointAuthMethod>,
    /// How strongly end-users can prove who they are.
    pub acr_values: Vec<Acr>,
    /// What ID tokens are signed with.
    pub id_token_algorithms: Vec<IdTokenAlgorithm>,
    /// Algorithms of the published keys, for userinfo.
    pub signing_algorithms: Vec<Algorithm>,
    /// How the keys of encrypted ID tokens and userinfo travel.
    pub encryption_algorithms: Vec<EncryptionAlgorithm>,
    /// How those are encrypted.
    pub content_encryptions: Vec<ContentEncryption>,
    /// Languages of the pages.
    pub ui_locales: Vec<LanguageTag>,
    /// Where developers read on.
    pub service_documentation: Option<String>,
}

impl Capabilities {
    /// How clients authenticate at an endpoint beside the token endpoint: in the same ways, where it is there. Who may
    /// introspect has to prove who it is.
    fn methods_at(&self, endpoint: Endpoint) -> Vec<TokenEndpointAuthMethod> {
        let methods = if self.endpoints.contains(&endpoint) {
            &*self.token_endpoint_auth_methods
        } else {
            &[]
        };
        let suffices = |method: &&TokenEndpointAuthMethod| {
            endpoint != Endpoint::Introspection || **method != TokenEndpointAuthMethod::None
        };
        methods.iter().filter(suffices).cloned().collect()
    }

    /// What is done to userinfo, where there is any.
    fn at_userinfo<A: Clone>(&self, algorithms: &[A]) -> Vec<A> {
        if self.endpoints.contains(&Endpoint::Userinfo) { algorithms.to_vec() } else { Vec::new() }
    }

    /// What assertions may be signed with at an endpoint, by the ways to authenticate there.
    fn assertion_algorithms_at(&self, endpoint: Endpoint) -> Vec<ClientAlgorithm> {
        use TokenEndpointAuthMethod::{ClientSecretJwt, PrivateKeyJwt};
        let methods = self.methods_at(endpoint);
        let serves = |algorithm: &ClientAlgorithm| {
            methods.contains(if algorithm.is_symmetric() {
                &ClientSecretJwt
            } else {
                &PrivateKeyJwt
            })
        };
        ClientAlgorithm::ALL.iter().copied().filter(serves).collect()
    }
}

/// An endpoint that the document names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// RFC 6749 §3.1.
    Authorization,
    /// RFC 6749 §3.2.
    Token,
    /// OpenID Connect Core 1.0 §5.3.
    Userinfo,
    /// RFC 7662 §2.
    Introspection,
    /// RFC 7009 §2.
    Revocation,
    /// RFC 7517 §5.
    Jwks,
    /// OpenID Connect RP-Initiated Logout 1.0 §2.
    EndSession,
    /// OpenID Connect Session Management 1.0 §3.3.
    CheckSession,
}

impl Endpoint {
    /// Its path.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Authorization => paths::AUTHORIZE,
            Self::Token => paths::TOKEN,
            Self::Userinfo => paths::USERINFO,
            Self::Introspection => paths::INTROSPECT,
            Self::Revocation => paths::REVOKE,
            Self::Jwks => paths::JWKS,
            Self::EndSession => paths::END_SESSION,
            Self::CheckSession => paths::CHECK_SESSION,
        }
    }

    /// Its address under an issuer.
    pub fn url(self, issuer: &str) -> String {
        format!("{}{}", issuer.strip_suffix('/').unwrap_or(issuer), self.path())
    }
}

/// The document. A member without a value is left out (RFC 8414 §3.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are those of the registry of RFC 8414 §7.1.2")]
pub struct Metadata {
    pub issuer: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_session_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_session_iframe: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_documentation: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_types_supported: Vec<ResponseType>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_modes_supported: Vec<ResponseMode>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grant_types_supported: Vec<GrantType>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subject_types_supported: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub id_token_signing_alg_values_supported: Vec<IdTokenAlgorithm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub id_token_encryption_alg_values_supported: Vec<EncryptionAlgorithm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub id_token_encryption_enc_values_supported: Vec<ContentEncryption>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub userinfo_signing_alg_values_supported: Vec<Algorithm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub userinfo_encryption_alg_values_supported: Vec<EncryptionAlgorithm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub userinfo_encryption_enc_values_supported: Vec<ContentEncryption>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_signing_alg_values_supported: Vec<ClientAlgorithm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_signing_alg_values_supported: Vec<ClientAlgorithm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_signing_alg_values_supported: Vec<ClientAlgorithm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code_challenge_methods_supported: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acr_values_supported: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompt_values_supported: Vec<Prompt>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display_values_supported: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claim_types_supported: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims_supported: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ui_locales_supported: Vec<LanguageTag>,
    pub claims_parameter_supported: bool,
    pub request_parameter_supported: bool,
    pub request_uri_parameter_supported: bool,
    pub authorization_response_iss_parameter_supported: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_supported: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_session_supported: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_supported: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_session_supported: Option<bool>,
}

/// Claims of an ID token that are not of a scope (OpenID Connect Core 1.0 §2, Front-Channel Logout 1.0 §3).
const ID_TOKEN_CLAIMS: [&str; 12] = [
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "at_hash",
    "c_hash",
    "sid",
];

/// How the pages may be shown (OpenID Connect Core 1.0 §3.1.2.1): they fit into whatever they are shown in.
const DISPLAY_VALUES: [&str; 4] = ["page", "popup", "touch", "wap"];

impl Metadata {
    /// The document of a provider that can do this. Both well-known paths answer with it.
    pub fn new(capabilities: &Capabilities) -> Self {
        let Capabilities { issuer, endpoints, scopes, .. } = capabilities;
        let at = |endpoint: Endpoint| endpoints.contains(&endpoint).then(|| endpoint.url(issuer));
        // Whoever ends sessions here tells the clients, with `iss` and `sid` (Back-Channel Logout 1.0 §2.1, Front-Channel Logout
        // 1.0 §3).
        let tells_clients = endpoints.contains(&Endpoint::EndSession).then_some(true);
        let answers_codes = capabilities.response_types.contains(&ResponseType::Code);
        let of_scopes = CLAIMS_OF_SCOPES.iter().filter(|(scope, _)| scopes.contains(scope));
        let claims = ID_TOKEN_CLAIMS.iter().chain(of_scopes.flat_map(|(_, claims)| *claims));
        Self {
            issuer: issuer.clone(),
            authorization_endpoint: at(Endpoint::Authorization),
            token_endpoint: at(Endpoint::Token),
            userinfo_endpoint: at(Endpoint::Userinfo),
            introspection_endpoint: at(Endpoint::Introspection),
            revocation_endpoint: at(Endpoint::Revocation),
            jwks_uri: at(Endpoint::Jwks),
            end_session_endpoint: at(Endpoint::EndSession),
            check_session_iframe: at(Endpoint::CheckSession),
            service_documentation: capabilities.service_documentation.clone(),
            scopes_supported: scopes.iter().map(ToString::to_string).collect(),
            response_types_supported: capabilities.response_types.clone(),
            response_modes_supported: capabilities.response_modes.clone(),
            grant_types_supported: capabilities.grant_types.clone(),
            subject_types_supported: vec!["public".into(), "pairwise".into()],
            id_token_signing_alg_values_supported: capabilities.id_token_algorithms.clone(),
            id_token_encryption_alg_values_supported: capabilities.encryption_algorithms.clone(),
            id_token_encryption_enc_values_supported: capabilities.content_encryptions.clone(),
            userinfo_signing_alg_values_supported: capabilities
                .at_userinfo(&capabilities.signing_algorithms),
            userinfo_encryption_alg_values_supported: capabilities
                .at_userinfo(&capabilities.encryption_algorithms),
            userinfo_encryption_enc_values_supported: capabilities
                .at_userinfo(&capabilities.content_encryptions),
            token_endpoint_auth_methods_supported: capabilities.token_endpoint_auth_methods.clone(),
            introspection_endpoint_auth_methods_supported: capabilities
                .methods_at(Endpoint::Introspection),
            revocation_endpoint_auth_methods_supported: capabilities
                .methods_at(Endpoint::Revocation),
            token_endpoint_auth_signing_alg_values_supported: capabilities
                .assertion_algorithms_at(Endpoint::Token),
            introspection_endpoint_auth_signing_alg_values_supported: capabilities
                .assertion_algorithms_at(Endpoint::Introspection),
            revocation_endpoint_auth_signing_alg_values_supported: capabilities
                .assertion_algorithms_at(Endpoint::Revocation),
            acr_values_supported: capabilities
                .acr_values
                .iter()
                .map(|acr| acr.as_str().to_owned())
                .collect(),
            code_challenge_methods_supported: answers_codes
                .then(|| CODE_CHALLENGE_METHOD.into())
                .into_iter()
                .collect(),
            prompt_values_supported: Prompt::ALL.to_vec(),
            display_values_supported: DISPLAY_VALUES.map(str::to_owned).into(),
            claim_types_supported: vec!["normal".into()],
            claims_supported: claims.map(ToString::to_string).collect(),
            ui_locales_supported: capabilities.ui_locales.clone(),
            claims_parameter_supported: true,
            // Absent would mean true (OpenID Connect Discovery 1.0 §3).
            request_uri_parameter_supported: false,
            request_parameter_supported: false,
            authorization_response_iss_parameter_supported: true,
            backchannel_logout_supported: tells_clients,
            backchannel_logout_session_supported: tells_clients,
            frontchannel_logout_supported: tells_clients,
            frontchannel_logout_session_supported: tells_clients,
        }
    }
}

#[cfg(test)]
mod tests {
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
}
