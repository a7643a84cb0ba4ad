//! Why the border itself refuses, by the stable names of reasons: what no flow has seen.

use flows::Context;
use poem::Response;
use protocol::{
    oauth_error::ErrorCode,
    refusal::{Explained, Fact, Reason, Received, RefusedAt},
};

use crate::{
    Provider,
    bearer::MalformedBearer,
    form::Unreadable,
    pages::NotSubmitted,
    problem::{Problem, ProblemCode},
};

impl Explained for Unreadable {
    fn reason(&self) -> Reason {
        match self {
            Self::ContentType => Reason::BodyNotAForm,
            Self::Body(_) => Reason::BodyNotRead,
            Self::Malformed(error) => error.reason(),
        }
    }

    fn error(&self) -> ErrorCode {
        ErrorCode::InvalidRequest
    }

    fn facts(&self) -> Vec<Fact> {
        vec![Fact::text("because", self)]
    }
}

impl Explained for NotSubmitted {
    fn reason(&self) -> Reason {
        match self {
            Self::Unreadable(error) => error.reason(),
            Self::Repeated(error) => error.reason(),
            Self::NoSignIn | Self::NoLogout => Reason::SubmissionMalformed,
        }
    }

    fn error(&self) -> ErrorCode {
        ErrorCode::InvalidRequest
    }

    fn facts(&self) -> Vec<Fact> {
        match self {
            Self::Unreadable(error) => error.facts(),
            Self::Repeated(error) => error.facts(),
            Self::NoSignIn | Self::NoLogout => vec![Fact::text("because", self)],
        }
    }
}

impl Explained for MalformedBearer {
    fn reason(&self) -> Reason {
        match self {
            Self::Repeated => Reason::AuthorizationHeaderRepeated,
            Self::NoToken => Reason::AuthorizationHeaderMalformed,
        }
    }

    fn error(&self) -> ErrorCode {
        ErrorCode::InvalidRequest
    }
}

/// How an access token is missing.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(crate) enum NoBearer {
    /// There is none.
    #[error("an access token is needed")]
    Missing,
    /// There is one in the header and one in the body.
    #[error("the access token must be sent in one way at a time")]
    Twice,
}

impl Explained for NoBearer {
    fn reason(&self) -> Reason {
        match self {
            Self::Missing => Reason::AccessTokenMissing,
            Self::Twice => Reason::AccessTokenTwice,
        }
    }

    fn error(&self) -> ErrorCode {
        ErrorCode::InvalidRequest
    }
}

/// A problem that an API answers with.
struct Told(ProblemCode);

impl Explained for Told {
    fn reason(&self) -> Reason {
        Reason::Problem
    }

    fn error(&self) -> ErrorCode {
        ErrorCode::InvalidRequest
    }

    /// Without the detail, which may repeat what was sent.
    fn facts(&self) -> Vec<Fact> {
        vec![Fact::text("problem", self.0.as_str())]
    }
}

/// Tells operators of a request to an API that could not be carried out, such as one to give what whoever asks does not
/// have. Who is not admitted was told of before, and what has no address or is too much is no refusal.
pub(crate) fn note_problem(provider: &Provider, context: &Context, response: &Response) {
    use ProblemCode as Code;
    let Some(problem) = response.extensions().get::<Problem>() else { return };
    let is_none =
        matches!(problem.code, Code::NotFound | Code::MethodNotAllowed | Code::TooManyRequests);
    if problem.code.status().is_client_error() && !is_none && !problem.is_noted {
        let why = Told(problem.code);
        provider.flows.note_refusal(context, (RefusedAt::Admin, &why), Received::default());
    }
}
