//! `GET` and `POST /oauth2/authorize`: a client asks who its end-user is (RFC 6749 §3.1, OpenID Connect Core 1.0 §3.1.2).

use flows::Error;
use poem::{Request, Response};
use poem_openapi::{Object, OpenApi, param::Query};
use protocol::{
    paths,
    refusal::{Received, RefusedAt},
};

use super::browsed::{Browsed, by_get};
use crate::{
    Provider,
    form::FormOf,
    pages::{
        error::{Fault, words},
        query,
        sign_in::go,
    },
    responses::Tag,
};

/// The authorization endpoint.
pub(crate) struct AuthorizeApi(pub(crate) Provider);

#[OpenApi(tag = "Tag::OpenIdConnect")]
impl AuthorizeApi {
    /// Ask the end-user to sign in
    ///
    /// RFC 6749 §4.1.1; OpenID Connect Core 1.0 §3.1.2.1. For browsers. Unknown parameters are ignored, repeated ones refused.
    #[oai(path = "/oauth2/authorize", method = "get", operation_id = "authorize")]
    #[expect(
        clippy::too_many_arguments,
        reason = "they document the query; it is read as it came, so that repeats are seen"
    )]
    async fn get(
        &self,
        request: &Request,
        /// The client.
        client_id: Query<Option<String>>,
        /// `code`, `id_token`, `id_token token`, `code id_token`, `code token` or `code id_token token`, in any order of the
        /// words: what the client is registered for.
        response_type: Query<Option<String>>,
        /// A registered address, character by character.
        redirect_uri: Query<Option<String>>,
        /// Scopes, separated by spaces; with `openid` for an ID token.
        scope: Query<Option<String>>,
        /// Comes back unchanged.
        state: Query<Option<String>>,
        /// Goes into the ID token unchanged. Required where `response_type` has `id_token`.
        nonce: Query<Option<String>>,
        /// BASE64URL(SHA256(code_verifier)) (RFC 7636 §4.2).
        code_challenge: Query<Option<String>>,
        /// `S256`.
        code_challenge_method: Query<Option<String>>,
        /// `none`, or some of `login`, `consent` and `select_account`.
        prompt: Query<Option<String>>,
        /// How long ago, in seconds, the end-user may have proved who they are.
        max_age: Query<Option<String>>,
        /// `query`, `fragment` or `form_post`. By default `query` for a code alone, else `fragment`; tokens never go into a
        /// query.
        response_mode: Query<Option<String>>,
        /// The name to fill in.
        login_hint: Query<Option<String>>,
        /// An ID token of the end-user who is expected.
        id_token_hint: Query<Option<String>>,
        /// Languages of the pages, the best first.
        ui_locales: Query<Option<String>>,
        /// Claims that are asked for one by one: a JSON object of at most 4096 bytes (OpenID Connect Core 1.0 §5.5).
        claims: Query<Option<String>>,
        /// How the pages are shown: `page`, `popup`, `touch` or `wap`. They fit into all of them.
        display: Query<Option<String>>,
        /// A resource server that the access token is to be for: an absolute URI for which the client is registered (RFC 8707
        /// §2.1). May be sent up to 16 times.
        resource: Query<Option<String>>,
    ) -> Browsed {
        let _ = (client_id, response_type, redirect_uri, scope, state, nonce, code_challenge);
        let _ = (
            code_challenge_method,
            prompt,
            max_age,
            response_mode,
            login_hint,
            id_token_hint,
            ui_locales,
            claims,
            display,
            resource,
        );
        Browsed(self.answer(request).await)
    }

    /// Ask the end-user to sign in, by POST
    ///
    /// OpenID Connect Core 1.0 §3.1.2.1. Sent on to the same request by GET: a POST from another site comes without the
    /// cookies that say who is signed in.
    #[oai(path = "/oauth2/authorize", method = "post", operation_id = "authorize_by_post")]
    async fn post(&self, request: &Request, form: FormOf<AuthorizationForm>) -> Browsed {
        Browsed(by_get(&self.0, request, form, (paths::AUTHORIZE, RefusedAt::Authorize)))
    }
}

impl AuthorizeApi {
    async fn answer(&self, request: &Request) -> Response {
        let provider = &self.0;
        let context = provider.context(request);
        let at = RefusedAt::Authorize;
        let parameters = match query(request) {
            Ok(parameters) => parameters,
            Err(why) => {
                let noted = (provider, &context, at);
                return Fault::from(&why).noted(noted, &why).answer(&context, words(request));
            }
        };
        let browser = provider.cookie_names().read(request);
        match provider.flows.authorize(context.clone(), browser, parameters.clone()).await {
            Ok(onward) => go(provider, request, onward),
            Err(Error::Refused(why)) => {
                let received = Received::read(&[], &parameters);
                provider.flows.note_refusal(&context, (at, &why), received);
                Fault::from(&why).refused().answer(&context, words(request))
            }
            Err(Error::Failed(failure)) => {
                Fault::failed(&context, &failure).answer(&context, words(request))
            }
        }
    }
}

/// The parameters of the query, in the body.
#[derive(Object)]
struct AuthorizationForm {
    /// The client.
    client_id: String,
    /// What the client wants back.
    response_type: String,
    /// A registered address, character by character.
    redirect_uri: String,
    /// Scopes, separated by spaces.
    scope: String,
    /// Comes back unchanged.
    state: Option<String>,
    /// BASE64URL(SHA256(code_verifier)) (RFC 7636 §4.2).
    code_challenge: Option<String>,
    /// `S256`.
    code_challenge_method: Option<String>,
    /// A resource server that the access token is to be for (RFC 8707 §2.1). May be sent up to 16 times.
    resource: Option<String>,
}
