//! `POST /oauth2/token`: exchanges a grant for tokens (RFC 6749 §3.2).

use flows::{Error, Failure, token::Issued};
use poem::{Request, http::header};
use poem_openapi::{ApiResponse, Object, OpenApi, SecurityScheme, auth::Basic, payload::Json};
use protocol::oauth_error::{ErrorCode, TokenError};

use crate::{
    Provider, failure,
    form::{FormOf, Unreadable},
    responses::{OAuthError, Tag},
};

/// The token endpoint.
pub(crate) struct TokenApi(pub(crate) Provider);

#[OpenApi(tag = "Tag::OpenIdConnect")]
impl TokenApi {
    /// Exchange a grant for tokens
    ///
    /// RFC 6749 §3.2; OpenID Connect Core 1.0 §3.1.3 and §12.
    #[oai(path = "/oauth2/token", method = "post", operation_id = "exchange_token")]
    async fn exchange(
        &self,
        request: &Request,
        _documented: ClientSecret,
        form: FormOf<TokenForm>,
    ) -> TokenResponse {
        let context = self.0.context(request);
        // The raw header, because a malformed one is not an absent one.
        let authorization: Vec<&[u8]> = request
            .headers()
            .get_all(header::AUTHORIZATION)
            .iter()
            .map(|value| value.as_bytes())
            .collect();
        let parameters = match form.parameters {
            Ok(parameters) => parameters,
            Err(unreadable) => return TokenResponse::unreadable(&unreadable),
        };
        match self.0.flows.token(context.clone(), &authorization, parameters).await {
            Ok(issued) => TokenResponse::issued(issued),
            Err(Error::Refused(refusal)) => {
                tracing::info!(request_id = %context.request_id, reason = ?refusal, "a token request was refused");
                TokenResponse::refused(&refusal)
            }
            Err(Error::Failed(failure)) => TokenResponse::failed(&context, &failure),
        }
    }
}

/// The parameters of every grant that this provider accepts.
#[derive(Object)]
struct TokenForm {
    /// Which grant the client presents: `authorization_code` (RFC 6749 §4.1.3) or `refresh_token` (§6).
    grant_type: String,
    /// The authorization code; with `authorization_code`.
    code: Option<String>,
    /// The `redirect_uri` of the authorization request, repeated; with `authorization_code`.
    redirect_uri: Option<String>,
    /// What the `code_challenge` was made from (RFC 7636 §4.5); with `authorization_code`.
    code_verifier: Option<String>,
    /// The refresh token; with `refresh_token`. The answer has another one in its place.
    refresh_token: Option<String>,
    /// Less than what was granted, separated by spaces; with `refresh_token`.
    scope: Option<String>,
    /// The client, where it does not use the `Authorization` header (RFC 6749 §2.3.1).
    client_id: Option<String>,
    /// Its secret, where it is registered for `client_secret_post`.
    client_secret: Option<String>,
}

/// Tokens for the client (RFC 6749 §5.1).
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct Tokens {
    /// For the userinfo endpoint and resource servers (RFC 9068).
    access_token: String,
    /// Always `Bearer` (RFC 6750).
    token_type: String,
    /// Lifetime of the access token, in seconds.
    expires_in: u64,
    /// What the access token is good for, separated by spaces.
    scope: String,
    /// For new tokens, once.
    refresh_token: Option<String>,
    /// Who signed in (OpenID Connect Core 1.0 §2).
    id_token: Option<String>,
}

/// How a client may say who it is. Documentation only; `flows` reads the request.
#[derive(SecurityScheme)]
#[expect(dead_code, reason = "documents the header; `flows` reads it as it came")]
enum ClientSecret {
    Basic(ClientSecretBasic),
    #[oai(fallback)]
    InBody,
}

/// `client_secret_basic` (RFC 6749 §2.3.1).
#[derive(SecurityScheme)]
#[oai(ty = "basic", rename = "client_secret_basic")]
#[expect(dead_code, reason = "documents the header; `flows` reads it as it came")]
struct ClientSecretBasic(Basic);

