//! `GET` and `POST /oauth2/userinfo`: what a client may know of its end-user (OpenID Connect Core 1.0 §5.3).

use flows::{Context, Error, Failure, userinfo::BearerRefused};
use poem::{Request, http::header};
use poem_openapi::{ApiResponse, Object, OpenApi, SecurityScheme, auth::Bearer, payload::Json};
use protocol::{Secret, oauth_error::ErrorCode};

use crate::{
    Provider, failure,
    form::{FormOf, is_form},
    responses::{OAuthError, Tag},
};

/// The userinfo endpoint.
pub(crate) struct UserinfoApi(pub(crate) Provider);

#[OpenApi(tag = "Tag::OpenIdConnect")]
impl UserinfoApi {
    /// Get the claims of the end-user
    ///
    /// OpenID Connect Core 1.0 §5.3.
    #[oai(path = "/oauth2/userinfo", method = "get", operation_id = "get_userinfo")]
    async fn get(&self, request: &Request, _documented: AccessToken) -> UserinfoResponse {
        self.answer(request, None).await
    }

    /// Get the claims of the end-user, by POST
    ///
    /// OpenID Connect Core 1.0 §5.3.1; the token in the header or in the body (RFC 6750 §2).
    #[oai(path = "/oauth2/userinfo", method = "post", operation_id = "post_userinfo")]
    async fn post(
        &self,
        request: &Request,
        _documented: AccessToken,
        form: FormOf<UserinfoForm>,
    ) -> UserinfoResponse {
        let in_body = match form.parameters {
            Err(_) if !is_form(request) => None,
            Err(unreadable) => return UserinfoResponse::malformed(&unreadable),
            Ok(parameters) => match parameters.get("access_token") {
                Ok(token) => token.map(|token| Secret::new(token.to_owned())),
                Err(repeated) => return UserinfoResponse::malformed(&repeated),
            },
        };
        self.answer(request, in_body).await
    }
}

impl UserinfoApi {
    async fn answer(&self, request: &Request, in_body: Option<Secret<String>>) -> UserinfoResponse {
        let context = self.0.context(request);
        let token = match (bearer(request), in_body) {
            (Ok(None), None) => return UserinfoResponse::missing(),
            (Ok(Some(token)), None) | (Ok(None), Some(token)) => token,
            (Ok(Some(_)), Some(_)) => {
                return UserinfoResponse::malformed(
                    &"the access token must be sent in one way at a time",
                );
            }
            (Err(NotBearer), _) => return UserinfoResponse::malformed(&NotBearer),
        };
        match self.0.flows.userinfo(&context, token.expose()).await {
            Ok(claims) => UserinfoResponse::Found(Json(claims.into()), NO_STORE.into()),
            Err(Error::Refused(refusal)) => {
                tracing::info!(request_id = %context.request_id, reason = %refusal, "an access token was refused");
                UserinfoResponse::refused(refusal)
            }
            Err(Error::Failed(failure)) => UserinfoResponse::failed(&context, &failure),
        }
    }
}

/// An `Authorization` header that is not of RFC 6750 §2.1.
#[derive(Debug, thiserror::Error)]
#[error("the Authorization header is not one of type Bearer")]
struct NotBearer;

/// The token of the `Authorization` header, if there is one.
fn bearer(request: &Request) -> Result<Option<Secret<String>>, NotBearer> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION).iter();
    let (Some(header), None) = (headers.next(), headers.next()) else {
        return if request.headers().contains_key(header::AUTHORIZATION) {
            Err(NotBearer)
        } else {
            Ok(None)
        };
    };
    let (scheme, token) =
        header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(NotBearer)?;
    let is_bearer = scheme.eq_ignore_ascii_case("bearer");
    if is_bearer { Ok(Some(Secret::new(token.trim_start().to_owned()))) } else { Err(NotBearer) }
}

