//! What the endpoints that clients call themselves have in common: how a client says who it is, and how a refusal or a
//! failure is told in the dialect of RFC 6749 §5.2.

use flows::{Context, Failure};
use poem::{IntoResponse, Request, Response, http::header};
use poem_openapi::{
    ApiResponse, SecurityScheme,
    auth::Basic,
    payload::Json,
    registry::{MetaResponses, Registry},
};
use protocol::{
    oauth_error::ErrorCode,
    refusal::{Explained, Received, RefusedAt},
};

use crate::{Provider, failure, form::Unreadable, listener::BodyRefused, responses::OAuthError};

pub(super) const NO_STORE: &str = "no-store";

/// Every `Authorization` header as it came, because a malformed one is not an absent one.
pub(super) fn authorization(request: &Request) -> Vec<&[u8]> {
    let headers = request.headers().get_all(header::AUTHORIZATION).iter();
    headers.map(|value| value.as_bytes()).collect()
}

/// How a client may say who it is. Documentation only; `flows` reads the request.
#[derive(SecurityScheme)]
#[expect(dead_code, reason = "documents the header; `flows` reads it as it came")]
pub(super) enum ClientSecret {
    Basic(ClientSecretBasic),
    #[oai(fallback)]
    InBody,
}

/// `client_secret_basic` (RFC 6749 §2.3.1).
#[derive(SecurityScheme)]
#[oai(ty = "basic", rename = "client_secret_basic")]
#[expect(dead_code, reason = "documents the header; `flows` reads it as it came")]
pub(super) struct ClientSecretBasic(Basic);

/// What such an endpoint answers. A refusal is an answer like any other and, unlike that of a bare `Result`, no error on
/// its way through the listener.
pub(super) struct Answered<T>(pub(super) Result<T, ClientRefused>);

impl<T: IntoResponse> IntoResponse for Answered<T> {
    fn into_response(self) -> Response {
        self.0.map_or_else(IntoResponse::into_response, IntoResponse::into_response)
    }
}

impl<T: ApiResponse> ApiResponse for Answered<T> {
    fn meta() -> MetaResponses {
        <Result<T, ClientRefused> as ApiResponse>::meta()
    }

    fn register(registry: &mut Registry) {
        <Result<T, ClientRefused> as ApiResponse>::register(registry);
    }
}

/// A request of a client that did not get what it asked for.
#[derive(ApiResponse)]
pub(super) enum ClientRefused {
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

impl ClientRefused {
    /// Refuses, and tells operators why.
    pub(super) fn refused<W: Explained + std::error::Error>(
        provider: &Provider,
        (context, endpoint): (&Context, RefusedAt),
        why: &W,
        received: Received,
    ) -> Self {
        provider.flows.note_refusal(context, (endpoint, why), received);
        Self::told(context, why)
    }

    /// What came was no form; tells operators so.
    pub(super) fn unreadable(
        provider: &Provider,
        (context, endpoint): (&Context, RefusedAt),
        unreadable: &Unreadable,
    ) -> Self {
        provider.flows.note_refusal(context, (endpoint, unreadable), Received::default());
        Self::told_unreadable(context, unreadable)
    }

    /// The one place where a refusal becomes a status.
    fn told<W: Explained + std::error::Error>(context: &Context, why: &W) -> Self {
        let body = OAuthError::refused(context, why.error(), why);
        match why.error() {
            ErrorCode::InvalidClient => {
                Self::NotAuthenticated(body, NO_STORE.into(), "Basic realm=\"doorward\"".into())
            }
            _ => Self::Refused(body, NO_STORE.into()),
        }
    }

    fn told_unreadable(context: &Context, unreadable: &Unreadable) -> Self {
        let body = OAuthError::refused(context, ErrorCode::InvalidRequest, unreadable);
        match unreadable {
            Unreadable::Body(BodyRefused::TooLarge) => Self::TooLarge(body, NO_STORE.into()),
            _ => Self::Refused(body, NO_STORE.into()),
        }
    }

    /// It could not be judged.
    pub(super) fn failed(context: &Context, failure: &Failure) -> Self {
        let told = failure::tell(context, failure);
        match failure {
            Failure::Unavailable { .. } => {
                let body = OAuthError::failed(context, ErrorCode::TemporarilyUnavailable);
                Self::Unavailable(body, NO_STORE.into(), told.retry_after_seconds())
            }
            Failure::Fault { .. } => {
                Self::Fault(OAuthError::failed(context, ErrorCode::ServerError), NO_STORE.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use protocol::client_authentication::NotAuthenticated;

    use super::*;

    fn context() -> Context {
        Context {
            realm: protocol::Realm::main(),
            issuer: "https://id.example".into(),
            address: [127, 0, 0, 1].into(),
            user_agent: None,
            request_id: "1".into(),
            tally: flows::limits::Tally::default(),
        }
    }

    #[test]
    fn no_answer_may_be_stored_whatever_went_wrong() {
        let down =
            Failure::Unavailable { retry_after: Duration::from_secs(1), cause: String::new() };
        let fault = Failure::Fault { cause: String::new() };
        let answers = [
            ClientRefused::failed(&context(), &down),
            ClientRefused::failed(&context(), &fault),
            ClientRefused::told_unreadable(&context(), &BodyRefused::TooLarge.into()),
            ClientRefused::told_unreadable(&context(), &Unreadable::ContentType),
            ClientRefused::told(&context(), &NotAuthenticated::WrongSecret),
        ];
        let told = answers.map(|answer| {
            let response = answer.into_response();
            assert_eq!(response.header(header::CACHE_CONTROL), Some(NO_STORE));
            response.status().as_u16()
        });
        assert_eq!(told, [503, 500, 413, 400, 401]);
    }
}
