//! What this provider says of itself, at both well-known paths (OpenID Connect Discovery 1.0 §4, RFC 8414 §3).

use poem::Request;
use poem_openapi::{ApiResponse, OpenApi, payload::Json};

use crate::{Provider, pages::text::Text, responses::Tag};

/// The discovery document.
pub(crate) struct DiscoveryApi(pub(crate) Provider);

#[OpenApi(tag = "Tag::Discovery")]
impl DiscoveryApi {
    /// Get the metadata for OpenID Connect
    ///
    /// OpenID Connect Discovery 1.0 §4. Derived from what is really there.
    #[oai(
        path = "/.well-known/openid-configuration",
        method = "get",
        operation_id = "get_openid_configuration"
    )]
    async fn openid(&self, request: &Request) -> MetadataResponse {
        self.metadata(request)
    }

    /// Get the metadata for OAuth 2.0
    ///
    /// RFC 8414 §3. The same document.
    #[oai(
        path = "/.well-known/oauth-authorization-server",
        method = "get",
        operation_id = "get_authorization_server"
    )]
    async fn oauth(&self, request: &Request) -> MetadataResponse {
        self.metadata(request)
    }
}

impl DiscoveryApi {
    fn metadata(&self, request: &Request) -> MetadataResponse {
        let languages =
            Text::every_language().iter().filter_map(|text| text.language().parse().ok()).collect();
        let metadata = self.0.flows.metadata(&self.0.context(request), languages);
        match serde_json::to_value(metadata) {
            Ok(metadata) => MetadataResponse::Found(Json(metadata), "public, max-age=3600".into()),
            Err(error) => {
                tracing::error!(%error, "the discovery document does not serialise");
                MetadataResponse::Fault
            }
        }
    }
}

#[derive(ApiResponse)]
enum MetadataResponse {
    /// The document.
    #[oai(status = 200)]
    Found(
        Json<serde_json::Value>,
        /// For how long it may be kept.
        #[oai(header = "Cache-Control")]
        String,
    ),
    /// A fault of the provider's.
    #[oai(status = 500)]
    Fault,
}
