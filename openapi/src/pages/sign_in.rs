//! Where a sign-in leads: its pages, and the way on.

use flows::{
    authorize::{Next, Onward},
    sign_in::{Page, StepRefused},
};
use poem::{Request, Response};
use protocol::{
    Secret, SignInId, authorize::Delivery, client::Client, language_tag::LanguageTag, paths,
    refusal::RefusedAt,
};

use super::{
    answer::see_other,
    error::{self, Fault},
    form_post,
    submission::NotSubmitted,
    text::Text,
    view,
};
use crate::Provider;

/// Sends the browser where a flow says.
pub(crate) fn go(provider: &Provider, request: &Request, onward: Onward) -> Response {
    let Onward { next, cookies } = onward;
    let mut response = match next {
        Next::Client(Delivery::Redirect(location)) => see_other(&location),
        Next::Client(Delivery::Post(form)) => form_post::draw(request, form),
        Next::Page { sign_in_id, page } => see_other(&address(sign_in_id, page)),
    };
    provider.cookie_names().write(cookies, &mut response);
    response
}

/// The address of a page of a sign-in.
pub(crate) fn address(sign_in_id: SignInId, page: Page) -> Secret<String> {
    let path = match page {
        Page::Login | Page::NewPassword => paths::LOGIN,
        Page::Consent => paths::CONSENT,
    };
    Secret::new(format!("{path}?sign_in={sign_in_id}"))
}

/// Says why a step is refused. Where the sign-in is over, its browser is shown the way back to the client.
pub(crate) async fn refused(
    provider: &Provider,
    request: &Request,
    (id, why): (SignInId, StepRefused),
) -> Response {
    let (context, words) = (provider.context(request), error::words(request));
    let noted = (provider, &context, RefusedAt::SignIn);
    let fault = Fault::from(&why).noted(noted, &why);
    let browser = provider.cookie_names().read(request);
    let client = match why {
        StepRefused::Finished => provider.flows.way_on(&context, &browser, id).await,
        _ => Ok(None),
    };
    match client {
        Ok(Some(client)) => fault.answer_to(&context, words, &client),
        Ok(None) => fault.answer(&context, words),
        Err(failure) => Fault::failed(&context, &failure).answer(&context, words),
    }
}

/// Says what is wrong with a page's address or form, and tells operators.
pub(crate) fn not_submitted(
    provider: &Provider,
    request: &Request,
    (endpoint, why): (RefusedAt, &NotSubmitted),
) -> Response {
    let context = provider.context(request);
    let fault = Fault::from(why).noted((provider, &context, endpoint), why);
    fault.answer(&context, error::words(request))
}

/// The client as a page shows it. Its logo would be fetched by the browser from elsewhere, so it is not shown.
pub(crate) fn client(client: &Client) -> view::Client {
    let link = |uri: &Option<protocol::web_uri::WebUri>| {
        uri.as_ref().and_then(|uri| view::Link::parse(uri.as_str()))
    };
    view::Client {
        name: client.name.as_str().into(),
        logo: None,
        policy: link(&client.policy_uri),
        terms: link(&client.tos_uri),
    }
}

/// The words of a page of a sign-in: the client's wish goes before the browser's.
pub(crate) fn words(ui_locales: &[LanguageTag], accept_language: Option<&str>) -> Text {
    let asked: Vec<&str> = ui_locales.iter().map(LanguageTag::as_str).collect();
    Text::negotiate(Some(&asked.join(" ")), accept_language)
}
