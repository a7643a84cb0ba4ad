//! What an operation answers: what it found or did, or a problem.

use flows::{
    Context, Error,
    admin::{List, NotACursor},
};
use poem::{IntoResponse, Response, http::StatusCode};
use poem_openapi::{
    ApiResponse, Object,
    registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchemaRef, Registry},
    types::{ParseFromJSON, ToJSON, Type},
};

use super::conditional::ETag;
use crate::problem::{self, Problem, ProblemBody, ProblemCode};

/// The answer of an operation that changes nothing.
pub(crate) struct Looked<T>(pub(crate) Result<T, Problem>);

/// The answer of an operation that changes something.
pub(crate) struct Changed<T>(pub(crate) Result<T, Problem>);

const LOOKED: [StatusCode; 7] = [
    StatusCode::BAD_REQUEST,
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_FOUND,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::SERVICE_UNAVAILABLE,
];

const CHANGED: [StatusCode; 6] = [
    StatusCode::CONFLICT,
    StatusCode::PRECONDITION_FAILED,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::PRECONDITION_REQUIRED,
];

macro_rules! answers {
    ($($name:ident: $($statuses:expr),*;)*) => {$(
        impl<T: IntoResponse> IntoResponse for $name<T> {
            fn into_response(self) -> Response {
                self.0.map_or_else(IntoResponse::into_response, |answer| {
                    let mut response = answer.into_response();
                    let no_store = poem::http::HeaderValue::from_static("no-store");
                    response.headers_mut().insert("Cache-Control", no_store);
                    response
                })
            }
        }

        impl<T: ApiResponse> ApiResponse for $name<T> {
            const BAD_REQUEST_HANDLER: bool = true;

            fn meta() -> MetaResponses {
                let mut meta = T::meta();
                $(meta.responses.extend($statuses.into_iter().map(refusal));)*
                meta.responses.sort_by_key(|response| response.status);
                meta
            }

            fn register(registry: &mut Registry) {
                T::register(registry);
                ProblemBody::register(registry);
            }

            fn from_parse_request_error(error: poem::Error) -> Self {
                Self(Err(unreadable(error)))
            }
        }

        impl<T> From<Problem> for $name<T> {
            fn from(problem: Problem) -> Self {
                Self(Err(problem))
            }
        }
    )*};
}

answers! {
    Looked: LOOKED;
    Changed: LOOKED, CHANGED;
}

/// A parameter that poem could not read is a problem like any other; ours come as what they are.
fn unreadable(error: poem::Error) -> Problem {
    match error.downcast_ref::<Problem>() {
        Some(problem) => problem.clone(),
        None => Problem::unplaced(ProblemCode::Malformed, Some(error.to_string())),
    }
}

fn refusal(status: StatusCode) -> MetaResponse {
    let explained = ProblemCode::ALL.iter().find(|code| code.status() == status);
    let header = |name: &str, description: &str| MetaHeader {
        name: name.into(),
        description: Some(description.into()),
        required: false,
        deprecated: false,
        schema: String::schema_ref(),
    };
    let headers = match status {
        StatusCode::UNAUTHORIZED => {
            vec![header("WWW-Authenticate", "What is wrong with the token (RFC 6750 §3).")]
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            vec![header("Retry-After", "When to come again, in seconds.")]
        }
        _ => Vec::new(),
    };
    MetaResponse {
        description: explained.map_or("A problem.", |code| code.explanation()),
        status: Some(status.as_u16()),
        status_range: None,
        content: vec![MetaMediaType {
            content_type: problem::CONTENT_TYPE,
            schema: ProblemBody::schema_ref(),
        }],
        headers,
    }
}

/// One object, and its version.
pub(crate) struct Found<T> {
    /// The object.
    pub(crate) body: T,
    /// Its version.
    pub(crate) etag: ETag,
}

/// An object that was made: where it is, and its version where it has one.
pub(crate) struct Created<T> {
    /// What is shown of it, secrets that nobody is shown again included.
    pub(crate) body: T,
    /// Its address.
    pub(crate) location: String,
}

/// It was done, and there is nothing to say.
pub(crate) struct Done;

/// A plain answer: no one object with a version.
pub(crate) struct Told<T>(pub(crate) T);

/// A page of a list.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct Listed<T: Send + Sync + Type + ToJSON + ParseFromJSON> {
    /// At most 100.
    pub(crate) items: Vec<T>,
    /// Where the list goes on: the value of `after` for the next page. Missing at the end.
    pub(crate) next: Option<String>,
}

impl<T: Send + Sync + Type + ToJSON + ParseFromJSON> Listed<T> {
    /// A page, each item as `item` shows it.
    pub(crate) fn of<R>(list: List<R>, item: impl Fn(R) -> T) -> Self {
        let next = list.next.map(|cursor| cursor.as_str().to_owned());
        Self { items: list.items.into_iter().map(item).collect(), next }
    }
}

/// Why there is no page.
pub(crate) fn refused_cursor(context: &Context, error: &Error<NotACursor>) -> Problem {
    match error {
        Error::Refused(why) => Problem::because(context, ProblemCode::Malformed, why),
        Error::Failed(failure) => Problem::failed(context, failure),
    }
}

fn json(status: StatusCode, body: &impl ToJSON) -> Response {
    Response::builder().status(status).content_type("application/json").body(body.to_json_string())
}

impl<T: ToJSON> IntoResponse for Found<T> {
    fn into_response(self) -> Response {
        let mut response = json(StatusCode::OK, &self.body);
        response.headers_mut().insert("ETag", self.etag.header());
        response
    }
}

impl<T: ToJSON> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut response = json(StatusCode::CREATED, &self.body);
        if let Ok(location) = self.location.parse() {
            response.headers_mut().insert("Location", location);
        }
        response
    }
}

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl<T: ToJSON> IntoResponse for Told<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self.0)
    }
}

fn documented(
    (status, description): (u16, &'static str),
    schema: Option<MetaSchemaRef>,
    header: Option<(&str, &str)>,
) -> MetaResponses {
    let content = schema.map(|schema| MetaMediaType { content_type: "application/json", schema });
    let headers = header.map(|(name, description)| MetaHeader {
        name: name.into(),
        description: Some(description.into()),
        required: true,
        deprecated: false,
        schema: String::schema_ref(),
    });
    MetaResponses {
        responses: vec![MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content: content.into_iter().collect(),
            headers: headers.into_iter().collect(),
        }],
    }
}

impl<T: Type + ToJSON> ApiResponse for Found<T> {
    fn meta() -> MetaResponses {
        let etag = ("ETag", "Its version, for `If-Match`.");
        documented((200, "The object."), Some(T::schema_ref()), Some(etag))
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: Type + ToJSON> ApiResponse for Created<T> {
    fn meta() -> MetaResponses {
        let location = ("Location", "Where it is.");
        documented((201, "It was made."), Some(T::schema_ref()), Some(location))
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: Type + ToJSON> ApiResponse for Told<T> {
    fn meta() -> MetaResponses {
        documented((200, "What was asked for."), Some(T::schema_ref()), None)
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl ApiResponse for Done {
    fn meta() -> MetaResponses {
        documented((204, "It was done."), None, None)
    }

    fn register(_: &mut Registry) {}
}
