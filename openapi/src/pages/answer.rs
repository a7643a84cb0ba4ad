//! A page on its way to the browser: the headers that every page has, and the policy that this one needs.

use std::fmt::Write;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use poem::{
    IntoResponse, Response,
    http::{HeaderValue, StatusCode, header},
};
use protocol::{Secret, crypto, redirect_uri::RedirectUri};

use super::view::{FORM_POST_SCRIPT, Template};
use crate::pages::text::Text;

/// Where the forms of a page may lead, one redirect after another. Chromium holds every address of the chain against
/// `form-action`, beyond us and the client too, and nobody here knows where a client sends its browsers on to. So a page
/// whose form ends at the client names schemes, not origins.
#[derive(Debug, Clone, Default)]
pub(crate) enum FormAction {
    /// Nowhere: the page has no form.
    #[default]
    None,
    /// To us.
    Own,
    /// To us, and from there to this address and on.
    To(RedirectUri),
    /// To this address and on, by itself: a script sends the form, these very lines and no others.
    Away(RedirectUri),
}

impl FormAction {
    fn policy(&self) -> String {
        let mut policy = String::from(
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action ",
        );
        let _ = match self {
            Self::None => write!(policy, "'none'"),
            Self::Own => write!(policy, "'self'"),
            Self::To(uri) => write!(policy, "'self' {}", schemes_from(uri)),
            Self::Away(uri) => {
                let hash = STANDARD.encode(crypto::sha256(FORM_POST_SCRIPT.as_bytes()));
                write!(policy, "{}; script-src 'sha256-{hash}'", schemes_from(uri))
            }
        };
        policy
    }
}

/// Where a browser may be sent from `uri`: on the web to any place whose transport is as good, or as on this machine; from
/// an installed application nowhere.
fn schemes_from(uri: &RedirectUri) -> String {
    match uri.as_str().split_once(':') {
        Some(("https", _)) => "https:".to_owned(),
        Some(("http", _)) => "http: https:".to_owned(),
        Some((private_use, _)) => format!("{private_use}:"),
        None => String::new(),
    }
}

/// Draws a page.
pub(crate) fn page(
    status: StatusCode,
    text: Text,
    page: &impl Template,
    form_action: &FormAction,
) -> Response {
    let Ok(html) = page.render() else {
        tracing::error!("a page could not be drawn");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = Response::builder()
        .status(status)
        .content_type("text/html; charset=utf-8")
        .header(header::CONTENT_LANGUAGE, text.language())
        .header(header::VARY, "Accept-Language")
        .body(html);
    protect(&mut response);
    set(&mut response, header::CONTENT_SECURITY_POLICY, &form_action.policy());
    response
}

/// Sends the browser on, by GET.
pub(crate) fn see_other(location: &Secret<String>) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    match HeaderValue::from_str(location.expose()) {
        Ok(mut value) => {
            value.set_sensitive(true);
            response.headers_mut().insert(header::LOCATION, value);
        }
        Err(error) => {
            tracing::error!(%error, "an address cannot be put into a header");
            response.set_status(StatusCode::INTERNAL_SERVER_ERROR);
        }
    }
    protect(&mut response);
    response
}

/// What goes with whatever a browser is shown or sent.
fn protect(response: &mut Response) {
    set(response, header::CACHE_CONTROL, "no-store");
    set(response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(response, header::X_FRAME_OPTIONS, "DENY");
    // Not `no-referrer`, with which a browser sends its forms as from nowhere (`Origin: null`).
    set(response, header::REFERRER_POLICY, "same-origin");
}

fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_ends_at_the_client_may_lead_on_from_there() {
        for (uri, sources) in [
            ("https://client.example/cb", "'self' https:"),
            ("http://localhost:3000/callback", "'self' http: https:"),
            ("http://127.0.0.1/callback", "'self' http: https:"),
            ("http://[::1]:3000/callback", "'self' http: https:"),
            ("com.example.app:/callback", "'self' com.example.app:"),
        ] {
            let policy = FormAction::To(uri.parse().unwrap()).policy();
            assert!(policy.ends_with(&format!("form-action {sources}")), "{uri}: {policy}");
        }
    }

    #[test]
    fn a_form_that_goes_to_the_client_leads_not_to_us_and_runs_its_own_lines_alone() {
        let policy = FormAction::Away("https://client.example/cb".parse().unwrap()).policy();
        let (before, script) = policy.split_once("; script-src ").unwrap();
        assert!(before.ends_with("form-action https:"), "{policy}");
        assert!(script.starts_with("'sha256-") && script.ends_with("='"), "{policy}");
        assert!(!FormAction::Own.policy().contains("script-src"));
    }

    #[test]
    fn a_form_that_ends_with_us_leads_nowhere_else() {
        assert!(FormAction::Own.policy().ends_with("form-action 'self'"));
        assert!(FormAction::None.policy().ends_with("form-action 'none'"));
    }
}
