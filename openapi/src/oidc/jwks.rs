//! `GET /oauth2/jwks`: the keys that verify what was signed here (RFC 7517 §5).

use poem::Request;
use poem_openapi::{ApiResponse, OpenApi, payload::Json};

use crate::{Provider, failure, responses::Tag};

/// The key set.
pub(crate) struct JwksApi(pub(crate) Provider);

#[OpenApi(tag = "Tag::Discovery")]
impl JwksApi {
    /// Get the public keys
    ///
    /// RFC 7517 §5. Answered from memory, also while the store is down.
    #[oai(path = "/oauth2/jwks", method = "get", operation_id = "get_jwks")]
    async fn get(&self, request: &Request) -> JwksResponse {
        match self.0.flows.jwks() {
            Ok((jwks, kept)) => {
                let jwks = serde_json::to_value(jwks).unwrap_or_default();
                JwksResponse::Found(Json(jwks), format!("public, max-age={}", kept.as_secs()))
            }
            Err(failure) => {
                let told = failure::tell(&self.0.context(request), &failure);
                JwksResponse::Unavailable(told.retry_after_seconds())
            }
        }
    }
}

#[derive(ApiResponse)]
enum JwksResponse {
    /// The key set: `{"keys": [...]}`.
    #[oai(status = 200)]
    Found(
        Json<serde_json::Value>,
        /// For how long it may be kept. A new key signs only after it was published for longer than this.
        #[oai(header = "Cache-Control")]
        String,
    ),
    /// The keys were not read yet.
    #[oai(status = 503)]
    Unavailable(
        /// When to come again, in seconds.
        #[oai(header = "Retry-After")]
        u64,
    ),
}
