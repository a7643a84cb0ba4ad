//! Whether a request brings anything by which it could prove whose it is. Who has used up what strangers may ask is not
//! even looked up without.

use poem::{Request, http::header};
use protocol::{limits::Route, parameters::Parameters};

use super::BODY_BYTES_MAX;
use crate::{form::is_form, listener::bounded_body};

/// The parameters that prove something: secrets and assertions of clients, and tokens.
const PROVING: [&str; 3] = ["client_secret", "client_assertion", "access_token"];

/// Whether there may be any, as far as the head tells.
pub(super) fn may_come(request: &Request, route: Route) -> bool {
    are_in_head(request) || (route != Route::Admin && is_form(request))
}

/// Whether there are any. The body is here, and is there afterwards too.
pub(super) async fn came(request: &mut Request) -> bool {
    if are_in_head(request) {
        return true;
    }
    let Ok(bytes) = bounded_body(request, BODY_BYTES_MAX).await else { return false };
    let parameters = Parameters::parse(&bytes);
    request.set_body(bytes);
    parameters.is_ok_and(|parameters| PROVING.iter().any(|name| parameters.is_sent(name)))
}

fn are_in_head(request: &Request) -> bool {
    request.headers().contains_key(header::AUTHORIZATION)
}
