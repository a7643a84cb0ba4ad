//! Why each typed error refuses: a variant a line.

use super::{Explained, Fact, Reason};
use crate::{
    authorize::{self, NotAnswerable},
    client_assertion::AssertionRefused,
    client_authentication::{NotAuthenticated, NotPresented},
    end_session,
    introspection::IntrospectionError,
    jose,
    oauth_error::{ErrorCode, TokenError},
    parameters::{NotParameters, Repeated},
    pkce::{ChallengeRefused, VerifierRefused},
    resource::TargetRefused,
    revocation::RevocationError,
    sign_in,
};

/// What repeats, where its name is a plain word.
fn repeated(repeated: &Repeated) -> Vec<Fact> {
    let name = repeated.name();
    let is_word =
        name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_word { vec![Fact::text("parameter", name)] } else { Vec::new() }
}

impl Explained for NotAnswerable {
    fn reason(&self) -> Reason {
        match self {
            Self::Repeated(_) => Reason::ParameterRepeated,
            Self::ClientIdMissing => Reason::ClientIdMissing,
            Self::ClientUnknown => Reason::ClientUnknown,
            Self::RedirectUriMissing => Reason::RedirectUriMissing,
            Self::RedirectUriNotRegistered => Reason::RedirectUriNotRegistered,
        }
    }

    fn error(&self) -> ErrorCode {
        self.code()
    }

    fn facts(&self) -> Vec<Fact> {
        if let Self::Repeated(what) = self { repeated(what) } else { Vec::new() }
    }
}

impl Explained for authorize::Refusal {
    fn reason(&self) -> Reason {
        match self {
            Self::Repeated(_) => Reason::ParameterRepeated,
            Self::RequestNotSupported => Reason::RequestNotSupported,
            Self::RequestUriNotSupported => Reason::RequestUriNotSupported,
            Self::RegistrationNotSupported => Reason::RegistrationNotSupported,
            Self::ResponseTypeMissing => Reason::ResponseTypeMissing,
            Self::UnsupportedResponseType => Reason::ResponseTypeUnsupported,
            Self::ResponseTypeNotAllowed => Reason::ResponseTypeNotAllowed,
            Self::UnsupportedResponseMode => Reason::ResponseModeUnsupported,
            Self::TokensInQuery | Self::FormPostToApplication => Reason::ResponseModeImpossible,
            Self::GrantTypeNotAllowed | Self::ImplicitNotAllowed => Reason::GrantTypeNotAllowed,
            Self::StateMalformed => Reason::StateMalformed,
            Self::ScopeMissing => Reason::ScopeMissing,
            Self::ScopeMalformed(_) => Reason::ScopeMalformed,
            Self::ScopeNotAllowed => Reason::ScopeNotAllowed,
            Self::OpenidMissing => Reason::OpenidMissing,
            Self::Target(error) => of_target(error),
            Self::CodeChallenge(ChallengeRefused::Malformed) => Reason::CodeChallengeMalformed,
            Self::CodeChallenge(ChallengeRefused::Method) => Reason::CodeChallengeMethodUnsupported,
            Self::CodeChallenge(ChallengeRefused::Alone) => Reason::CodeChallengeMethodAlone,
            Self::CodeChallengeMissing => Reason::CodeChallengeMissing,
            Self::NonceMalformed => Reason::NonceMalformed,
            Self::NonceMissing => Reason::NonceMissing,
            Self::PromptUnknown => Reason::PromptUnknown,
            Self::PromptNoneNotAlone => Reason::PromptNoneNotAlone,
            Self::MaxAgeMalformed => Reason::MaxAgeMalformed,
            Self::IdTokenHintInvalid => Reason::IdTokenHintInvalid,
            Self::Claims(_) => Reason::ClaimsMalformed,
            Self::AcrUnmet => Reason::AcrUnmet,
        }
    }

    fn error(&self) -> ErrorCode {
        self.code()
    }

    fn facts(&self) -> Vec<Fact> {
        match self {
            Self::Repeated(what) => repeated(what),
            Self::Claims(why) => vec![Fact::text("because", why)],
            _ => Vec::new(),
        }
    }
}

impl Explained for sign_in::Refusal {
    fn reason(&self) -> Reason {
        match self {
            Self::LoginRequired => Reason::LoginRequired,
            Self::ConsentRequired => Reason::ConsentRequired,
            Self::AnotherEndUser => Reason::AnotherEndUser,
            Self::AccessDenied => Reason::AccessDenied,
            Self::NothingToGive => Reason::NothingToGive,
        }
    }

    fn error(&self) -> ErrorCode {
        self.code()
    }
}

