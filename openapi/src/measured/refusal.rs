//! With which code an answer refuses. It is read from the answer as the client will see it, whatever dialect it speaks,
//! so that no endpoint can refuse uncounted.

use std::io;

use http_body_util::combinators::BoxBody;
use hyper::body::{Body as _, Bytes};
use poem::{
    Body, Response,
    http::{StatusCode, header},
};
use protocol::oauth_error::ErrorCode;
use serde_json::Value;
use url::form_urlencoded;

use crate::problem::ProblemCode;

/// What stands for the code where a page told a person.
const PAGE: &str = "page";

/// The longest answer that is looked into; ours are some hundred bytes.
const BYTES_MAX: u64 = 16 * 1024;

/// The code with which `response` refuses: one of ours, never a text from a request.
pub(super) async fn code(response: &mut Response) -> Option<&'static str> {
    let status = response.status();
    if status.is_redirection() {
        return in_redirect(response);
    }
    if !status.is_client_error() {
        return None;
    }
    if let Some(code) = in_challenge(response) {
        return Some(code);
    }
    match response.content_type() {
        Some(kind) if kind.starts_with("text/html") && status != StatusCode::NOT_FOUND => {
            Some(PAGE)
        }
        Some(kind) if kind.contains("json") => in_body(response).await,
        _ => None,
    }
}

/// RFC 6749 §4.1.2.1: the last one, as what the client has registered comes before.
fn in_redirect(response: &Response) -> Option<&'static str> {
    let location = response.header(header::LOCATION)?;
    let (_, query) = location.split_once(['?', '#'])?;
    let query = query.split('#').next().unwrap_or_default();
    let errors = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "error");
    known(&errors.last()?.1)
}

/// RFC 6750 §3.
fn in_challenge(response: &Response) -> Option<&'static str> {
    let (_, rest) = response.header(header::WWW_AUTHENTICATE)?.split_once("error=\"")?;
    known(rest.split('"').next()?)
}

/// RFC 6749 §5.2, RFC 9457.
async fn in_body(response: &mut Response) -> Option<&'static str> {
    let body = BoxBody::<Bytes, io::Error>::from(response.take_body());
    let is_short = body.size_hint().exact().is_some_and(|bytes| bytes <= BYTES_MAX);
    if !is_short {
        response.set_body(Body::from(body));
        return None;
    }
    let body = Body::from(body).into_bytes().await.ok()?;
    let told: Option<Value> = serde_json::from_slice(&body).ok();
    response.set_body(Body::from_bytes(body));
    let told = told?;
    let code = told.get("error").or_else(|| told.get("code"))?;
    known(code.as_str()?)
}

fn known(text: &str) -> Option<&'static str> {
    let of_oauth = ErrorCode::ALL.iter().map(|code| code.as_str());
    let of_problems = ProblemCode::ALL.iter().map(|code| code.as_str());
    of_oauth.chain(of_problems).find(|code| *code == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn of(status: u16, headers: &[(header::HeaderName, &str)], body: &str) -> Option<String> {
        let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
        for (name, value) in headers {
            response = response.header(name.clone(), *value);
        }
        let mut response = response.body(body.to_owned());
        let code = code(&mut response).await;
        assert_eq!(response.into_body().into_string().await.unwrap(), body, "the answer stays");
        code.map(str::to_owned)
    }

    #[tokio::test]
    async fn every_dialect_is_understood() {
        let json = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
        let told = of(400, &json, r#"{"error":"invalid_grant","error_description":"a"}"#).await;
        assert_eq!(told.as_deref(), Some("invalid_grant"));
        let problem = [(header::CONTENT_TYPE, "application/problem+json")];
        let told = of(404, &problem, r#"{"code":"not_found","status":404}"#).await;
        assert_eq!(told.as_deref(), Some("not_found"));
        let challenge = [(header::WWW_AUTHENTICATE, r#"Bearer realm="a", error="invalid_token""#)];
        assert_eq!(of(401, &challenge, "").await.as_deref(), Some("invalid_token"));
        let to = "https://app.example/cb?error=old&error=access_denied&state=x";
        assert_eq!(of(303, &[(header::LOCATION, to)], "").await.as_deref(), Some("access_denied"));
        let page = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        assert_eq!(of(400, &page, "<html>").await.as_deref(), Some("page"));
    }

    #[tokio::test]
    async fn what_is_no_code_of_ours_never_becomes_a_label() {
        let json = [(header::CONTENT_TYPE, "application/json")];
        for body in [r#"{"error":"alice@example.org"}"#, r#"{"error":7}"#, "[]", "{", ""] {
            assert_eq!(of(400, &json, body).await, None, "{body}");
        }
        assert_eq!(
            of(303, &[(header::LOCATION, "https://a.example/?error=alice")], "").await,
            None
        );
        assert_eq!(of(200, &json, r#"{"error":"invalid_grant"}"#).await, None);
    }
}
