//! What went wrong at an API, for programs (RFC 9457): one shape, and the table of codes that they may rely on.

use flows::{Context, Failure};
use poem::{IntoResponse, Response, error::ResponseError, http::StatusCode};
use poem_openapi::{Object, types::ToJSON};

use crate::failure;

/// The media type (RFC 9457 §6.1).
pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal, $status:ident, $title:literal;)*) => {
        /// A kind of problem. Its code never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ProblemCode {$($(#[doc = $doc])* $name,)*}

        impl ProblemCode {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code.
            pub const fn as_str(self) -> &'static str {
                match self {$(Self::$name => $code,)*}
            }

            /// The status that goes with it.
            pub const fn status(self) -> StatusCode {
                match self {$(Self::$name => StatusCode::$status,)*}
            }

            /// What it is called.
            pub const fn title(self) -> &'static str {
                match self {$(Self::$name => $title,)*}
            }

            /// When it is given, and what to do about it.
            pub const fn explanation(self) -> &'static str {
                match self {$(Self::$name => concat!($($doc, "\n"),*).trim_ascii(),)*}
            }
        }
    };
}

codes! {
    /// A parameter, a header or the body is not what the document says; `detail` names it. Correct the request.
    Malformed = "malformed_request", BAD_REQUEST, "The request is malformed";
    /// No token was sent. Send `Authorization: Bearer` with the token of an operator, or sign in.
    Unauthorized = "unauthorized", UNAUTHORIZED, "A token is needed";
    /// The token is expired, revoked, altered, or not for this API. Sign in again.
    InvalidToken = "invalid_token", UNAUTHORIZED, "The token does not hold";
    /// The token holds and does not allow this; `detail` names the permission. Ask who administers operators.
    InsufficientPermission = "insufficient_permission", FORBIDDEN, "A permission is missing";
    /// Nothing has this address or id, or not for you.
    NotFound = "not_found", NOT_FOUND, "There is nothing here";
    /// The address has other methods; `Allow` lists them.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    /// What is asked contradicts what is there; `detail` says what. Look at it again.
    Conflict = "conflict", CONFLICT, "It contradicts what is there";
    /// It was changed since you looked. Read it again, and send its new ETag in `If-Match`.
    PreconditionFailed = "precondition_failed", PRECONDITION_FAILED, "It was changed in between";
    /// The body is larger than is read.
    TooLarge = "too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body is not JSON by its `Content-Type`.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body must be JSON";
    /// The values are well-formed, and cannot work together or here; `detail` says why.
    Unprocessable = "unprocessable", UNPROCESSABLE_ENTITY, "It cannot be done so";
    /// The `Idempotency-Key` was used for another request. Choose a new one.
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The Idempotency-Key was used for something else";
    /// A change must say upon which state it was decided. Send `If-Match` with the ETag that you read, or `*`.
    PreconditionRequired = "precondition_required", PRECONDITION_REQUIRED, "If-Match is needed";
    /// Too many requests; `Retry-After` says when to come again, in seconds.
    TooManyRequests = "too_many_requests", TOO_MANY_REQUESTS, "Too many requests";
    /// A fault of the provider's, told to its operators under `request_id`.
    Fault = "fault", INTERNAL_SERVER_ERROR, "Something is wrong here";
    /// A part does not answer, or too much is waiting; `Retry-After` says when to come again. Nothing acknowledged is lost.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Not available at the moment";
}

/// The table for people: `docs/problems.md`. `type` of a problem names a heading of it.
pub fn page() -> String {
    use std::fmt::Write;
    let mut page = String::from(
        "# Problems\n\nWhat the admin API answers where it refuses or fails, as `application/problem+json` (RFC 9457). `code` says the \
         kind, for programs, and\nnever changes its meaning; `detail` says what is wrong with this request, for people; by \
         `request_id` operators find it in\nthe log, in the audit log and among refusals. The provider serves this page \
         at `/docs/problems`. It is generated from the code,\nand a test compares it.\n",
    );
    for code in ProblemCode::ALL {
        let (name, status, title) = (code.as_str(), code.status().as_u16(), code.title());
        let explanation = code.explanation().lines().map(str::trim).collect::<Vec<_>>().join("\n");
        let _ = write!(page, "\n## {name}\n\n{status}: {title}. {explanation}\n");
    }
    page
}

