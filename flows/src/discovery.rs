//! What this provider says of itself, derived from what is really there.

use std::time::Duration;

use protocol::{
    acr::Acr,
    authorize::ResponseMode,
    client::{GrantType, ResponseType, TokenEndpointAuthMethod},
    discovery::{Capabilities, Endpoint, Metadata},
    jose::{ContentEncryption, EncryptionAlgorithm, IdTokenAlgorithm, Jwks},
    language_tag::LanguageTag,
    scope::{STANDARD, ScopeSet},
};

use crate::{Context, Failure, Flows, token};

impl Flows {
    /// The discovery document (OpenID Connect Discovery 1.0 §4, RFC 8414 §3). `ui_locales` are those of the pages.
    pub fn metadata(&self, context: &Context, ui_locales: Vec<LanguageTag>) -> Metadata {
        let mut endpoints = vec![
            Endpoint::Authorization,
            Endpoint::Token,
            Endpoint::Userinfo,
            Endpoint::Introspection,
            Endpoint::Revocation,
            Endpoint::Jwks,
            Endpoint::EndSession,
        ];
        // Elsewhere no browser keeps the cookie that it reads.
        if context.is_https() {
            endpoints.push(Endpoint::CheckSession);
        }
        let signing = self.keys.snapshot().algorithms(self.store.now());
        Metadata::new(&Capabilities {
            issuer: context.issuer.clone(),
            endpoints,
            // What comes through the browser the token endpoint does not serve.
            grant_types: token::served().into_iter().chain([GrantType::Implicit]).collect(),
            response_types: ResponseType::ALL.into(),
            response_modes: ResponseMode::ALL.into(),
            scopes: STANDARD.join(" ").parse::<ScopeSet>().unwrap_or_default(),
            token_endpoint_auth_methods: vec![
                TokenEndpointAuthMethod::ClientSecretBasic,
                TokenEndpointAuthMethod::ClientSecretPost,
                TokenEndpointAuthMethod::ClientSecretJwt,
                TokenEndpointAuthMethod::PrivateKeyJwt,
                TokenEndpointAuthMethod::None,
            ],
            acr_values: Acr::ALL.to_vec(),
            id_token_algorithms: signing
                .iter()
                .copied()
                .map(IdTokenAlgorithm::Key)
                .chain([IdTokenAlgorithm::Hs256])
                .collect(),
            signing_algorithms: signing,
            encryption_algorithms: EncryptionAlgorithm::ALL.to_vec(),
            content_encryptions: ContentEncryption::ALL.to_vec(),
            ui_locales,
            service_documentation: None,
        })
    }

    /// The keys that verify what was signed here (RFC 7517 §5), and for how long they may be kept.
    pub fn jwks(&self) -> Result<(Jwks, Duration), Failure> {
        let jwks = self.keys.snapshot().jwks(self.store.now());
        // Who kept an empty set would refuse every token until it is over.
        if jwks.keys.is_empty() {
            Err(Failure::unavailable("no key is published yet"))
        } else {
            Ok((jwks, self.lifetimes.jwks_cache))
        }
    }
}