#[derive(ApiResponse)]
enum TokenResponse {
    /// The grant was accepted.
    #[oai(status = 200)]
    Issued(
        Json<Tokens>,
        /// Always `no-store` (RFC 6749 §5.1).
        #[oai(header = "Cache-Control")]
        String,
    ),
    /// The request was refused (RFC 6749 §5.2).
    #[oai(status = 400)]
    Refused(
        Json<OAuthError>,
        /// Always `no-store`.
        #[oai(header = "Cache-Control")]
        String,
    ),
    /// The client did not prove who it is (RFC 6749 §5.2).
    #[oai(status = 401)]
    NotAuthenticated(
        Json<OAuthError>,
        /// Always `no-store`.
        #[oai(header = "Cache-Control")]
        String,
        /// The scheme that the client may use.
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
    /// Too much is waiting, or the store is down. Nothing that was acknowledged is lost.
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

impl TokenResponse {
    fn issued(issued: Issued) -> Self {
        let Issued { access_token, expires_in, scope, refresh_token, id_token } = issued;
        let text = |token: protocol::Token| token.expose().to_owned();
        let tokens = Tokens {
            access_token: text(access_token),
            token_type: "Bearer".into(),
            expires_in: expires_in.as_secs(),
            scope: scope.to_string(),
            refresh_token: refresh_token.map(text),
            id_token: id_token.map(text),
        };
        Self::Issued(Json(tokens), NO_STORE.into())
    }

    /// The one place where a refusal becomes a status.
    fn refused(refusal: &TokenError) -> Self {
        let body = error(refusal.code(), refusal);
        match refusal.code() {
            ErrorCode::InvalidClient => {
                Self::NotAuthenticated(body, NO_STORE.into(), "Basic realm=\"doorward\"".into())
            }
            _ => Self::Refused(body, NO_STORE.into()),
        }
    }

    fn unreadable(unreadable: &Unreadable) -> Self {
        let body = error(ErrorCode::InvalidRequest, unreadable);
        match unreadable {
            Unreadable::Body(crate::listener::BodyRefused::TooLarge) => {
                Self::TooLarge(body, NO_STORE.into())
            }
            _ => Self::Refused(body, NO_STORE.into()),
        }
    }

    fn failed(context: &flows::Context, failure: &Failure) -> Self {
        let told = failure::tell(context, failure);
        let description = format!("request {}", context.request_id);
        match failure {
            Failure::Unavailable { .. } => {
                let body = error(ErrorCode::TemporarilyUnavailable, description);
                Self::Unavailable(body, NO_STORE.into(), told.retry_after_seconds())
            }
            Failure::Fault { .. } => {
                Self::Fault(error(ErrorCode::ServerError, description), NO_STORE.into())
            }
        }
    }
}

fn error(code: ErrorCode, description: impl ToString) -> Json<OAuthError> {
    Json(OAuthError { error: code.to_string(), error_description: description.to_string() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use poem::IntoResponse;

    use super::*;
    use crate::listener::BodyRefused;

    fn context() -> flows::Context {
        flows::Context {
            realm: protocol::Realm::main(),
            issuer: "https://id.example".into(),
            address: [127, 0, 0, 1].into(),
            user_agent: None,
            request_id: "1".into(),
        }
    }

    #[test]
    fn no_answer_may_be_stored_whatever_went_wrong() {
        let down =
            Failure::Unavailable { retry_after: Duration::from_secs(1), cause: String::new() };
        let fault = Failure::Fault { cause: String::new() };
        let answers = [
            TokenResponse::failed(&context(), &down),
            TokenResponse::failed(&context(), &fault),
            TokenResponse::unreadable(&BodyRefused::TooLarge.into()),
            TokenResponse::unreadable(&Unreadable::ContentType),
        ];
        let told = answers.map(|answer| {
            let response = answer.into_response();
            assert_eq!(response.header(header::CACHE_CONTROL), Some(NO_STORE));
            response.status().as_u16()
        });
        assert_eq!(told, [503, 500, 413, 400]);
    }
}
