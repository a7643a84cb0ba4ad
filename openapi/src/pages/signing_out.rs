//! The page of frames by which a browser tells applications that a session is over, and its way on
//! (OpenID Connect Front-Channel Logout 1.0 §2).

use std::collections::BTreeSet;

use flows::LogoutFrame;
use poem::{
    Request, Response,
    http::{HeaderValue, StatusCode, header},
};
use protocol::{Secret, end_session::Destination, paths};

use super::{
    answer::{FormAction, page},
    error::words,
    view::{Link, SigningOutPage},
};

/// How many seconds after all has loaded a browser without scripts goes on: it counts only from then.
const REFRESH_SECONDS: u32 = 2;

/// Shows the frames, and goes on to `destination` when all have loaded; where there are scripts, after five seconds at the
/// latest, and where there are none and an application does not answer, by the link.
pub(super) fn signing_out(
    request: &Request,
    frames: &[LogoutFrame],
    destination: Option<&Destination>,
) -> Response {
    let text = words(request);
    let location = destination
        .map_or_else(|| Secret::new(paths::LOGGED_OUT.to_owned()), Destination::location);
    let onward = destination.map_or_else(|| Link::parse(paths::LOGGED_OUT), |to| Some(to.into()));
    let Some(onward) = onward else { return StatusCode::INTERNAL_SERVER_ERROR.into() };
    let addresses = frames.iter().filter_map(|frame| Link::parse(&frame.address)).collect();
    let shown = SigningOutPage { text, frames: addresses, onward };
    let mut response = page(StatusCode::OK, text, &shown, &FormAction::None);
    if response.status() != StatusCode::OK {
        return response;
    }
    set(&mut response, header::CONTENT_SECURITY_POLICY, &policy(frames));
    let refresh = format!("{REFRESH_SECONDS}; url={}", location.expose());
    set(&mut response, header::REFRESH, &refresh);
    response
}

/// Nothing runs but our own file, and nothing is framed but the origins of these applications.
fn policy(frames: &[LogoutFrame]) -> String {
    let sources: BTreeSet<&str> = frames.iter().map(|frame| frame.source.as_str()).collect();
    let sources = sources.into_iter().collect::<Vec<_>>().join(" ");
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; frame-src {sources}; \
         base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
    )
}

fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(mut value) => {
            value.set_sensitive(true);
            response.headers_mut().insert(name, value);
        }
        Err(error) => {
            tracing::error!(%error, %name, "a header of the page after a logout cannot be sent");
            response.set_status(StatusCode::INTERNAL_SERVER_ERROR);
        }
    }
}
