//! Signing out: what an application asks for, the page on which the end-user is asked, and the word that it is done
//! (OpenID Connect RP-Initiated Logout 1.0).

use flows::{
    Error,
    end_session::{Asked, Confirmation, LoggedOut, LogoutAsked, NotConfirmed},
};
use poem::{Request, RequestBody, Response, http::StatusCode};
use protocol::{
    Secret, paths,
    refusal::{Received, RefusedAt},
};

use super::{
    answer::{FormAction, page, see_other},
    error::{Fault, words},
    sign_in::not_submitted,
    signing_out::signing_out,
    submission::{NotSubmitted, query, submitted},
    view::{Back, Link, LoggedOutPage, LogoutPage, Mode},
};
use crate::Provider;

/// Judges the request of an application. What must be asked first goes through a page of ours.
pub(crate) async fn end_session(provider: &Provider, request: &Request) -> Response {
    let context = provider.context(request);
    let parameters = match query(request) {
        Ok(parameters) => parameters,
        Err(why) => return not_submitted(provider, request, (RefusedAt::Logout, &why)),
    };
    let browser = provider.cookie_names().read(request);
    match provider.flows.end_session(context.clone(), browser, &parameters).await {
        Ok(logged_out) => go(provider, request, logged_out),
        Err(Error::Refused(why)) => {
            let received = Received::read(&[], &parameters);
            provider.flows.note_refusal(&context, (RefusedAt::Logout, &why), received);
            Fault::from(&why).refused().answer(&context, words(request))
        }
        Err(Error::Failed(failure)) => {
            Fault::failed(&context, &failure).answer(&context, words(request))
        }
    }
}

fn go(provider: &Provider, request: &Request, logged_out: LoggedOut) -> Response {
    match logged_out {
        LoggedOut::Confirm(confirmation) => {
            see_other(&Secret::new(format!("{}?logout={}", paths::LOGOUT, confirmation.expose())))
        }
        LoggedOut::Done { destination, cookies, frames } => {
            let mut response = if frames.is_empty() {
                let location = destination.map(|destination| destination.location());
                see_other(&location.unwrap_or_else(|| Secret::new(paths::LOGGED_OUT.to_owned())))
            } else {
                signing_out(request, &frames, destination.as_ref())
            };
            provider.cookie_names().write(cookies, &mut response);
            response
        }
    }
}

/// `GET /logout`: asks.
pub(crate) async fn get(provider: &Provider, request: &Request) -> Response {
    let context = provider.context(request);
    let browser = provider.cookie_names().read(request);
    let given = match query(request)
        .and_then(|query| Ok(query.get("logout")?.map(Confirmation::presented)))
    {
        Ok(given) => given,
        Err(why) => return not_submitted(provider, request, (RefusedAt::Logout, &why)),
    };
    let confirmation = match given {
        Some(given) => Some(given),
        None => match provider.flows.begin_logout(&context, &browser).await {
            Ok(own) => own,
            Err(failure) => {
                return Fault::failed(&context, &failure).answer(&context, words(request));
            }
        },
    };
    let asked = provider.flows.logout_asked(&context, &browser, confirmation.as_ref()).await;
    match (asked, confirmation) {
        (Ok(Asked::Somebody(asked)), Some(confirmation)) => draw(request, asked, &confirmation),
        (Ok(Asked::Nobody { client_name, location: Some(location) }), _) => {
            draw_logged_out(request, client_name, Link::parse(location.expose()))
        }
        (Ok(_), _) => see_other(&Secret::new(paths::LOGGED_OUT.to_owned())),
        (Err(Error::Refused(why)), _) => not_confirmed(provider, request, why),
        (Err(Error::Failed(failure)), _) => {
            Fault::failed(&context, &failure).answer(&context, words(request))
        }
    }
}

fn draw(request: &Request, asked: LogoutAsked, confirmation: &Confirmation) -> Response {
    let text = words(request);
    let Some(stay) = Link::parse("/") else { return StatusCode::INTERNAL_SERVER_ERROR.into() };
    let logout = LogoutPage {
        text,
        logout: confirmation.expose().to_owned(),
        username: asked.account_name.into(),
        client: asked.client_name.map(Into::into),
        stay,
    };
    let form_action = match asked.destination {
        Some(destination) => FormAction::To(destination.redirect_uri),
        None => FormAction::Own,
    };
    page(StatusCode::OK, text, &logout, &form_action)
}

/// `POST /logout`: the end-user said yes.
pub(crate) async fn post(provider: &Provider, request: &Request, body: RequestBody) -> Response {
    let context = provider.context(request);
    let given = submitted(request, body).await.and_then(|form| match form.get("logout")? {
        Some(text) => Ok(Confirmation::presented(text)),
        None => Err(NotSubmitted::NoLogout),
    });
    let confirmation = match given {
        Ok(confirmation) => confirmation,
        Err(why) => return not_submitted(provider, request, (RefusedAt::Logout, &why)),
    };
    let browser = provider.cookie_names().read(request);
    match provider.flows.confirm_logout(context.clone(), browser, &confirmation).await {
        Ok(logged_out) => go(provider, request, logged_out),
        Err(Error::Refused(why)) => not_confirmed(provider, request, why),
        Err(Error::Failed(failure)) => {
            Fault::failed(&context, &failure).answer(&context, words(request))
        }
    }
}

/// Nobody is signed in, and an application asked: the browser is not sent there unasked (RP-Initiated Logout 1.0 §3), but
/// the end-user may go.
fn draw_logged_out(request: &Request, client_name: Option<String>, home: Option<Link>) -> Response {
    let text = words(request);
    let back = client_name.zip(home).map(|(name, home)| Back::Client { name: name.into(), home });
    page(StatusCode::OK, text, &LoggedOutPage { text, back }, &FormAction::None)
}

/// `GET /logged-out`: it is done. The first page has something to show a developer, and nothing an end-user.
pub(crate) fn logged_out(provider: &Provider, request: &Request) -> Response {
    let text = words(request);
    let back = match provider.mode {
        Mode::Dev => Some(Back::FirstPage),
        Mode::Serve => None,
    };
    page(StatusCode::OK, text, &LoggedOutPage { text, back }, &FormAction::None)
}

/// Says why the end-user's word is not taken, and tells operators.
fn not_confirmed(provider: &Provider, request: &Request, why: NotConfirmed) -> Response {
    let context = provider.context(request);
    let noted = (provider, &context, RefusedAt::Logout);
    Fault::from(why).noted(noted, &why).answer(&context, words(request))
}

impl From<NotConfirmed> for Fault {
    fn from(why: NotConfirmed) -> Self {
        Self::used(why)
    }
}
