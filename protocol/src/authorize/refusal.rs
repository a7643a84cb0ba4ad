//! Why an authorization request is refused, one variant a reason.

use super::AnswerTo;
use crate::{
    claims::NotClaims, oauth_error::ErrorCode, parameters::Repeated, pkce::ChallengeRefused,
    resource::TargetRefused, scope::NotAScope,
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
    #[error("there is no such response_type here")]
    UnsupportedResponseType,
    /// The client is not registered for it.
    #[error("the client may not use this response_type")]
    ResponseTypeNotAllowed,
    /// A `response_mode` that does not exist here.
    #[error("response_mode must be query, fragment or form_post")]
    UnsupportedResponseMode,
    /// `response_mode` would put tokens into a query.
    #[error("response_mode must not be query for a response_type with id_token or token")]
    TokensInQuery,
    /// `response_mode=form_post`, and the redirect URI is that of an application on a device.
    #[error("response_mode=form_post needs a redirect_uri of http or https")]
    FormPostToApplication,
    /// The client could not redeem a code.
    #[error("the client may not use the grant type authorization_code")]
    GrantTypeNotAllowed,
    /// The client may not have tokens through the browser.
    #[error("the client may not use the grant type implicit")]
    ImplicitNotAllowed,
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
    /// An ID token is asked for, and `openid` is not.
    #[error("scope must have openid for a response_type with id_token")]
    OpenidMissing,
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
    /// No `nonce`, and an ID token would come through the browser.
    #[error("nonce is missing: a response_type with id_token needs one")]
    NonceMissing,
    /// A value of `prompt` that is not understood.
    #[error("prompt has a value that is not supported")]
    PromptUnknown,
    /// `prompt` has `none` and something else.
    #[error("prompt=none must stand alone")]
    PromptNoneNotAlone,
    /// `max_age` is not a number of seconds.
    #[error("max_age must be a number of seconds, not negative")]
    MaxAgeMalformed,
    /// `claims` is malformed.
    #[error(transparent)]
    Claims(#[from] NotClaims),
    /// `claims` asks for a proof of the end-user that nobody can give here.
    #[error("no end-user can prove who they are as the essential claim acr asks for")]
    AcrUnmet,
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
            // What a client was not registered for does not exist for it.
            Self::UnsupportedResponseType | Self::ResponseTypeNotAllowed => {
                ErrorCode::UnsupportedResponseType
            }
            Self::GrantTypeNotAllowed | Self::ImplicitNotAllowed => ErrorCode::UnauthorizedClient,
            Self::ScopeMissing
            | Self::ScopeMalformed(_)
            | Self::ScopeNotAllowed
            | Self::OpenidMissing => ErrorCode::InvalidScope,
            Self::Target(_) => ErrorCode::InvalidTarget,
            Self::Repeated(_)
            | Self::ResponseTypeMissing
            | Self::UnsupportedResponseMode
            | Self::TokensInQuery
            | Self::FormPostToApplication
            | Self::StateMalformed
            | Self::CodeChallenge(_)
            | Self::CodeChallengeMissing
            | Self::NonceMalformed
            | Self::NonceMissing
            | Self::PromptUnknown
            | Self::PromptNoneNotAlone
            | Self::MaxAgeMalformed
            | Self::Claims(_)
            | Self::IdTokenHintInvalid => ErrorCode::InvalidRequest,
            Self::AcrUnmet => ErrorCode::UnmetAuthenticationRequirements,
        }
    }
}