impl Explained for end_session::Refusal {
    fn reason(&self) -> Reason {
        match self {
            Self::Repeated(_) => Reason::ParameterRepeated,
            Self::HintInvalid => Reason::IdTokenHintInvalid,
            Self::AnotherClient => Reason::IdTokenHintOfAnotherClient,
            Self::ClientMissing => Reason::LogoutClientMissing,
            Self::ClientUnknown => Reason::ClientUnknown,
            Self::RedirectUriNotRegistered => Reason::PostLogoutRedirectUriNotRegistered,
            Self::StateMalformed => Reason::StateMalformed,
        }
    }

    fn error(&self) -> ErrorCode {
        ErrorCode::InvalidRequest
    }

    fn facts(&self) -> Vec<Fact> {
        if let Self::Repeated(what) = self { repeated(what) } else { Vec::new() }
    }
}

impl Explained for NotPresented {
    fn reason(&self) -> Reason {
        match self {
            Self::Missing => Reason::ClientNotNamed,
            Self::SeveralMethods => Reason::ClientAuthenticationAmbiguous,
            Self::SeveralClients => Reason::ClientIdContradicted,
            Self::SeveralHeaders => Reason::AuthorizationHeaderRepeated,
            Self::Malformed => Reason::AuthorizationHeaderMalformed,
            Self::UnsupportedMethod | Self::AssertionType => {
                Reason::ClientAuthenticationUnsupported
            }
            Self::AssertionMissing => Reason::AssertionMalformed,
            Self::Repeated(_) => Reason::ParameterRepeated,
        }
    }

    fn error(&self) -> ErrorCode {
        self.code()
    }

    fn facts(&self) -> Vec<Fact> {
        if let Self::Repeated(what) = self { repeated(what) } else { Vec::new() }
    }
}

impl Explained for NotAuthenticated {
    fn reason(&self) -> Reason {
        match self {
            Self::UnknownClient => Reason::ClientUnknown,
            Self::Disabled => Reason::ClientDisabled,
            Self::OtherMethod => Reason::ClientAuthenticationMethodNotRegistered,
            Self::WrongSecret => Reason::ClientSecretWrong,
            Self::Assertion(error) => error.reason(),
        }
    }

    fn error(&self) -> ErrorCode {
        ErrorCode::InvalidClient
    }

    fn facts(&self) -> Vec<Fact> {
        if let Self::Assertion(error) = self { error.facts() } else { Vec::new() }
    }
}

impl Explained for AssertionRefused {
    fn reason(&self) -> Reason {
        match self {
            Self::Token(jose::Refused::Signature | jose::Refused::UnknownKey) => {
                Reason::AssertionNotSigned
            }
            Self::KeysNotFetched(_) => Reason::AssertionKeysNotFetched,
            Self::Token(jose::Refused::Algorithm) | Self::Algorithm => Reason::AssertionAlgorithm,
            Self::Token(_) => Reason::AssertionMalformed,
            Self::Issuer => Reason::AssertionIssuerWrong,
            Self::Subject => Reason::AssertionSubjectWrong,
            Self::Audience => Reason::AssertionAudienceWrong,
            Self::Expired => Reason::AssertionExpired,
            Self::EndMissing | Self::TooLongLived | Self::NotYetValid => {
                Reason::AssertionTimesWrong
            }
            Self::Jti => Reason::AssertionNameWrong,
            Self::UsedBefore => Reason::AssertionReused,
        }
    }

    fn error(&self) -> ErrorCode {
        ErrorCode::InvalidClient
    }

    fn facts(&self) -> Vec<Fact> {
        vec![Fact::text("because", self)]
    }
}

impl Explained for NotParameters {
    fn reason(&self) -> Reason {
        Reason::ParametersMalformed
    }

    fn error(&self) -> ErrorCode {
        ErrorCode::InvalidRequest
    }

    fn facts(&self) -> Vec<Fact> {
        vec![Fact::text("because", self)]
    }
}

impl Explained for Repeated {
    fn reason(&self) -> Reason {
        Reason::ParameterRepeated
    }

    fn error(&self) -> ErrorCode {
        ErrorCode::InvalidRequest
    }

    fn facts(&self) -> Vec<Fact> {
        repeated(self)
    }
}

