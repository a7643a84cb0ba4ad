//! Cookies of any bytes, ours among them: read, or not believed.

#![no_main]

use actors::sessions::SessionCookie;
use libfuzzer_sys::fuzz_target;
use poem::{Request, http::HeaderValue};

fuzz_target!(|input: (&str, Vec<&[u8]>)| {
    let (text, headers) = input;
    let _ = SessionCookie::parse(text);
    let request = Request::builder().uri_str("/login?sign_in=x");
    let request = headers.into_iter().take(8).fold(request, |request, header| {
        let named = [b"doorward_session=", header, b"; doorward_browser=", header].concat();
        let request = match HeaderValue::from_bytes(header) {
            Ok(value) => request.header("cookie", value),
            Err(_) => request,
        };
        match HeaderValue::from_bytes(&named) {
            Ok(value) => request.header("cookie", value),
            Err(_) => request,
        }
    });
    let status = doorward_fuzz::with(|world| world.answer(request.finish())).status();
    assert!(!status.is_server_error(), "{status}");
});
