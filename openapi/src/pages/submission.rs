//! What a browser submits on our pages.

use poem::{Request, RequestBody};
use protocol::{
    SignInId,
    parameters::{Parameters, Repeated, TOTAL_BYTES_MAX},
};

use crate::{
    form::{Unreadable, is_form},
    listener::bounded_payload,
};

/// The form that a page of ours posts. A repeated field is refused: no browser of ours sends one.
pub(crate) async fn submitted(
    request: &Request,
    mut body: RequestBody,
) -> Result<Parameters, NotSubmitted> {
    if !is_form(request) {
        return Err(Unreadable::ContentType.into());
    }
    let bytes =
        bounded_payload(request, &mut body, TOTAL_BYTES_MAX).await.map_err(Unreadable::from)?;
    let parameters = Parameters::parse(&bytes).map_err(Unreadable::from)?;
    parameters.refuse_repeated()?;
    Ok(parameters)
}

/// Why a form is not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSubmitted {
    /// It cannot be.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A field is sent twice.
    #[error(transparent)]
    Repeated(#[from] Repeated),
    /// It does not say to which sign-in it belongs.
    #[error("sign_in is missing or is none")]
    NoSignIn,
    /// It does not say which logout it confirms.
    #[error("logout is missing")]
    NoLogout,
}

/// The sign-in that a page or a form names.
pub(crate) fn sign_in_id(parameters: &Parameters) -> Result<SignInId, NotSubmitted> {
    parameters.get("sign_in")?.and_then(|text| text.parse().ok()).ok_or(NotSubmitted::NoSignIn)
}

/// The query of a request, as parameters.
pub(crate) fn query(request: &Request) -> Result<Parameters, NotSubmitted> {
    let query = request.uri().query().unwrap_or_default();
    Ok(Parameters::parse(query.as_bytes()).map_err(Unreadable::from)?)
}
