//! `/docs`: the page that describes the API and tries it, `/docs/problems`, and the document at `/openapi.json`.
//!
//! Everything that the page needs comes from here. It signs its reader in through this provider itself, as a public client
//! that the provider keeps for it.

mod bodies;
mod bundle;
mod curl;

use askama::Template;
use poem::{
    Endpoint, Request, Response, Route,
    http::{HeaderValue, Method, StatusCode, header},
};
use protocol::paths;

use crate::{
    Provider,
    document::DOCUMENT,
    pages::{
        answer::{FormAction, page},
        error::{Fault, words},
        text::Text,
    },
    problem::ProblemCode,
};

pub(crate) use bodies::describe_bodies;
pub(crate) use bundle::{Bundle, bundle};
pub(crate) use curl::describe;

/// What each of them may load, and from where: from here alone. Swagger UI draws its symbols from `data:` addresses.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// `GET /docs`.
#[derive(Template)]
#[template(path = "docs/docs.html")]
struct DocsPage {
    text: Text,
    bundle: &'static Bundle,
    document: &'static str,
    client_id: String,
    redirect: String,
}

/// `GET /docs/oauth2-redirect`.
#[derive(Template)]
#[template(path = "docs/signed_in.html")]
struct SignedInPage {
    text: Text,
}

/// `GET /docs/problems`.
#[derive(Template)]
#[template(path = "docs/problems.html")]
struct ProblemsPage {
    text: Text,
    codes: &'static [ProblemCode],
}

#[derive(Clone, Copy)]
enum Place {
    Docs,
    SignedIn,
    Problems,
    Document,
}

struct DocsEndpoint {
    provider: Provider,
    place: Place,
}

/// Puts the page and what belongs to it into `route`.
pub(crate) fn mount(route: Route, provider: &Provider) -> Route {
    let at = |place| DocsEndpoint { provider: provider.clone(), place };
    route
        .at(paths::DOCS, at(Place::Docs))
        .at(paths::DOCS_REDIRECT, at(Place::SignedIn))
        .at(paths::DOCS_PROBLEMS, at(Place::Problems))
        .at(paths::OPENAPI, at(Place::Document))
}

impl Endpoint for DocsEndpoint {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let response = Response::builder().status(StatusCode::METHOD_NOT_ALLOWED);
            return Ok(response.header(header::ALLOW, "GET, HEAD").finish());
        }
        let text = words(&request);
        Ok(match self.place {
            Place::Docs => self.docs(&request, text).await,
            Place::SignedIn => drawn(text, &SignedInPage { text }),
            Place::Problems => drawn(text, &ProblemsPage { text, codes: ProblemCode::ALL }),
            Place::Document => document(),
        })
    }
}

impl DocsEndpoint {
    async fn docs(&self, request: &Request, text: Text) -> Response {
        let context = self.provider.context(request);
        match self.provider.flows.documentation_client(&context).await {
            Ok(client_id) => drawn(
                text,
                &DocsPage {
                    text,
                    bundle: bundle(),
                    document: paths::OPENAPI,
                    client_id: client_id.to_string(),
                    redirect: format!("{}{}", self.provider.issuer(), paths::DOCS_REDIRECT),
                },
            ),
            Err(failure) => Fault::failed(&context, &failure).answer(&context, text),
        }
    }
}

fn drawn(text: Text, template: &impl Template) -> Response {
    let mut response = page(StatusCode::OK, text, template, &FormAction::Own);
    if response.status() == StatusCode::OK {
        let policy = HeaderValue::from_static(POLICY);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn document() -> Response {
    Response::builder()
        .content_type("application/json")
        .header(header::CACHE_CONTROL, "no-cache")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(DOCUMENT)
}
