//! Why an authorization request is refused, one variant a reason.

use super::AnswerTo;
use crate::{
    oauth_error::ErrorCode, parameters::Repeated, pkce::ChallengeRefused, resource::TargetRefused,
    scope::NotAScope,
};

/// Why a request is refused, and where that is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// On a page of ours: there is nowhere safe to send the browser.
    OnPage(NotAnswerable),
    /// At the client.
    AtClient {
        /// Where.
        answer_to: AnswerTo,
        /// Why.
        why: Refusal,
    },
}

/// Why a request cannot be answered at the client (RFC 6749 §4.1.2.1, first paragraph).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnswerable {
    /// `client_id` or `redirect_uri` is sent twice.
    #[error(transparent)]
    Repeated(Repeated),
    /// No `client_id`.
    #[error("client_id is missing")]
    ClientIdMissing,
    /// No such client, or it may do nothing.
    #[error("the client is unknown")]
    ClientUnknown,
    /// No `redirect_uri`.
    #[error("redirect_uri is missing")]
    RedirectUriMissing,
    /// The client did not register this URI.
    #[error("redirect_uri is not registered for the client, character by character")]
    RedirectUriNotRegistered,
}

/// Why a request is refused. The text is its `error_description`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A parameter is sent twice.
    #[error(transparent)]
    Repeated(#[from] Repeated),
    /// `request` is sent.
    #[error("the parameter request is not supported")]
    RequestNotSupported,
    /// `request_uri` is sent.
    #[error("the parameter request_uri is not supported")]
    RequestUriNotSupported,
    /// `registration` is sent.
    #[error("the parameter registration is not supported")]
    RegistrationNotSupported,
    /// No `response_type`.
    #[error("response_type is missing")]
    ResponseTypeMissing,
    /// A `response_type` that does not exist here.
    #[error("response_type must be code")]
    UnsupportedResponseType,
    /// The client is not registered for it.
    #[error("the client may not use this response_type")]
    ResponseTypeNotAllowed,
    /// A `response_mode` that does not exist here.
    #[error("response_mode must be query")]
    UnsupportedResponseMode,
    /// The client could not redeem a code.
    #[error("the client may not use the grant type authorization_code")]
    GrantTypeNotAllowed,
    /// `state` is longer than 4096 bytes, or has control characters.
    #[error("state is longer than 4096 bytes or has control characters")]
    StateMalformed,
    /// No `scope`.
    #[error("scope is missing")]
    ScopeMissing,
    /// `scope` is not a list of scopes.
    #[error("scope is malformed: {0}")]
    ScopeMalformed(NotAScope),
    /// None of the scopes, or not `openid`, may be given.
    #[error("the client may not ask for this scope")]
    ScopeNotAllowed,
    /// `resource` is refused (RFC 8707 §2.1).
    #[error(transparent)]
    Target(#[from] TargetRefused),
    /// `code_challenge` or its method is refused.
    #[error(transparent)]
    CodeChallenge(#[from] ChallengeRefused),
    /// No `code_challenge`, and the client needs one.
    #[error("code_challenge is missing: this client must use PKCE with S256")]
    CodeChallengeMissing,
    /// `nonce` is longer than 1024 bytes, or has control characters.
    #[error("nonce is longer than 1024 bytes or has control characters")]
    NonceMalformed,
    /// A value of `prompt` that is not understood.
    #[error("prompt has a value that is not supported")]
    PromptUnknown,
    /// `prompt` has `none` and something else.
    #[error("prompt=none must stand alone")]
    PromptNoneNotAlone,
    /// `max_age` is not a number of seconds.
    #[error("max_age must be a number of seconds, not negative")]
    MaxAgeMalformed,
    /// `id_token_hint` is not an ID token of ours for this client.
    #[error("id_token_hint is not an ID token that this client was given here")]
    IdTokenHintInvalid,
}

impl NotAnswerable {
    /// The code that the page shows.
    pub fn code(&self) -> ErrorCode {
        ErrorCode::InvalidRequest
    }
}

impl Refusal {
    /// The code (RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6).
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::RequestNotSupported => ErrorCode::RequestNotSupported,
            Self::RequestUriNotSupported => ErrorCode::RequestUriNotSupported,
            Self::RegistrationNotSupported => ErrorCode::RegistrationNotSupported,
            Self::UnsupportedResponseType => ErrorCode::UnsupportedResponseType,
            Self::ResponseTypeNotAllowed | Self::GrantTypeNotAllowed => {
                ErrorCode::UnauthorizedClient
            }
            Self::ScopeMissing | Self::ScopeMalformed(_) | Self::ScopeNotAllowed => {
                ErrorCode::InvalidScope
            }
            Self::Target(_) => ErrorCode::InvalidTarget,
            Self::Repeated(_)
            | Self::ResponseTypeMissing
            | Self::UnsupportedResponseMode
            | Self::StateMalformed
            | Self::CodeChallenge(_)
            | Self::CodeChallengeMissing
            | Self::NonceMalformed
            | Self::PromptUnknown
            | Self::PromptNoneNotAlone
            | Self::MaxAgeMalformed
            | Self::IdTokenHintInvalid => ErrorCode::InvalidRequest,
        }
    }
}
