//! Hears: HTTP, paths, parameters, statuses and pages.

mod admin;
mod bearer;
mod cookies;
mod cors;
mod docs;
mod document;
mod failure;
mod form;
mod limits;
pub mod listener;
pub mod management;
pub mod measured;
mod methods;
mod oidc;
pub mod pages;
pub mod problem;
mod provider;
mod refused;
mod responses;

use std::sync::Arc;

use poem::{EndpointExt, IntoEndpoint, Route};
use poem_openapi::OpenApiService;
use protocol::paths;

use self::{
    admin::{
        AccountsApi, AuditApi, ClientSecretsApi, ClientsApi, EndUsersApi, KeysApi, LockoutsApi,
        OperatorsApi, RefusalsApi, RevocationsApi, SessionsApi, SettingsApi,
    },
    document::DOCUMENT,
    listener::SharedEndpoint,
    measured::Measured,
    methods::Methods,
    oidc::{
        AuthorizeApi, CheckSessionApi, DiscoveryApi, IntrospectApi, JwksApi, LogoutApi, RevokeApi,
        TokenApi, UserinfoApi,
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
    (LogoutApi, CheckSessionApi),
    DiscoveryApi,
    JwksApi,
    EndUsersApi,
    ClientsApi,
    ClientSecretsApi,
    OperatorsApi,
    SettingsApi,
    (KeysApi, AuditApi, RevocationsApi, RefusalsApi),
);

/// Everything that is served on the public listener; `beside` is what the program adds.
pub fn routes(provider: &Provider, beside: Route) -> SharedEndpoint {
    let service = service(provider);
    let methods = Arc::new(Methods::read(DOCUMENT));
    let measured = Measured::new(DOCUMENT);
    let provider = provider.clone();
    let api = Arc::new(service.into_endpoint().data(provider.clone()));
    // Not at "/": there it would stand before the first page.
    let route = ["/oauth2", "/.well-known", paths::ADMIN]
        .into_iter()
        .fold(docs::mount(pages::mount(beside, &provider), &provider), |route, prefix| {
            route.nest_no_strip(prefix, Arc::clone(&api))
        });
    let answered = route.around(move |route, request| {
        let (provider, methods) = (provider.clone(), Arc::clone(&methods));
        let asked = measured.asked(&request);
        async move {
            let answer = |request| pages::or_not_found(&provider, (&route, &methods), request);
            let answer = |request| cors::answered(&provider, request, answer);
            asked.watch(limits::answered(&provider, request, answer)).await
        }
    });
    Arc::new(poem::endpoint::ToDynEndpoint(answered))
}

/// The OpenAPI document, as it is to be committed.
pub fn document(provider: &Provider) -> String {
    let mut document = serde_json::from_str(&service(provider).spec()).unwrap_or_default();
    admin::split_permissions(&mut document);
    docs::describe_bodies(&mut document);
    limits::describe(&mut document);
    docs::describe(&mut document);
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn service(provider: &Provider) -> OpenApiService<Operations, ()> {
    let at = || provider.clone();
    let operations: Operations = (
        AuthorizeApi(at()),
        TokenApi(at()),
        UserinfoApi(at()),
        IntrospectApi(at()),
        RevokeApi(at()),
        (LogoutApi(at()), CheckSessionApi(at())),
        DiscoveryApi(at()),
        JwksApi(at()),
        (AccountsApi(at()), SessionsApi(at()), LockoutsApi(at())),
        ClientsApi(at()),
        ClientSecretsApi(at()),
        OperatorsApi(at()),
        SettingsApi(at()),
        (KeysApi(at()), AuditApi(at()), RevocationsApi(at()), RefusalsApi(at())),
    );
    OpenApiService::new(operations, "Doorward", env!("CARGO_PKG_VERSION"))
}
