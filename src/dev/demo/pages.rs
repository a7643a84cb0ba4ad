//! What a visitor of the demonstration sees, and the cookie by which they are known again.

use std::time::Duration;

use openapi::pages::{
    text::Text,
    view::{DemoErrorPage, DemoResultPage, DemoStartPage, Link, Shown, Template},
};
use poem::{
    IntoResponse, Request, Response,
    http::{HeaderName, HeaderValue, StatusCode, header},
};
use protocol::{Timestamp, Token};
use serde_json::Value;

use super::{
    PATH, claims,
    party::{SignedIn, Trouble},
};

const COOKIE: &str = "doorward_demo";

/// The longest `Cookie` header that is read, in bytes.
const COOKIE_BYTES_MAX: usize = 8_192;

/// Nothing but what the pages need; their forms lead to the provider, which has the same origin.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; \
                      form-action 'self'";

pub(super) fn start(request: &Request, is_signed_out: bool) -> Response {
    let text = words(request);
    page(StatusCode::OK, text, &DemoStartPage { text, is_signed_out })
}

pub(super) fn result(
    request: &Request,
    issuer: &str,
    signed_in: &SignedIn,
    now: Timestamp,
) -> Response {
    let text = words(request);
    let name = ["name", "preferred_username", "sub"]
        .into_iter()
        .find_map(|claim| signed_in.userinfo.get(claim));
    let page_of_result = DemoResultPage {
        text,
        name: name.and_then(Value::as_str).unwrap_or_default().into(),
        issuer: issuer.into(),
        id_token: claims::told(&signed_in.id_token_claims),
        userinfo: claims::told_of_subject(&signed_in.userinfo),
        scopes: signed_in.scope.split(' ').map(Shown::from).collect(),
        access_token_remaining: remaining(signed_in, now),
        has_refresh_token: signed_in.refresh_token.is_some(),
        refresh_count: signed_in.refresh_count,
    };
    page(StatusCode::OK, text, &page_of_result)
}

pub(super) fn error(request: &Request, trouble: &Trouble) -> Response {
    let text = words(request);
    let Some(retry) = Link::parse(PATH) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let refused = DemoErrorPage {
        text,
        error: trouble.error.as_str().into(),
        description: trouble.description.as_str().into(),
        refused_by: trouble.refused_by,
        retry,
    };
    page(StatusCode::BAD_REQUEST, text, &refused)
}

pub(super) fn see_other(location: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    match HeaderValue::from_str(location) {
        Ok(location) => drop(response.headers_mut().insert(header::LOCATION, location)),
        Err(_) => response.set_status(StatusCode::INTERNAL_SERVER_ERROR),
    }
    protect(&mut response);
    response
}

fn remaining(signed_in: &SignedIn, now: Timestamp) -> Duration {
    signed_in.expires_at.since(now)
}

fn words(request: &Request) -> Text {
    Text::negotiate(None, request.header(header::ACCEPT_LANGUAGE))
}

fn page(status: StatusCode, text: Text, page: &impl Template) -> Response {
    let Ok(html) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut response = Response::builder()
        .status(status)
        .content_type("text/html; charset=utf-8")
        .header(header::CONTENT_LANGUAGE, text.language())
        .header(header::VARY, "Accept-Language")
        .body(html);
    set(&mut response, header::CONTENT_SECURITY_POLICY, POLICY);
    protect(&mut response);
    response
}

fn protect(response: &mut Response) {
    set(response, header::CACHE_CONTROL, "no-store");
    set(response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(response, header::X_FRAME_OPTIONS, "DENY");
    set(response, header::REFERRER_POLICY, "same-origin");
}

fn set(response: &mut Response, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}

/// What the visitor is known by. One that is sent twice is not believed.
pub(super) fn cookie(request: &Request) -> Option<Token> {
    let header =
        request.header(header::COOKIE).filter(|header| header.len() <= COOKIE_BYTES_MAX)?;
    let named = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        (name.trim() == COOKIE).then(|| Token::presented(value.trim()))
    };
    let mut found = header.split(';').filter_map(named);
    let first = found.next();
    if found.next().is_some() { None } else { first }
}

/// Gives the visitor a new cookie, for as long as the window is open.
pub(super) fn give(response: &mut Response, token: &Token, is_https: bool) {
    put(response, format!("{COOKIE}={}", token.expose()), is_https);
}

/// Takes the cookie back.
pub(super) fn forget(response: &mut Response, is_https: bool) {
    put(response, format!("{COOKIE}=; Max-Age=0"), is_https);
}

fn put(response: &mut Response, cookie: String, is_https: bool) {
    let secure = if is_https { "; Secure" } else { "" };
    if let Ok(mut value) =
        HeaderValue::from_str(&format!("{cookie}; Path={PATH}; HttpOnly; SameSite=Lax{secure}"))
    {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
