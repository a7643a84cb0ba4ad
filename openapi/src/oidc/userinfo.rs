//! `GET` and `POST /oauth2/userinfo`: what a client may know of its end-user (OpenID Connect Core 1.0 §5.3).

use flows::{Context, Error, Failure, userinfo::BearerRefused};
use poem::{
    Request, Response,
    http::{StatusCode, header},
};
use poem_openapi::{ApiResponse, Object, OpenApi, SecurityScheme, auth::Bearer, payload::Json};
use protocol::{Secret, oauth_error::ErrorCode};

use crate::{
    Provider, failure,
    form::{FormOf, Unreadable, is_form},
    listener::BodyRefused,
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
            Err(unreadable) => return Ok(UserinfoResponse::unreadable(&unreadable)),
            Ok(parameters) => match parameters.get("access_token") {
                Ok(token) => token.map(|token| Secret::new(token.to_owned())),
                Err(repeated) => return Ok(UserinfoResponse::malformed(&repeated)),
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
        let context = self.0.context(request);
        let token = match (bearer(request), in_body) {
            (Ok(None), None) => return Err(without_credentials()),
            (Ok(Some(token)), None) | (Ok(None), Some(token)) => token,
            (Ok(Some(_)), Some(_)) => {
                let why = "the access token must be sent in one way at a time";
                return Ok(UserinfoResponse::malformed(&why));
            }
            (Err(why), _) => return Ok(UserinfoResponse::malformed(&why)),
        };
        Ok(match self.0.flows.userinfo(&context, token.expose()).await {
            Ok(claims) => UserinfoResponse::Found(Json(claims.into()), NO_STORE.into()),
            Err(Error::Refused(refusal)) => {
                tracing::info!(request_id = %context.request_id, reason = %refusal, "an access token was refused");
                UserinfoResponse::refused(refusal)
            }
            Err(Error::Failed(failure)) => UserinfoResponse::failed(&context, &failure),
        })
    }
}

/// Credentials that are not of RFC 6750 §2.1, although they claim to be.
#[derive(Debug, thiserror::Error)]
enum MalformedBearer {
    /// Several headers: one would have to be chosen.
    #[error("there is more than one Authorization header")]
    Repeated,
    /// No token, or one of other characters than ASCII has.
    #[error("the Authorization header has no bearer token")]
    NoToken,
}

/// The token of the `Authorization` header. Credentials of another scheme are none for us (RFC 6750 §3.1).
fn bearer(request: &Request) -> Result<Option<Secret<String>>, MalformedBearer> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION).iter();
    let Some(credentials) = headers.next().map(|header| header.as_bytes()) else { return Ok(None) };
    if headers.next().is_some() {
        return Err(MalformedBearer::Repeated);
    }
    let mut halves = credentials.trim_ascii().splitn(2, |byte| *byte == b' ');
    if !halves.next().is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer")) {
        return Ok(None);
    }
    let token = halves.next().and_then(|token| std::str::from_utf8(token).ok()).map(str::trim);
    let token = token.filter(|token| !token.is_empty() && token.is_ascii());
    let token = token.ok_or(MalformedBearer::NoToken)?;
    Ok(Some(Secret::new(token.to_owned())))
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

const NO_STORE: &str = "no-store";
const CHALLENGE: &str = "Bearer realm=\"doorward\"";

impl UserinfoResponse {
    fn malformed(why: &dyn std::fmt::Display) -> Self {
        Self::Malformed(error(ErrorCode::InvalidRequest, why), challenge(ErrorCode::InvalidRequest))
    }

    fn unreadable(unreadable: &Unreadable) -> Self {
        match unreadable {
            Unreadable::Body(BodyRefused::TooLarge) => {
                Self::TooLarge(error(ErrorCode::InvalidRequest, unreadable), NO_STORE.into())
            }
            _ => Self::malformed(unreadable),
        }
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
                NO_STORE.into(),
                told.retry_after_seconds(),
            ),
            Failure::Fault { .. } => {
                Self::Fault(error(ErrorCode::ServerError, &description), NO_STORE.into())
            }
        }
    }
}

fn challenge(code: ErrorCode) -> String {
    format!("{CHALLENGE}, error=\"{code}\"")
}

fn error(code: ErrorCode, description: &dyn std::fmt::Display) -> Json<OAuthError> {
    Json(OAuthError { error: code.to_string(), error_description: description.to_string() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use poem::IntoResponse;

    use super::*;

    fn read(headers: &[&str]) -> Result<Option<String>, MalformedBearer> {
        let request = Request::builder();
        let request = headers
            .iter()
            .fold(request, |request, header| request.header(header::AUTHORIZATION, *header));
        bearer(&request.finish()).map(|token| token.map(|token| token.expose().clone()))
    }

    #[test]
    fn a_bearer_token_is_read_whatever_the_case_of_its_scheme() {
        for header in ["Bearer abc", "bearer abc", "BEARER   abc "] {
            assert_eq!(read(&[header]).unwrap().as_deref(), Some("abc"), "{header}");
        }
    }

    #[test]
    fn credentials_of_another_scheme_are_none() {
        for header in ["Basic eDp5", "DPoP abc", "Negotiate", "Bearerabc", "Bearers abc", ""] {
            assert_eq!(read(&[header]).unwrap(), None, "{header}");
        }
        assert_eq!(read(&[]).unwrap(), None);
    }

    #[test]
    fn malformed_bearer_credentials_are_not_none() {
        for headers in
            [&["Bearer"][..], &["Bearer "], &["bearer \u{e9}"], &["Bearer a", "Bearer a"]]
        {
            assert!(read(headers).is_err(), "{headers:?}");
        }
        assert!(matches!(read(&["Basic a", "Bearer a"]), Err(MalformedBearer::Repeated)));
    }

    #[test]
    fn no_answer_may_be_stored_when_something_is_down() {
        let context = Context {
            realm: protocol::Realm::main(),
            issuer: "https://id.example".into(),
            address: [127, 0, 0, 1].into(),
            user_agent: None,
            request_id: "1".into(),
        };
        let down =
            Failure::Unavailable { retry_after: Duration::from_secs(1), cause: String::new() };
        let fault = Failure::Fault { cause: String::new() };
        let answers = [
            UserinfoResponse::failed(&context, &down),
            UserinfoResponse::failed(&context, &fault),
            UserinfoResponse::unreadable(&BodyRefused::TooLarge.into()),
        ];
        let told = answers.map(|answer| {
            let response = answer.into_response();
            assert_eq!(response.header(header::CACHE_CONTROL), Some(NO_STORE));
            response.status().as_u16()
        });
        assert_eq!(told, [503, 500, 413]);
    }
}
