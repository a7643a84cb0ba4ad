//! The table of reasons: the stable name of each, where it is met, what the client is told, what it means and what to do.

use std::fmt::Write;

use crate::oauth_error::ErrorCode;

macro_rules! reasons {
    ($($name:ident = $text:literal [$($at:ident $code:ident),+] $meaning:literal $remedy:literal;)*) => {
        /// Why a request was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Reason {
            $(
                #[doc = $meaning]
                $name,
            )*
        }

        impl Reason {
            /// Every reason, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its stable name.
            pub const fn as_str(self) -> &'static str {
                match self {$(Self::$name => $text,)*}
            }

            /// Where it is met, and what the client is told there.
            pub const fn met(self) -> &'static [(RefusedAt, ErrorCode)] {
                match self {$(Self::$name => &[$((RefusedAt::$at, ErrorCode::$code)),+],)*}
            }

            /// What it means.
            pub const fn meaning(self) -> &'static str {
                match self {$(Self::$name => $meaning,)*}
            }

            /// What to do about it.
            pub const fn remedy(self) -> &'static str {
                match self {$(Self::$name => $remedy,)*}
            }
        }
    };
}

mod table;

pub use table::Reason;

impl Reason {
    /// Whether who was refused for it where clients prove who they are (token, introspect, revoke) had proved it. Some are
    /// met elsewhere too, and say nothing there.
    pub fn follows_proof(self) -> bool {
        use Reason as R;
        matches!(
            self,
            R::ParameterMissing
                | R::GrantTypeUnsupported
                | R::GrantTypeNotAllowed
                | R::ScopeMalformed
                | R::ScopeNotAllowed
                | R::ScopeExceeded
                | R::ResourceMalformed
                | R::ResourceNotRegistered
                | R::ResourceExceeded
                | R::CodeUnknown
                | R::CodeExpired
                | R::CodeReused
                | R::CodeOfAnotherClient
                | R::RedirectUriMismatch
                | R::RefreshTokenUnknown
                | R::RefreshTokenExpired
                | R::RefreshTokenReused
                | R::RefreshTokenOfAnotherClient
                | R::GrantRevoked
                | R::AccountDisabled
                | R::TokenOfAnotherClient
        ) || self.is_of_verifier()
    }

    /// Whether it is met only once the signature of an access token was found good.
    pub fn follows_signature(self) -> bool {
        use Reason as R;
        matches!(
            self,
            R::TokenIssuerWrong
                | R::TokenAudienceWrong
                | R::TokenExpired
                | R::TokenNotValidYet
                | R::TokenRevoked
                | R::ScopeInsufficient
                | R::PermissionMissing
        )
    }

    /// Whether it is what applications that ask with `prompt=none` are told every day, where nobody is signed in or has
    /// consented yet (OpenID Connect Core 1.0 §3.1.2.6): nothing was wrong, so that the audit log hears nothing of it.
    pub fn is_expected(self) -> bool {
        matches!(self, Self::LoginRequired | Self::ConsentRequired)
    }

    /// Whether it is about a `code_verifier`.
    pub(super) fn is_of_verifier(self) -> bool {
        use Reason as R;
        matches!(
            self,
            R::CodeVerifierMalformed
                | R::CodeVerifierMissing
                | R::CodeVerifierUnasked
                | R::CodeVerifierMismatch
        )
    }

    /// Whether it is about an assertion by which a client authenticates.
    pub(super) fn is_of_assertion(self) -> bool {
        self.as_str().starts_with("assertion_")
    }
}

/// Each code with the endpoints at which it is told.
fn told(reason: Reason) -> String {
    let mut told: Vec<(ErrorCode, Vec<&str>)> = Vec::new();
    for (at, code) in reason.met() {
        match told.iter_mut().find(|(known, _)| known == code) {
            Some((_, endpoints)) => endpoints.push(at.as_str()),
            None => told.push((*code, vec![at.as_str()])),
        }
    }
    let each = |(code, endpoints): (ErrorCode, Vec<&str>)| {
        format!("`{}` at {}", code.as_str(), endpoints.join(", "))
    };
    told.into_iter().map(each).collect::<Vec<_>>().join("; ")
}

/// The table for people: `docs/errors.md`.
pub fn page() -> String {
    let mut page = String::from(PREFACE);
    for reason in Reason::ALL {
        let (name, meaning, remedy) = (reason.as_str(), reason.meaning(), reason.remedy());
        let _ = writeln!(page, "| `{name}` | {} | {meaning} | {remedy} |", told(*reason));
    }
    page
}

const PREFACE: &str = "\
# Errors

Every refusal has an id: the name of its request. It is the member `refusal_id` of an error in JSON, stands at the end of
`error_description` where an application is sent an error, and on the error page as the number to pass on. It is also in the
header `x-request-id` of the answer, in the log, and in the audit log (`refused`). What every application is told now and
then that asks with `prompt=none`, `login_required` and `consent_required`, is not in the audit log.

An operator looks the id up in the admin API, with the permission `audit:read`, and finds what was received, what was expected,
the nearest registered value and the difference. Whoever was refused learns none of it. Secrets are never kept, nor what may be
one in the wrong field; such values are missing. A refusal is found for seven days. When many requests are refused at once, not
all of them are kept, and of one client, operator or network no more than a share, so that one flood does not hide what others
are refused: `doorward_refusals_dropped_total` counts those that are not kept.

The table is generated from the code, and a test compares it.

| reason | what is told, and where | what it means | what to do |
| --- | --- | --- | --- |
";
