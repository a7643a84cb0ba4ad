//! May this client ask this? An authorization request is judged by an ordered list of small checks, one file each
//! (RFC 6749 §4.1.1, OpenID Connect Core 1.0 §3.1.2.2).

mod acr_values;
mod answer;
mod claims;
mod client;
mod grant_type;
mod id_token_hint;
mod login_hint;
mod max_age;
mod nonce;
mod pkce;
mod prompt;
mod redirect_uri;
mod refusal;
mod registration;
mod repeated;
mod request;
mod request_object;
mod resource;
mod response_mode;
mod response_type;
mod scope;
mod state;
#[cfg(test)]
mod tests;
mod ui_locales;

pub use answer::{Answer, AnswerTo, Delivery, FormPost, Granted, GrantedAccessToken};
pub use client::client_id;
pub use prompt::{Prompt, PromptSet};
pub use refusal::{NotAnswerable, Refusal, Refused};
pub use request::{AuthorizationRequest, Requested};
pub use response_mode::ResponseMode;

use crate::{client::Client, parameters::Parameters};

/// Says for whom an ID token of ours for this client was issued (`sub`); nothing when it is none.
pub type ReadHint<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What is judged.
#[derive(Clone, Copy)]
struct Asked<'a> {
    parameters: &'a Parameters,
    client: &'a Client,
    issuer: &'a str,
    read_hint: ReadHint<'a>,
}

/// Reads its parameters, refuses, or puts what they say into the request.
type Check = fn(&Asked<'_>, &mut Requested) -> Result<(), Refusal>;

/// The checks, once it is known where a refusal may be sent. What cannot be honoured at all goes first.
const CHECKS: [Check; 18] = [
    repeated::check,
    request_object::check,
    registration::check,
    response_type::check,
    response_mode::check,
    grant_type::check,
    state::check,
    scope::check,
    resource::check,
    pkce::check,
    nonce::check,
    prompt::check,
    max_age::check,
    id_token_hint::check,
    claims::check,
    // These never refuse (OpenID Connect Core 1.0 §3.1.2.1).
    login_hint::check,
    ui_locales::check,
    acr_values::check,
];

/// Judges a request to `issuer`. `client` is the one that [`client_id`] names, if there is one.
///
/// A refusal is sent to a redirect URI only once it is known to be the client's (RFC 6749 §4.1.2.1).
pub fn judge(
    parameters: &Parameters,
    client: Option<&Client>,
    issuer: &str,
    read_hint: ReadHint<'_>,
) -> Result<AuthorizationRequest, Refused> {
    let client = client::check(parameters, client).map_err(Refused::OnPage)?;
    let redirect_uri = redirect_uri::check(parameters, client).map_err(Refused::OnPage)?;
    let answer_to = AnswerTo::before_checks(parameters, redirect_uri);
    let asked = Asked { parameters, client, issuer, read_hint };
    let mut requested = Requested::new(client.client_id, answer_to.redirect_uri.clone());
    for check in CHECKS {
        if let Err(why) = check(&asked, &mut requested) {
            return Err(Refused::AtClient { answer_to, why });
        }
    }
    Ok(AuthorizationRequest::new(requested))
}
