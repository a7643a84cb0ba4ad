//! `GET /oauth2/check_session`: the page that a client's page has in a frame, to learn when somebody signs out
//! (OpenID Connect Session Management 1.0 §3.3).

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use poem::{
    IntoResponse, Response,
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiResponse, OpenApi,
    payload::{Html, Payload},
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
};
use protocol::crypto::sha256;

use crate::{Provider, responses::Tag};

/// What it runs; it stands in the page, as the only lines that its policy lets run.
const SCRIPT: &str = include_str!("../../assets/check_session.js");

/// The page, the same for everybody.
static PAGE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Session</title><script>{SCRIPT}</script></html>\n"
    )
});

/// It runs these lines, loads nothing, and alone of all pages may be in anybody's frame.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(sha256(SCRIPT.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors *"
    )
});

/// The page of session management.
pub(crate) struct CheckSessionApi(pub(crate) Provider);

#[OpenApi(tag = "Tag::OpenIdConnect")]
impl CheckSessionApi {
    /// Learn when the end-user signs out
    ///
    /// OpenID Connect Session Management 1.0 §3.3. For a frame in a page of a client's, which posts `client_id session_state`
    /// to it and is answered `unchanged`, `changed` or `error`. Only where the issuer is https: elsewhere no browser keeps the
    /// cookie that it reads.
    #[oai(path = "/oauth2/check_session", method = "get", operation_id = "check_session")]
    async fn get(&self) -> CheckSession {
        CheckSession { is_there: self.0.is_https() }
    }
}

/// The page, or that there is none.
struct CheckSession {
    is_there: bool,
}

impl IntoResponse for CheckSession {
    fn into_response(self) -> Response {
        if !self.is_there {
            return StatusCode::NOT_FOUND.into_response();
        }
        let mut response = Response::builder()
            .content_type("text/html; charset=utf-8")
            .header(header::CACHE_CONTROL, "public, max-age=3600")
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .header(header::REFERRER_POLICY, "no-referrer")
            .body(PAGE.as_str());
        if let Ok(policy) = HeaderValue::from_str(&POLICY) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

impl ApiResponse for CheckSession {
    fn meta() -> MetaResponses {
        let page = MetaMediaType {
            content_type: <Html<String> as Payload>::CONTENT_TYPE,
            schema: <Html<String> as Payload>::schema_ref(),
        };
        let response = |description, status, content| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content,
            headers: Vec::new(),
        };
        MetaResponses {
            responses: vec![
                response("The page.", 200, vec![page]),
                response("The issuer is not https.", 404, Vec::new()),
            ],
        }
    }

    fn register(_: &mut Registry) {}
}
