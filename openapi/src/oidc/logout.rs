//! `GET` and `POST /oauth2/logout`: a client signs its end-user out (OpenID Connect RP-Initiated Logout 1.0 §2).

use poem::Request;
use poem_openapi::{Object, OpenApi, param::Query};
use protocol::{paths, refusal::RefusedAt};

use super::browsed::{Browsed, by_get};
use crate::{Provider, form::FormOf, pages::logout::end_session, responses::Tag};

/// The logout endpoint.
pub(crate) struct LogoutApi(pub(crate) Provider);

#[OpenApi(tag = "Tag::OpenIdConnect")]
impl LogoutApi {
    /// Sign the end-user out
    ///
    /// OpenID Connect RP-Initiated Logout 1.0 §2. For browsers. Without a valid `id_token_hint` the end-user is asked first.
    #[oai(path = "/oauth2/logout", method = "get", operation_id = "end_session")]
    async fn get(
        &self,
        request: &Request,
        /// An ID token of the end-user, even an expired one.
        id_token_hint: Query<Option<String>>,
        /// The client, where there is no hint.
        client_id: Query<Option<String>>,
        /// Where the browser goes then; registered, character by character.
        post_logout_redirect_uri: Query<Option<String>>,
        /// Comes back unchanged.
        state: Query<Option<String>>,
    ) -> Browsed {
        let _ = (id_token_hint, client_id, post_logout_redirect_uri, state);
        Browsed(end_session(&self.0, request).await)
    }

    /// Sign the end-user out, by POST
    ///
    /// OpenID Connect RP-Initiated Logout 1.0 §2. Sent on to the same request by GET.
    #[oai(path = "/oauth2/logout", method = "post", operation_id = "end_session_by_post")]
    async fn post(&self, request: &Request, form: FormOf<LogoutForm>) -> Browsed {
        Browsed(by_get(&self.0, request, form, (paths::END_SESSION, RefusedAt::Logout)))
    }
}

/// The parameters of the query, in the body.
#[derive(Object)]
struct LogoutForm {
    /// An ID token of the end-user, even an expired one.
    id_token_hint: Option<String>,
    /// The client, where there is no hint.
    client_id: Option<String>,
    /// Where the browser goes then.
    post_logout_redirect_uri: Option<String>,
    /// Comes back unchanged.
    state: Option<String>,
}
