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
mod tests;
