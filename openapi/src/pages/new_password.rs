//! The page of `/login` on which another password is chosen: the one that was typed there before must not be used again.

use flows::{
    Error,
    sign_in::{NewPasswordAsked, NewPasswordOutcome, NotChosen, Page, Shown, StepRefused},
};
use poem::{
    Request, Response,
    http::{StatusCode, header},
};
use protocol::{Secret, SignInId, parameters::Parameters};

use super::{
    answer::{FormAction, page, see_other},
    error::{Fault, words},
    sign_in::{self, address, go},
    submission::NotSubmitted,
    view::{NewPasswordPage, NewPasswordProblem},
};
use crate::Provider;

/// What was typed, if the form is this page's. A field that was left empty was sent.
pub(super) fn chosen(form: &Parameters) -> Result<Option<Secret<String>>, NotSubmitted> {
    let typed = form.get("new_password")?.unwrap_or_default();
    Ok(form.is_sent("new_password").then(|| Secret::new(typed.to_owned())))
}

/// Takes what was typed.
pub(super) async fn post(
    provider: &Provider,
    request: &Request,
    (id, chosen): (SignInId, Secret<String>),
) -> Response {
    let context = provider.context(request);
    let browser = provider.cookie_names().read(request);
    let choosing = provider.flows.choose_new_password(context.clone(), browser, (id, chosen));
    match Box::pin(choosing).await {
        Ok(NewPasswordOutcome::Onward(onward)) => go(provider, request, onward),
        Ok(NewPasswordOutcome::Again(why)) => show_again(provider, request, (id, why)).await,
        Err(Error::Refused(StepRefused::OutOfOrder { page })) => see_other(&address(id, page)),
        Err(Error::Refused(why)) => sign_in::refused(provider, request, (id, why)).await,
        Err(Error::Failed(failure)) => {
            Fault::failed(&context, &failure).answer(&context, words(request))
        }
    }
}

async fn show_again(
    provider: &Provider,
    request: &Request,
    (id, why): (SignInId, NotChosen),
) -> Response {
    let context = provider.context(request);
    let browser = provider.cookie_names().read(request);
    match provider.flows.show(&context, &browser, (id, Page::NewPassword)).await {
        Ok(Shown::NewPassword(asked)) => draw(request, id, asked, Some(why)),
        Ok(Shown::Login(_)) => see_other(&address(id, Page::Login)),
        Ok(Shown::Consent(_)) => see_other(&address(id, Page::Consent)),
        Ok(Shown::Elsewhere(next)) => go(provider, request, next.into()),
        Err(Error::Refused(why)) => sign_in::refused(provider, request, (id, why)).await,
        Err(Error::Failed(failure)) => {
            Fault::failed(&context, &failure).answer(&context, words(request))
        }
    }
}

pub(super) fn draw(
    request: &Request,
    id: SignInId,
    asked: NewPasswordAsked,
    why: Option<NotChosen>,
) -> Response {
    let text = sign_in::words(&asked.ui_locales, request.header(header::ACCEPT_LANGUAGE));
    let new_password = NewPasswordPage {
        text,
        sign_in: id.to_string(),
        client: sign_in::client(&asked.client),
        username: asked.username.into(),
        problem: why.map(|why| match why {
            NotChosen::Empty => NewPasswordProblem::Empty,
            NotChosen::TooLong => NewPasswordProblem::TooLong,
            NotChosen::Same => NewPasswordProblem::Same,
        }),
    };
    page(StatusCode::OK, text, &new_password, &FormAction::To(asked.redirect_uri))
}
