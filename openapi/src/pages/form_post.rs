//! An answer on its way to the client in a form (OAuth 2.0 Form Post Response Mode §2).

use poem::{Request, Response, http::StatusCode};
use protocol::authorize::FormPost;

use super::{
    answer::{FormAction, page},
    error::words,
    view::FormPostPage,
};

/// The page, which goes on by itself and is never kept.
pub(super) fn draw(request: &Request, form: FormPost) -> Response {
    let FormPost { redirect_uri, fields } = form;
    let text = words(request);
    let form_post = FormPostPage {
        text,
        destination: redirect_uri.origin_or_scheme().into(),
        action: redirect_uri.clone(),
        fields,
    };
    page(StatusCode::OK, text, &form_post, &FormAction::Away(redirect_uri))
}
