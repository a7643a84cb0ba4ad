//! Answers for a browser from operations that the OpenAPI document describes.

use poem::{IntoResponse, Request, Response};
use poem_openapi::{
    ApiResponse,
    payload::{Html, Payload},
    registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::Type,
};
use protocol::{Secret, refusal::RefusedAt};

use crate::{
    Provider,
    form::{FormOf, Unreadable},
    listener::BodyRefused,
    pages::{
        answer::see_other,
        error::{Fault, words},
    },
};

/// A redirect or a page.
pub(super) struct Browsed(pub(super) Response);

impl IntoResponse for Browsed {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for Browsed {
    fn meta() -> MetaResponses {
        let location = MetaHeader {
            name: "Location".into(),
            description: Some("The client, or a page of ours.".into()),
            required: true,
            deprecated: false,
            schema: <String as Type>::schema_ref(),
        };
        MetaResponses {
            responses: vec![
                response(
                    200,
                    "A page that takes the answer to the client by itself, such as `response_mode=form_post` asks for.",
                    vec![],
                ),
                response(303, "The browser goes on.", vec![location]),
                response(
                    400,
                    "A page that says what is wrong: there is nowhere safe to send the browser.",
                    vec![],
                ),
                response(413, "A page that says that too much was sent.", vec![]),
                response(500, "A page that says that the fault is ours.", vec![]),
                response(503, "A page that says when to come again.", vec![]),
            ],
        }
    }

    fn register(_: &mut Registry) {}
}

fn response(status: u16, description: &'static str, headers: Vec<MetaHeader>) -> MetaResponse {
    let page = MetaMediaType {
        content_type: <Html<String> as Payload>::CONTENT_TYPE,
        schema: <Html<String> as Payload>::schema_ref(),
    };
    let content = if headers.is_empty() { vec![page] } else { Vec::new() };
    MetaResponse { description, status: Some(status), status_range: None, content, headers }
}

/// Sends a form on as the query of the same endpoint. A browser leaves our cookies out of a POST from another site
/// (`SameSite=Lax`) and takes them along to the GET that follows it.
pub(super) fn by_get<T>(
    provider: &Provider,
    request: &Request,
    form: FormOf<T>,
    (path, endpoint): (&str, RefusedAt),
) -> Response {
    match form.parameters.map(|parameters| parameters.encoded()) {
        Ok(query) if query.expose().len() <= QUERY_BYTES_MAX => {
            see_other(&Secret::new(format!("{path}?{}", query.expose())))
        }
        Ok(_) => {
            let context = provider.context(request);
            let noted = (provider, &context, endpoint);
            let why = Unreadable::Body(BodyRefused::TooLarge);
            Fault::too_large().noted(noted, &why).answer(&context, words(request))
        }
        Err(why) => {
            let context = provider.context(request);
            let noted = (provider, &context, endpoint);
            Fault::from(&why).noted(noted, &why).answer(&context, words(request))
        }
    }
}

/// The longest query that a form becomes: what the listener reads of a request's head leaves room for it.
const QUERY_BYTES_MAX: usize = 8 * 1024;
