//! What a browser sees: the words, the pages, and how they are put together.

pub(crate) mod answer;
mod consent;
pub(crate) mod error;
mod form_post;
mod login;
pub(crate) mod logout;
mod new_password;
pub(crate) mod sign_in;
mod signing_out;
mod submission;
pub mod text;
pub mod view;

use poem::{
    Endpoint, IntoResponse, Request, RequestBody, Response, Route,
    error::ParsePathError,
    http::{Method, StatusCode, header},
};
use protocol::paths;

use self::{
    answer::{FormAction, page},
    error::{Fault, words},
    view::{Link, WelcomePage, assets},
};
use crate::{
    Provider,
    methods::{self, Methods},
    problem::{self, Problem, ProblemCode},
    refused::note_problem,
};

pub(crate) use submission::{NotSubmitted, query};

/// Which page is asked for.
#[derive(Debug, Clone, Copy)]
enum Page {
    Welcome,
    Login,
    Consent,
    Logout,
    LoggedOut,
    Asset,
}

/// One page, as an endpoint.
struct PageEndpoint {
    provider: Provider,
    page: Page,
}

/// Puts every page into `route`.
pub(crate) fn mount(route: Route, provider: &Provider) -> Route {
    let at = |page| PageEndpoint { provider: provider.clone(), page };
    route
        .at("/", at(Page::Welcome))
        .at(paths::LOGIN, at(Page::Login))
        .at(paths::CONSENT, at(Page::Consent))
        .at(paths::LOGOUT, at(Page::Logout))
        .at(paths::LOGGED_OUT, at(Page::LoggedOut))
        .at("/assets/:name", at(Page::Asset))
}

/// The answer of `route`; a page where no page has the address, and the methods that there are where `methods` knows
/// those of a path (RFC 9110 §15.5.6).
pub(crate) async fn or_not_found(
    provider: &Provider,
    (route, methods): (&impl Endpoint, &Methods),
    request: Request,
) -> poem::Result<Response> {
    if methods::is_refused(request.method(), request.uri().path()) {
        return Ok(only(methods::ALLOWED_WHERE_ACTING));
    }
    let (context, text) = (provider.context(&request), words(&request));
    let allowed = methods.of(request.uri().path());
    let is_api = is_api(request.uri().path());
    match route.call(request).await {
        Ok(output) => {
            let response = output.into_response();
            note_problem(provider, &context, &response);
            Ok(problem::with_request_id(response, &context))
        }
        Err(error) if is_api && error.is::<Problem>() => {
            let response = error.into_response();
            note_problem(provider, &context, &response);
            Ok(problem::with_request_id(response, &context))
        }
        Err(error) if is_nowhere(&error) && is_api => {
            Ok(Problem::new(&context, ProblemCode::NotFound).into_response())
        }
        Err(error) if error.status() == StatusCode::METHOD_NOT_ALLOWED && is_api => {
            Ok(Problem::new(&context, ProblemCode::MethodNotAllowed).allowing(allowed))
        }
        Err(error) if is_nowhere(&error) => Ok(Fault::not_found().answer(&context, text)),
        Err(error) if error.status() == StatusCode::METHOD_NOT_ALLOWED => {
            Ok(allowed
                .map_or_else(|| StatusCode::METHOD_NOT_ALLOWED.into(), |allowed| only(&allowed)))
        }
        Err(error) => Err(error),
    }
}

/// Whether nothing is there; a path whose bytes are no text leads nowhere either.
fn is_nowhere(error: &poem::Error) -> bool {
    error.status() == StatusCode::NOT_FOUND || error.is::<ParsePathError>()
}

/// Whether programs alone are answered there.
fn is_api(path: &str) -> bool {
    path.strip_prefix(paths::ADMIN).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Endpoint for PageEndpoint {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let body = RequestBody::new(request.take_body());
        Ok(self.answer(&request, body).await)
    }
}

impl PageEndpoint {
    async fn answer(&self, request: &Request, body: RequestBody) -> Response {
        let provider = &self.provider;
        let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
        let is_post = *request.method() == Method::POST;
        match self.page {
            Page::Welcome if is_get => welcome(provider, request),
            Page::Login if is_get => login::get(provider, request).await,
            Page::Login if is_post => login::post(provider, request, body).await,
            Page::Consent if is_get => consent::get(provider, request).await,
            Page::Consent if is_post => consent::post(provider, request, body).await,
            Page::Logout if is_get => logout::get(provider, request).await,
            Page::Logout if is_post => logout::post(provider, request, body).await,
            Page::LoggedOut if is_get => logout::logged_out(provider, request),
            Page::Asset if is_get => asset(provider, request),
            Page::Login | Page::Consent | Page::Logout => only(methods::ALLOWED_WHERE_ACTING),
            Page::Welcome | Page::LoggedOut | Page::Asset => only("GET, HEAD"),
        }
    }
}

/// Refuses a method, and names those that there are.
fn only(allowed: &str) -> Response {
    Response::builder()
        .status(StatusCode::METHOD_NOT_ALLOWED)
        .header(header::ALLOW, allowed)
        .finish()
}

fn welcome(provider: &Provider, request: &Request) -> Response {
    let text = words(request);
    let Some(issuer) = Link::parse(provider.issuer()) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into();
    };
    let docs = format!("{}{}", provider.issuer(), paths::DOCS);
    let welcome = WelcomePage { text, mode: provider.mode, issuer, docs: Link::parse(&docs) };
    page(StatusCode::OK, text, &welcome, &FormAction::None)
}

fn asset(provider: &Provider, request: &Request) -> Response {
    match assets::find(request.uri().path()) {
        Some(asset) => asset.answer(),
        None => Fault::not_found().answer(&provider.context(request), words(request)),
    }
}
