//! What several endpoints answer with.

use flows::Context;
use poem_openapi::{Object, Tags, payload::Json};
use protocol::oauth_error::ErrorCode;

/// The groups of operations in the documentation.
#[derive(Tags)]
pub(crate) enum Tag {
    /// Signing people in: OpenID Connect Core 1.0 and OAuth 2.0 (RFC 6749).
    #[oai(rename = "OpenID Connect")]
    OpenIdConnect,
    /// What this provider says of itself.
    Discovery,
    /// The applications that are registered.
    Clients,
    /// Who administers.
    Operators,
    /// How the installation behaves, for the server and for a client.
    Settings,
    /// The end-users.
    Accounts,
    /// Who is signed in on which browser.
    Sessions,
    /// What is locked, or has failed lately.
    Lockouts,
    /// The keys that sign.
    Keys,
    /// What happened.
    Audit,
    /// What was taken back.
    Revocations,
    /// Why requests were refused.
    Refusals,
}

/// An error of OAuth (RFC 6749 §5.2).
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct OAuthError {
    /// The code, for programs.
    pub(crate) error: String,
    /// The same, for developers.
    pub(crate) error_description: String,
    /// Names the refusal: by it an operator finds out what was received and what was expected. Absent of a 5xx.
    pub(crate) refusal_id: Option<String>,
}

impl OAuthError {
    /// Of a request that was refused.
    pub(crate) fn refused(context: &Context, code: ErrorCode, why: impl ToString) -> Json<Self> {
        let refusal_id = Some(context.request_id.clone());
        Json(Self { error: code.to_string(), error_description: why.to_string(), refusal_id })
    }

    /// Of one that could not be judged.
    pub(crate) fn failed(context: &Context, code: ErrorCode) -> Json<Self> {
        let error_description = format!("request {}", context.request_id);
        Json(Self { error: code.to_string(), error_description, refusal_id: None })
    }
}