/// What went wrong (RFC 9457).
#[derive(Debug, Clone, Object)]
#[oai(rename = "Problem", skip_serializing_if_is_none)]
pub(crate) struct ProblemBody {
    /// The kind of problem: where it is explained.
    #[oai(rename = "type")]
    kind: String,
    /// What the kind is called.
    title: String,
    /// The status again.
    status: u16,
    /// The code, for programs.
    code: String,
    /// What is wrong with this request, for people.
    detail: Option<String>,
    /// The request, as operators find it in the log, in the audit log and among refusals.
    request_id: Option<String>,
}

/// A problem on its way to a client.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    /// Its kind.
    pub(crate) code: ProblemCode,
    /// Whether operators were told of it where it was found, by a better reason than its kind.
    pub(crate) is_noted: bool,
    detail: Option<String>,
    request_id: Option<String>,
    retry_after_seconds: Option<u64>,
}

impl Problem {
    /// Of this kind; the kind says it all.
    pub(crate) fn new(context: &Context, code: ProblemCode) -> Self {
        Self::unplaced(code, None).of(context)
    }

    /// Of a request that is not known here; [`with_request_id`] adds it on the way out.
    pub(crate) fn unplaced(code: ProblemCode, detail: Option<String>) -> Self {
        Self { code, is_noted: false, detail, request_id: None, retry_after_seconds: None }
    }

    fn of(self, context: &Context) -> Self {
        Self { request_id: Some(context.request_id.clone()), ..self }
    }

    /// Of this kind, and what is wrong with this request.
    pub(crate) fn because(context: &Context, code: ProblemCode, detail: impl ToString) -> Self {
        Self { detail: Some(detail.to_string()), ..Self::new(context, code) }
    }

    /// What could not be judged; logged here, once.
    pub(crate) fn failed(context: &Context, failure: &Failure) -> Self {
        let told = failure::tell(context, failure);
        match failure {
            Failure::Unavailable { .. } => Self {
                retry_after_seconds: Some(told.retry_after_seconds()),
                ..Self::new(context, ProblemCode::Unavailable)
            },
            Failure::Fault { .. } => Self::new(context, ProblemCode::Fault),
        }
    }

    /// Of which operators were told.
    pub(crate) fn noted(self) -> Self {
        Self { is_noted: true, ..self }
    }

    /// To come again after so many seconds.
    pub(crate) fn later(self, seconds: u64) -> Self {
        Self { retry_after_seconds: Some(seconds), ..self }
    }

    /// As an answer that names the methods that there are (RFC 9110 §10.2.1).
    pub(crate) fn allowing(self, methods: Option<String>) -> Response {
        let mut response = self.into_response();
        if let Some(methods) = methods.and_then(|methods| methods.parse().ok()) {
            response.headers_mut().insert("Allow", methods);
        }
        response
    }

    fn body(&self) -> ProblemBody {
        ProblemBody {
            kind: format!("/docs/problems#{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            code: self.code.as_str().to_owned(),
            detail: self.detail.clone(),
            request_id: self.request_id.clone(),
        }
    }

    /// What tells a bearer what is wrong with the token (RFC 6750 §3).
    fn challenge(&self) -> Option<&'static str> {
        match self.code {
            ProblemCode::Unauthorized => Some("Bearer realm=\"doorward\""),
            ProblemCode::InvalidToken => Some("Bearer realm=\"doorward\", error=\"invalid_token\""),
            ProblemCode::InsufficientPermission => {
                Some("Bearer realm=\"doorward\", error=\"insufficient_scope\"")
            }
            _ => None,
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code.title())
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status(&self) -> StatusCode {
        self.code.status()
    }

    fn as_response(&self) -> Response {
        self.clone().into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::builder()
            .status(self.code.status())
            .content_type(CONTENT_TYPE)
            .header("Cache-Control", "no-store");
        if let Some(challenge) = self.challenge() {
            response = response.header("WWW-Authenticate", challenge);
        }
        if let Some(seconds) = self.retry_after_seconds {
            response = response.header("Retry-After", seconds);
        }
        let mut response = response.body(self.body().to_json_string());
        response.extensions_mut().insert(self);
        response
    }
}

/// The answer, with the request's name where a problem came to be without it.
pub(crate) fn with_request_id(response: Response, context: &Context) -> Response {
    let unplaced = response.extensions().get::<Problem>();
    match unplaced.filter(|problem| problem.request_id.is_none()).cloned() {
        Some(problem) => problem.of(context).into_response(),
        None => response,
    }
}