impl Explained for TokenError {
    fn reason(&self) -> Reason {
        match self {
            Self::Unreadable(error) => error.reason(),
            Self::Repeated(_) => Reason::ParameterRepeated,
            Self::NotPresented(error) => error.reason(),
            Self::NotAuthenticated(error) => error.reason(),
            Self::Missing(_) => Reason::ParameterMissing,
            Self::UnsupportedGrantType => Reason::GrantTypeUnsupported,
            Self::GrantTypeNotAllowed => Reason::GrantTypeNotAllowed,
            Self::CodeUnknown => Reason::CodeUnknown,
            Self::CodeExpired => Reason::CodeExpired,
            Self::CodeReused => Reason::CodeReused,
            Self::CodeOfAnotherClient => Reason::CodeOfAnotherClient,
            Self::RedirectUriMismatch => Reason::RedirectUriMismatch,
            Self::CodeVerifier(VerifierRefused::Malformed) => Reason::CodeVerifierMalformed,
            Self::CodeVerifier(VerifierRefused::Missing) => Reason::CodeVerifierMissing,
            Self::CodeVerifier(VerifierRefused::Unasked) => Reason::CodeVerifierUnasked,
            Self::CodeVerifier(VerifierRefused::Mismatch) => Reason::CodeVerifierMismatch,
            Self::RefreshTokenUnknown => Reason::RefreshTokenUnknown,
            Self::RefreshTokenExpired => Reason::RefreshTokenExpired,
            Self::RefreshTokenReused => Reason::RefreshTokenReused,
            Self::RefreshTokenOfAnotherClient => Reason::RefreshTokenOfAnotherClient,
            Self::GrantRevoked => Reason::GrantRevoked,
            Self::AccountDisabled => Reason::AccountDisabled,
            Self::ScopeMalformed => Reason::ScopeMalformed,
            Self::ScopeExceeded => Reason::ScopeExceeded,
            Self::ScopeNotAllowed => Reason::ScopeNotAllowed,
            Self::Target(error) => of_target(error),
        }
    }

    fn error(&self) -> ErrorCode {
        self.code()
    }

    fn facts(&self) -> Vec<Fact> {
        match self {
            Self::Missing(name) => vec![Fact::text("parameter", name)],
            Self::Repeated(what) => repeated(what),
            Self::Unreadable(error) => error.facts(),
            Self::NotPresented(error) => error.facts(),
            Self::NotAuthenticated(error) => error.facts(),
            _ => Vec::new(),
        }
    }
}

impl Explained for IntrospectionError {
    fn reason(&self) -> Reason {
        match self {
            Self::Repeated(_) => Reason::ParameterRepeated,
            Self::NotPresented(error) => error.reason(),
            Self::NotAuthenticated(error) => error.reason(),
            Self::TokenMissing => Reason::ParameterMissing,
        }
    }

    fn error(&self) -> ErrorCode {
        self.code()
    }

    fn facts(&self) -> Vec<Fact> {
        match self {
            Self::TokenMissing => vec![Fact::text("parameter", "token")],
            Self::Repeated(what) => repeated(what),
            Self::NotAuthenticated(error) => error.facts(),
            _ => Vec::new(),
        }
    }
}

impl Explained for RevocationError {
    fn reason(&self) -> Reason {
        match self {
            Self::Repeated(_) => Reason::ParameterRepeated,
            Self::NotPresented(error) => error.reason(),
            Self::NotAuthenticated(error) => error.reason(),
            Self::TokenMissing => Reason::ParameterMissing,
            Self::TokenOfAnotherClient => Reason::TokenOfAnotherClient,
        }
    }

    fn error(&self) -> ErrorCode {
        self.code()
    }

    fn facts(&self) -> Vec<Fact> {
        match self {
            Self::TokenMissing => vec![Fact::text("parameter", "token")],
            Self::Repeated(what) => repeated(what),
            Self::NotAuthenticated(error) => error.facts(),
            _ => Vec::new(),
        }
    }
}

/// An access token that is not believed.
impl Explained for jose::Refused {
    fn reason(&self) -> Reason {
        match self {
            Self::TooLong => Reason::TokenTooLong,
            Self::Encrypted => Reason::TokenEncrypted,
            Self::Malformed | Self::Claims => Reason::TokenMalformed,
            Self::Header => Reason::TokenHeaderRefused,
            Self::Algorithm => Reason::TokenAlgorithmRefused,
            Self::UnknownKey => Reason::TokenKeyUnknown,
            Self::Typ => Reason::TokenOfAnotherKind,
            Self::Signature => Reason::TokenSignatureWrong,
            Self::Issuer => Reason::TokenIssuerWrong,
            Self::Audience => Reason::TokenAudienceWrong,
            Self::Expired => Reason::TokenExpired,
            Self::NotYetValid => Reason::TokenNotValidYet,
        }
    }

    fn error(&self) -> ErrorCode {
        ErrorCode::InvalidToken
    }
}

fn of_target(error: &TargetRefused) -> Reason {
    match error {
        TargetRefused::Malformed(_) => Reason::ResourceMalformed,
        TargetRefused::NotRegistered => Reason::ResourceNotRegistered,
        TargetRefused::Exceeded => Reason::ResourceExceeded,
    }
}
