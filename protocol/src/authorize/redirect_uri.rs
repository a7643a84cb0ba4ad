//! Where does the answer go? To a URI that the client registered and the request names, byte for byte.

use super::NotAnswerable;
use crate::{client::Client, parameters::Parameters, redirect_uri::RedirectUri};

/// The parameter is required even where one URI is registered (OpenID Connect Core 1.0 §3.1.2.1): with a default, a
/// mistaken parameter elsewhere in the request would still be answered.
pub(super) fn check(
    parameters: &Parameters,
    client: &Client,
) -> Result<RedirectUri, NotAnswerable> {
    let presented = parameters.get("redirect_uri").map_err(NotAnswerable::Repeated)?;
    let presented = presented.ok_or(NotAnswerable::RedirectUriMissing)?;
    client.accept_redirect_uri(presented).ok_or(NotAnswerable::RedirectUriNotRegistered)
}