/// The access token in the body (RFC 6750 §2.2).
#[derive(Object)]
struct UserinfoForm {
    /// The access token, where it is not in the `Authorization` header.
    access_token: Option<String>,
}

/// Documentation only: the header is read as it came.
#[derive(SecurityScheme)]
#[expect(dead_code, reason = "documents the header")]
enum AccessToken {
    Bearer(BearerToken),
    #[oai(fallback)]
    InBody,
}

/// An access token (RFC 6750 §2.1).
#[derive(SecurityScheme)]
#[oai(ty = "bearer", rename = "access_token")]
#[expect(dead_code, reason = "documents the header")]
struct BearerToken(Bearer);

#[derive(ApiResponse)]
enum UserinfoResponse {
    /// `sub`, and the claims of the scopes that were granted.
    #[oai(status = 200)]
    Found(
        Json<serde_json::Value>,
        /// Always `no-store`.
        #[oai(header = "Cache-Control")]
        String,
    ),
    /// The request is malformed (RFC 6750 §3.1).
    #[oai(status = 400)]
    Malformed(
        Json<OAuthError>,
        /// The code again (RFC 6750 §3).
        #[oai(header = "WWW-Authenticate")]
        String,
    ),
    /// No access token, or one that is not believed any more.
    #[oai(status = 401)]
    NotBelieved(
        Json<OAuthError>,
        /// The code again, where a token was sent (RFC 6750 §3).
        #[oai(header = "WWW-Authenticate")]
        String,
    ),
    /// The access token is not for this.
    #[oai(status = 403)]
    InsufficientScope(
        Json<OAuthError>,
        /// The code again (RFC 6750 §3).
        #[oai(header = "WWW-Authenticate")]
        String,
    ),
    /// A fault of the provider's.
    #[oai(status = 500)]
    Fault(Json<OAuthError>),
    /// The store is down.
    #[oai(status = 503)]
    Unavailable(
        Json<OAuthError>,
        /// When to come again, in seconds.
        #[oai(header = "Retry-After")]
        u64,
    ),
}

const NO_STORE: &str = "no-store";
const CHALLENGE: &str = "Bearer realm=\"doorward\"";

impl UserinfoResponse {
    /// A request without any credentials learns no code (RFC 6750 §3.1).
    fn missing() -> Self {
        let body = error(ErrorCode::InvalidToken, &"an access token is needed");
        Self::NotBelieved(body, CHALLENGE.into())
    }

    fn malformed(why: &dyn std::fmt::Display) -> Self {
        Self::Malformed(error(ErrorCode::InvalidRequest, why), challenge(ErrorCode::InvalidRequest))
    }

    /// The one place where a refusal becomes a status (RFC 6750 §3.1).
    fn refused(refusal: BearerRefused) -> Self {
        let code = refusal.code();
        match refusal {
            BearerRefused::NotBelieved(_) | BearerRefused::Revoked => Self::NotBelieved(
                error(code, &"the access token is expired, revoked or malformed"),
                challenge(code),
            ),
            BearerRefused::InsufficientScope => {
                Self::InsufficientScope(error(code, &refusal), challenge(code))
            }
        }
    }

    fn failed(context: &Context, failure: &Failure) -> Self {
        let told = failure::tell(context, failure);
        let description = format!("request {}", context.request_id);
        match failure {
            Failure::Unavailable { .. } => Self::Unavailable(
                error(ErrorCode::TemporarilyUnavailable, &description),
                told.retry_after_seconds(),
            ),
            Failure::Fault { .. } => Self::Fault(error(ErrorCode::ServerError, &description)),
        }
    }
}

fn challenge(code: ErrorCode) -> String {
    format!("{CHALLENGE}, error=\"{code}\"")
}

fn error(code: ErrorCode, description: &dyn std::fmt::Display) -> Json<OAuthError> {
    Json(OAuthError { error: code.to_string(), error_description: description.to_string() })
}
