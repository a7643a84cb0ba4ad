//! Whole requests to every address: whatever comes, nothing is answered by a 5xx.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use poem::{
    Request,
    http::{HeaderName, HeaderValue, Method, Uri},
};

const PATHS: [&str; 20] = [
    "/oauth2/authorize",
    "/oauth2/token",
    "/oauth2/introspect",
    "/oauth2/revoke",
    "/oauth2/userinfo",
    "/oauth2/logout",
    "/oauth2/jwks",
    "/.well-known/openid-configuration",
    "/login",
    "/consent",
    "/logout",
    "/logged-out",
    "/admin/v1/clients",
    "/admin/v1/clients/",
    "/admin/v1/accounts",
    "/admin/v1/audit",
    "/admin/v1/revocations",
    "/docs",
    "/openapi.json",
    "/",
];

const HEADERS: [&str; 10] = [
    "authorization",
    "content-type",
    "cookie",
    "origin",
    "accept-language",
    "if-match",
    "idempotency-key",
    "x-forwarded-for",
    "forwarded",
    "access-control-request-method",
];

#[derive(Debug, Arbitrary)]
struct Sent<'a> {
    method: u8,
    path: u8,
    rest: &'a str,
    query: &'a str,
    headers: Vec<(u8, &'a [u8])>,
    is_form: bool,
    body: &'a [u8],
}

fuzz_target!(|sent: Sent<'_>| {
    let methods = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS];
    let method = methods[usize::from(sent.method) % methods.len()].clone();
    let path = PATHS[usize::from(sent.path) % PATHS.len()];
    let rest = sent.rest.trim_matches(|character: char| !character.is_ascii_graphic());
    let Ok(uri) = format!("{path}{rest}?{}", sent.query).parse::<Uri>() else { return };
    let mut request = Request::builder().method(method).uri(uri);
    if sent.is_form {
        request = request.content_type("application/x-www-form-urlencoded");
    }
    for (name, value) in sent.headers.iter().take(8) {
        let name = HEADERS[usize::from(*name) % HEADERS.len()];
        if let Ok(value) = HeaderValue::from_bytes(value) {
            request = request.header(HeaderName::from_static(name), value);
        }
    }
    let request = request.body(sent.body.to_vec());
    let status = doorward_fuzz::with(|world| world.answer(request)).status();
    assert!(!status.is_server_error(), "{status}");
});
