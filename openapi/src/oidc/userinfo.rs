//! `GET` and `POST /oauth2/userinfo`: what a client may know of its end-user (OpenID Connect Core 1.0 §5.3).

use flows::{Context, Error, Failure, answers::Userinfo, userinfo::BearerRefused};
use poem::{
    Request, Response,
    http::{StatusCode, header},
};
use poem_openapi::{
    ApiResponse, Object, OpenApi, ResponseContent, SecurityScheme,
    auth::Bearer,
    payload::{Json, PlainText},
};
use protocol::{
    Secret,
    oauth_error::ErrorCode,
    refusal::{Explained, Received, RefusedAt},
};

use crate::{
    Provider,
    bearer::bearer,
    failure,
    form::{FormOf, Unreadable, is_form},
    listener::BodyRefused,
    refused::NoBearer,
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
    async fn get(
        &self,
        request: &Request,
        _documented: AccessToken,
    ) -> poem::Result<UserinfoResponse> {
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
    ) -> poem::Result<UserinfoResponse> {
        let in_body = match form.parameters {
            Err(_) if !is_form(request) => None,
            Err(unreadable) => {
                let context = self.noted(request, &unreadable);
                return Ok(UserinfoResponse::unreadable(&context, &unreadable));
            }
            Ok(parameters) => match parameters.get("access_token") {
                Ok(token) => token.map(|token| Secret::new(token.to_owned())),
                Err(repeated) => return Ok(self.malformed(request, &repeated)),
            },
        };
        self.answer(request, in_body).await
    }
}

impl UserinfoApi {
    async fn answer(
        &self,
        request: &Request,
        in_body: Option<Secret<String>>,
    ) -> poem::Result<UserinfoResponse> {
        let token = match (bearer(request), in_body) {
            (Ok(None), None) => {
                self.noted(request, &NoBearer::Missing);
                return Err(without_credentials());
            }
            (Ok(Some(token)), None) | (Ok(None), Some(token)) => token,
            (Ok(Some(_)), Some(_)) => return Ok(self.malformed(request, &NoBearer::Twice)),
            (Err(why), _) => return Ok(self.malformed(request, &why)),
        };
        let (flows, context) = (&self.0.flows, self.0.context(request));
        Ok(match flows.userinfo(&context, token.expose()).await {
            Ok(userinfo) => UserinfoResponse::Found(userinfo.into(), NO_STORE.into()),
            Err(Error::Refused(why)) => {
                let received = Received::token(token.expose());
                flows.note_refusal(&context, (RefusedAt::Userinfo, &why), received);
                UserinfoResponse::refused(&context, why)
            }
            Err(Error::Failed(failure)) => UserinfoResponse::failed(&context, &failure),
        })
    }

    fn malformed<W: Explained + std::error::Error>(
        &self,
        request: &Request,
        why: &W,
    ) -> UserinfoResponse {
        UserinfoResponse::malformed(&self.noted(request, why), why)
    }

    /// Tells operators of a request that brings no token that could be judged.
    fn noted(&self, request: &Request, why: &dyn Explained) -> Context {
        let context = self.0.context(request);
        let at = RefusedAt::Userinfo;
        self.0.flows.note_refusal(&context, (at, why), Received::default());
        context
    }
}

