//! The codes of errors that clients read, and why the token endpoint refuses.

use std::fmt;

use crate::{
    client_authentication::{NotAuthenticated, NotPresented},
    parameters::{NotParameters, Repeated},
    pkce::VerifierRefused,
    resource::TargetRefused,
};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// A value of the response parameter `error`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
        }

        impl ErrorCode {
            /// Every code that there is.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its text.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

codes! {
    /// A parameter is missing, repeated or malformed (RFC 6749 §4.1.2.1, §5.2; RFC 6750 §3.1).
    InvalidRequest = "invalid_request";
    /// The client did not prove who it is (RFC 6749 §5.2).
    InvalidClient = "invalid_client";
    /// The code or refresh token is not, or no longer, this client's (RFC 6749 §5.2).
    InvalidGrant = "invalid_grant";
    /// The client may not ask for this (RFC 6749 §4.1.2.1, §5.2).
    UnauthorizedClient = "unauthorized_client";
    /// There is no such grant type here (RFC 6749 §5.2).
    UnsupportedGrantType = "unsupported_grant_type";
    /// There is no such response type here (RFC 6749 §4.1.2.1).
    UnsupportedResponseType = "unsupported_response_type";
    /// The scope is malformed, unknown or more than was given (RFC 6749 §4.1.2.1, §5.2).
    InvalidScope = "invalid_scope";
    /// The end-user or the provider said no (RFC 6749 §4.1.2.1).
    AccessDenied = "access_denied";
    /// A fault of the provider's (RFC 6749 §4.1.2.1).
    ServerError = "server_error";
    /// The provider is busy (RFC 6749 §4.1.2.1).
    TemporarilyUnavailable = "temporarily_unavailable";
    /// `prompt=none`, and the end-user must do something that no other code names (OpenID Connect Core 1.0 §3.1.2.6).
    InteractionRequired = "interaction_required";
    /// The end-user cannot prove who they are as the client demands (OpenID Connect Core Error Code
    /// unmet_authentication_requirements §2).
    UnmetAuthenticationRequirements = "unmet_authentication_requirements";
    /// `prompt=none`, and the end-user must sign in (OpenID Connect Core 1.0 §3.1.2.6).
    LoginRequired = "login_required";
    /// `prompt=none`, and the end-user must choose an account (OpenID Connect Core 1.0 §3.1.2.6).
    AccountSelectionRequired = "account_selection_required";
    /// `prompt=none`, and the end-user must consent (OpenID Connect Core 1.0 §3.1.2.6).
    ConsentRequired = "consent_required";
    /// `request` is not read here (OpenID Connect Core 1.0 §3.1.2.6).
    RequestNotSupported = "request_not_supported";
    /// `request_uri` is not read here (OpenID Connect Core 1.0 §3.1.2.6).
    RequestUriNotSupported = "request_uri_not_supported";
    /// `registration` is not read here (OpenID Connect Core 1.0 §3.1.2.6).
    RegistrationNotSupported = "registration_not_supported";
    /// The resource is malformed, unknown or not for this client (RFC 8707 §2).
    InvalidTarget = "invalid_target";
    /// The access token is expired, revoked or malformed (RFC 6750 §3.1).
    InvalidToken = "invalid_token";
    /// The access token is not for this (RFC 6750 §3.1).
    InsufficientScope = "insufficient_scope";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether `text` may be an `error_description` (RFC 6749 §4.1.2.1, §5.2).
pub fn is_description(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// Why the token endpoint refuses. The text is for the client, and does not tell codes and tokens apart that it does
/// not hold; the variant is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The body cannot be read.
    #[error(transparent)]
    Unreadable(#[from] NotParameters),
    /// A parameter is sent twice.
    #[error(transparent)]
    Repeated(#[from] Repeated),
    /// How the client says who it is cannot be read.
    #[error(transparent)]
    NotPresented(#[from] NotPresented),
    /// The client did not prove who it is.
    #[error(transparent)]
    NotAuthenticated(#[from] NotAuthenticated),
    /// A parameter that this grant needs is missing.
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
    /// No grant of this type exists here.
    #[error("this grant type is not supported")]
    UnsupportedGrantType,
    /// The client is not registered for this grant type.
    #[error("the client may not use this grant type")]
    GrantTypeNotAllowed,
    /// No such code.
    #[error("{CODE}")]
    CodeUnknown,
    /// The code is too old (RFC 6749 §4.1.2).
    #[error("{CODE}")]
    CodeExpired,
    /// The code was redeemed before (RFC 6749 §4.1.2).
    #[error("{CODE}")]
    CodeReused,
    /// The code was given to another client (RFC 6749 §4.1.3).
    #[error("{CODE}")]
    CodeOfAnotherClient,
    /// Not the URI of the authorization request (RFC 6749 §4.1.3).
    #[error("redirect_uri is not the one of the authorization request")]
    RedirectUriMismatch,
    /// The verifier is missing, another, or was not asked for (RFC 7636 §4.6, RFC 9700 §4.8.2).
    #[error(transparent)]
    CodeVerifier(#[from] VerifierRefused),
    /// No such refresh token.
    #[error("{REFRESH_TOKEN}")]
    RefreshTokenUnknown,
    /// The refresh token is too old.
    #[error("{REFRESH_TOKEN}")]
    RefreshTokenExpired,
    /// The refresh token was rotated, and its grace is over (RFC 9700 §4.14.2).
    #[error("{REFRESH_TOKEN}")]
    RefreshTokenReused,
    /// The refresh token was given to another client (RFC 6749 §6).
    #[error("{REFRESH_TOKEN}")]
    RefreshTokenOfAnotherClient,
    /// What the client was given has been taken back.
    #[error("{REFRESH_TOKEN}")]
    GrantRevoked,
    /// The end-user may no longer sign in.
    #[error("{REFRESH_TOKEN}")]
    AccountDisabled,
    /// `scope` is malformed.
    #[error("scope is malformed")]
    ScopeMalformed,
    /// `scope` is more than what was given (RFC 6749 §6).
    #[error("scope asks for more than was granted")]
    ScopeExceeded,
    /// `scope` has something that the client may not do in its own name (RFC 6749 §4.4.2).
    #[error("the client may not ask for this scope")]
    ScopeNotAllowed,
    /// `resource` is refused (RFC 8707 §2.2).
    #[error(transparent)]
    Target(#[from] TargetRefused),
}

const CODE: &str = "the code is unknown, expired, already used, or of another client";
const REFRESH_TOKEN: &str =
    "the refresh token is unknown, expired, revoked, already used, or of another client";

impl TokenError {
    /// The code (RFC 6749 §5.2). Only `invalid_client` may be answered by 401.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unreadable(_) | Self::Repeated(_) | Self::Missing(_) => ErrorCode::InvalidRequest,
            Self::NotPresented(error) => error.code(),
            Self::NotAuthenticated(_) => ErrorCode::InvalidClient,
            Self::UnsupportedGrantType => ErrorCode::UnsupportedGrantType,
            Self::GrantTypeNotAllowed => ErrorCode::UnauthorizedClient,
            Self::ScopeMalformed | Self::ScopeExceeded | Self::ScopeNotAllowed => {
                ErrorCode::InvalidScope
            }
            Self::Target(_) => ErrorCode::InvalidTarget,
            Self::CodeUnknown
            | Self::CodeExpired
            | Self::CodeReused
            | Self::CodeOfAnotherClient
            | Self::RedirectUriMismatch
            | Self::CodeVerifier(_)
            | Self::RefreshTokenUnknown
            | Self::RefreshTokenExpired
            | Self::RefreshTokenReused
            | Self::RefreshTokenOfAnotherClient
            | Self::GrantRevoked
            | Self::AccountDisabled => ErrorCode::InvalidGrant,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::NotAResource;

    #[test]
    fn what_a_client_does_not_hold_it_cannot_tell_apart() {
        let codes = [
            TokenError::CodeUnknown,
            TokenError::CodeExpired,
            TokenError::CodeReused,
            TokenError::CodeOfAnotherClient,
        ];
        assert!(
            codes
                .iter()
                .all(|error| error.to_string() == CODE && error.code() == ErrorCode::InvalidGrant)
        );
        let tokens = [
            TokenError::RefreshTokenUnknown,
            TokenError::RefreshTokenExpired,
            TokenError::RefreshTokenReused,
            TokenError::RefreshTokenOfAnotherClient,
            TokenError::GrantRevoked,
            TokenError::AccountDisabled,
        ];
        assert!(
            tokens.iter().all(|error| error.to_string() == REFRESH_TOKEN
                && error.code() == ErrorCode::InvalidGrant)
        );
    }

    #[test]
    fn descriptions_have_only_the_characters_of_rfc_6749() {
        let errors = [
            TokenError::Unreadable(NotParameters::Percent),
            TokenError::NotPresented(NotPresented::SeveralClients),
            TokenError::NotAuthenticated(NotAuthenticated::WrongSecret),
            TokenError::Missing("grant_type"),
            TokenError::CodeUnknown,
            TokenError::RedirectUriMismatch,
            TokenError::CodeVerifier(VerifierRefused::Mismatch),
            TokenError::RefreshTokenUnknown,
            TokenError::ScopeExceeded,
            TokenError::ScopeNotAllowed,
            TokenError::Target(TargetRefused::NotRegistered),
            TokenError::Target(TargetRefused::Malformed(NotAResource::TooLong)),
        ];
        assert!(errors.iter().all(|error| is_description(&error.to_string())));
        assert!(["a\nb", "a\"b", "a\\b", "é"].iter().all(|text| !is_description(text)));
    }

    #[test]
    fn each_refusal_of_the_token_endpoint_has_its_code() {
        use ErrorCode as E;
        let cases = [
            (TokenError::Unreadable(NotParameters::TooMany), E::InvalidRequest),
            (TokenError::Missing("code"), E::InvalidRequest),
            (TokenError::NotPresented(NotPresented::SeveralMethods), E::InvalidRequest),
            (TokenError::NotPresented(NotPresented::Malformed), E::InvalidClient),
            (TokenError::NotAuthenticated(NotAuthenticated::UnknownClient), E::InvalidClient),
            (TokenError::UnsupportedGrantType, E::UnsupportedGrantType),
            (TokenError::GrantTypeNotAllowed, E::UnauthorizedClient),
            (TokenError::RedirectUriMismatch, E::InvalidGrant),
            (TokenError::CodeVerifier(VerifierRefused::Missing), E::InvalidGrant),
            (TokenError::ScopeMalformed, E::InvalidScope),
            (TokenError::ScopeExceeded, E::InvalidScope),
            (TokenError::ScopeNotAllowed, E::InvalidScope),
            (TokenError::Target(TargetRefused::Exceeded), E::InvalidTarget),
        ];
        for (error, code) in cases {
            assert_eq!(error.code(), code, "{error:?}");
        }
    }
}
