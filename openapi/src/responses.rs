//! What several endpoints answer with.

use poem_openapi::{Object, Tags};

/// The groups of operations in the documentation.
#[derive(Tags)]
pub(crate) enum Tag {
    /// Signing people in: OpenID Connect Core 1.0 and OAuth 2.0 (RFC 6749).
    #[oai(rename = "OpenID Connect")]
    OpenIdConnect,
    /// What this provider says of itself.
    Discovery,
}

/// An error of OAuth (RFC 6749 §5.2).
#[derive(Object)]
pub(crate) struct OAuthError {
    /// The code, for programs.
    pub(crate) error: String,
    /// The same, for developers.
    pub(crate) error_description: String,
}