/// A request without credentials is told how to send some, and no code (RFC 6750 §3.1). An error for poem, because the
/// document has one answer a status: that for a token which is not believed.
fn without_credentials() -> poem::Error {
    poem::Error::from_response(
        Response::builder()
            .status(StatusCode::UNAUTHORIZED)
            .header(header::WWW_AUTHENTICATE, CHALLENGE)
            .header(header::CACHE_CONTROL, NO_STORE)
            .finish(),
    )
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
    /// `sub`, and the claims of the scopes that were granted: as JSON, or as a token for a client that is registered to have
    /// them signed or encrypted (§5.3.2).
    #[oai(status = 200)]
    Found(
        UserinfoContent,
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
    /// An access token that is not believed any more; or none, and then the answer has neither body nor code.
    #[oai(status = 401)]
    NotBelieved(
        Json<OAuthError>,
        /// The code again, where a token was sent (RFC 6750 §3.1).
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
    /// The body is larger than 64 KiB, or than the listener reads where that is less.
    #[oai(status = 413)]
    TooLarge(
        Json<OAuthError>,
        /// Always `no-store`.
        #[oai(header = "Cache-Control")]
        String,
    ),
    /// A fault of the provider's.
    #[oai(status = 500)]
    Fault(
        Json<OAuthError>,
        /// Always `no-store`.
        #[oai(header = "Cache-Control")]
        String,
    ),
    /// The store is down.
    #[oai(status = 503)]
    Unavailable(
        Json<OAuthError>,
        /// Always `no-store`.
        #[oai(header = "Cache-Control")]
        String,
        /// When to come again, in seconds.
        #[oai(header = "Retry-After")]
        u64,
    ),
}

#[derive(ResponseContent)]
enum UserinfoContent {
    Claims(Json<serde_json::Value>),
    #[oai(content_type = "application/jwt")]
    Token(PlainText<String>),
}

impl From<Userinfo> for UserinfoContent {
    fn from(userinfo: Userinfo) -> Self {
        match userinfo {
            Userinfo::Claims(claims) => Self::Claims(Json(claims.into())),
            Userinfo::Token(token) => Self::Token(PlainText(token.expose().to_owned())),
        }
    }
}

const NO_STORE: &str = "no-store";
const CHALLENGE: &str = "Bearer realm=\"doorward\"";

impl UserinfoResponse {
    fn malformed(context: &Context, why: &dyn std::error::Error) -> Self {
        let code = ErrorCode::InvalidRequest;
        Self::Malformed(OAuthError::refused(context, code, why), challenge(code))
    }

    fn unreadable(context: &Context, unreadable: &Unreadable) -> Self {
        match unreadable {
            Unreadable::Body(BodyRefused::TooLarge) => {
                let body = OAuthError::refused(context, ErrorCode::InvalidRequest, unreadable);
                Self::TooLarge(body, NO_STORE.into())
            }
            _ => Self::malformed(context, unreadable),
        }
    }

    /// The one place where a refusal becomes a status (RFC 6750 §3.1).
    fn refused(context: &Context, refusal: BearerRefused) -> Self {
        let code = refusal.code();
        match refusal {
            BearerRefused::NotBelieved(_) | BearerRefused::Revoked => Self::NotBelieved(
                OAuthError::refused(
                    context,
                    code,
                    "the access token is expired, revoked or malformed",
                ),
                challenge(code),
            ),
            BearerRefused::InsufficientScope => {
                let body = OAuthError::refused(context, code, refusal);
                Self::InsufficientScope(body, challenge(code))
            }
        }
    }

    fn failed(context: &Context, failure: &Failure) -> Self {
        let told = failure::tell(context, failure);
        match failure {
            Failure::Unavailable { .. } => Self::Unavailable(
                OAuthError::failed(context, ErrorCode::TemporarilyUnavailable),
                NO_STORE.into(),
                told.retry_after_seconds(),
            ),
            Failure::Fault { .. } => {
                Self::Fault(OAuthError::failed(context, ErrorCode::ServerError), NO_STORE.into())
            }
        }
    }
}

fn challenge(code: ErrorCode) -> String {
    format!("{CHALLENGE}, error=\"{code}\"")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use poem::IntoResponse;

    use super::*;

    #[test]
    fn no_answer_may_be_stored_when_something_is_down() {
        let context = Context {
            realm: protocol::Realm::main(),
            issuer: "https://id.example".into(),
            address: [127, 0, 0, 1].into(),
            user_agent: None,
            request_id: "1".into(),
            tally: flows::limits::Tally::default(),
        };
        let down =
            Failure::Unavailable { retry_after: Duration::from_secs(1), cause: String::new() };
        let fault = Failure::Fault { cause: String::new() };
        let answers = [
            UserinfoResponse::failed(&context, &down),
            UserinfoResponse::failed(&context, &fault),
            UserinfoResponse::unreadable(&context, &BodyRefused::TooLarge.into()),
        ];
        let told = answers.map(|answer| {
            let response = answer.into_response();
            assert_eq!(response.header(header::CACHE_CONTROL), Some(NO_STORE));
            response.status().as_u16()
        });
        assert_eq!(told, [503, 500, 413]);
    }
}
