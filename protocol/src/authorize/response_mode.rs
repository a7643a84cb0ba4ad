//! How does the answer travel? (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post Response Mode
//! §2)

use serde::{Deserialize, Serialize};

use super::{Asked, Refusal, Requested, response_type};
use crate::{parameters::Parameters, redirect_uri::RedirectUri};

/// How an answer travels to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect URI: never what has a token in it.
    Query,
    /// In its fragment.
    Fragment,
    /// In a form that the browser posts to it.
    FormPost,
}

impl ResponseMode {
    /// Every mode in which answers travel.
    pub const ALL: [Self; 3] = [Self::Query, Self::Fragment, Self::FormPost];

    /// Its text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }
}

pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    requested.response_mode = chosen(asked.parameters, &requested.redirect_uri)?;
    Ok(())
}

/// The mode of the answer to a request that is not yet judged, for its refusal: what the request asks for, where that is
/// possible, also where it has no `response_type`.
pub(super) fn before_checks(parameters: &Parameters, redirect_uri: &RedirectUri) -> ResponseMode {
    chosen(parameters, redirect_uri).unwrap_or_else(|_| by_type(parameters))
}

fn chosen(parameters: &Parameters, uri: &RedirectUri) -> Result<ResponseMode, Refusal> {
    let standard = by_type(parameters);
    let Some(text) = parameters.get("response_mode")? else { return Ok(standard) };
    let known = ResponseMode::ALL.into_iter().find(|mode| mode.as_str() == text);
    match known.ok_or(Refusal::UnsupportedResponseMode)? {
        // What servers log and browsers hand on in `Referer` must not have a token in it (OAuth 2.0 Multiple Response Type
        // Encoding Practices §5).
        ResponseMode::Query if standard == ResponseMode::Fragment => Err(Refusal::TokensInQuery),
        // Nobody posts a form to an application of the device.
        ResponseMode::FormPost if uri.origin().is_none() => Err(Refusal::FormPostToApplication),
        mode => Ok(mode),
    }
}

/// The mode where none is asked for.
fn by_type(parameters: &Parameters) -> ResponseMode {
    if response_type::is_answered_in_fragment(parameters) {
        ResponseMode::Fragment
    } else {
        ResponseMode::Query
    }
}
