//! The page that takes an answer to the client in a form (OAuth 2.0 Form Post Response Mode).

use askama::Template;
use protocol::{Secret, redirect_uri::RedirectUri};

use super::Shown;
use crate::pages::text::Text;

/// The only lines that any page of ours runs: the form goes by itself, and is gone when somebody comes back.
pub const FORM_POST_SCRIPT: &str = include_str!("../../../templates/form_post.js").trim_ascii_end();

/// What the authorization endpoint, or the last page of a sign-in, answers with `response_mode=form_post`. Whose browser runs
/// no scripts presses a button.
#[derive(Debug, Clone, Template)]
#[template(path = "form_post.html")]
pub struct FormPostPage {
    /// The words.
    pub text: Text,
    /// Where the form goes.
    pub action: RedirectUri,
    /// The same, as people are told.
    pub destination: Shown,
    /// Its fields: as they are, and never shown.
    pub fields: Vec<(&'static str, Secret<String>)>,
}
