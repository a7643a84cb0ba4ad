//! Hears: HTTP, paths, parameters, statuses and pages.

mod cookies;
mod failure;
mod form;
pub mod listener;
pub mod management;
mod methods;
mod oidc;
pub mod pages;
mod provider;
mod responses;

use std::sync::Arc;

use poem::{EndpointExt, IntoEndpoint, Route};
use poem_openapi::OpenApiService;

use self::{
    listener::SharedEndpoint,
    methods::Methods,
    oidc::{
        AuthorizeApi, DiscoveryApi, IntrospectApi, JwksApi, LogoutApi, RevokeApi, TokenApi,
        UserinfoApi,
    },
};

pub use provider::{Parts, Provider};

/// Every operation of the API: the list of which the document tells, and which is served.
type Operations = (
    AuthorizeApi,
    TokenApi,
    UserinfoApi,
    IntrospectApi,
    RevokeApi,
    LogoutApi,
    DiscoveryApi,
    JwksApi,
);

/// Everything that is served on the public listener; `beside` is what the program adds.
pub fn routes(provider: &Provider, beside: Route) -> SharedEndpoint {
    let service = service(provider);
    let methods = Arc::new(Methods::read(&service.spec()));
    let api = Arc::new(service.into_endpoint());
    let provider = provider.clone();
    // Not at "/": there it would stand before the first page.
    let route = ["/oauth2", "/.well-known"]
        .into_iter()
        .fold(pages::mount(beside, &provider), |route, prefix| {
            route.nest_no_strip(prefix, Arc::clone(&api))
        });
    let answered = route.around(move |route, request| {
        let (provider, methods) = (provider.clone(), Arc::clone(&methods));
        async move { pages::or_not_found(&provider, (&route, &methods), request).await }
    });
    Arc::new(poem::endpoint::ToDynEndpoint(answered))
}

/// The OpenAPI document, as it is committed.
pub fn document(provider: &Provider) -> String {
    service(provider).spec()
}

fn service(provider: &Provider) -> OpenApiService<Operations, ()> {
    let at = || provider.clone();
    let operations: Operations = (
        AuthorizeApi(at()),
        TokenApi(at()),
        UserinfoApi(at()),
        IntrospectApi(at()),
        RevokeApi(at()),
        LogoutApi(at()),
        DiscoveryApi(at()),
        JwksApi(at()),
    );
    OpenApiService::new(operations, "Doorward", env!("CARGO_PKG_VERSION"))
}
