//! `GET` and `POST /login`: who are you, and are you that person?

use flows::{
    Error,
    sign_in::{
        Credentials, LoginAsked, NotSignedIn, Page, PasswordOutcome, Shown, StepRefused, WhyAgain,
    },
};
use poem::{
    Request, RequestBody, Response,
    http::{StatusCode, header},
};
use protocol::{Secret, SignInId, parameters::Parameters, refusal::RefusedAt};

use super::{
    answer::{FormAction, page, see_other},
    error::{Fault, words},
    new_password,
    sign_in::{self, address, go, not_submitted},
    submission::{NotSubmitted, query, sign_in_id, submitted},
    view::{self, Person, SignInPage, SignInProblem},
};
use crate::Provider;

/// What stays on the page when it is shown again.
#[derive(Default)]
struct Typed {
    username: Option<String>,
    has_password: bool,
    /// Nothing where the page is shown for the first time.
    remember_me: Option<bool>,
    problem: Option<NotSignedIn>,
}

/// Shows the page.
pub(crate) async fn get(provider: &Provider, request: &Request) -> Response {
    match query(request).and_then(|query| sign_in_id(&query)) {
        Ok(id) => show(provider, request, id, Typed::default()).await,
        Err(why) => not_submitted(provider, request, (RefusedAt::SignIn, &why)),
    }
}

/// Takes what was typed.
pub(crate) async fn post(provider: &Provider, request: &Request, body: RequestBody) -> Response {
    let context = provider.context(request);
    let read = submitted(request, body)
        .await
        .and_then(|form| Ok((sign_in_id(&form)?, typed(&form)?, new_password::chosen(&form)?)));
    let (id, credentials) = match read {
        Ok((id, _, Some(chosen))) => {
            return new_password::post(provider, request, (id, chosen)).await;
        }
        Ok((id, credentials, None)) => (id, credentials),
        Err(why) => return not_submitted(provider, request, (RefusedAt::SignIn, &why)),
    };
    let again = Typed {
        username: credentials.username.clone(),
        has_password: credentials
            .password
            .as_ref()
            .is_some_and(|password| !password.expose().is_empty()),
        remember_me: Some(credentials.remember_me),
        problem: None,
    };
    let browser = provider.cookie_names().read(request);
    let signing_in =
        provider.flows.sign_in_with_password(context.clone(), browser, (id, credentials));
    // Boxed: it is the largest of all flows, and the answer to every page would be as large.
    match Box::pin(signing_in).await {
        Ok(PasswordOutcome::Onward(onward)) => go(provider, request, onward),
        Ok(PasswordOutcome::Again(problem)) => {
            show(provider, request, id, Typed { problem: Some(problem), ..again }).await
        }
        Err(Error::Refused(StepRefused::OutOfOrder { page })) => see_other(&address(id, page)),
        Err(Error::Refused(why)) => sign_in::refused(provider, request, (id, why)).await,
        Err(Error::Failed(failure)) => {
            Fault::failed(&context, &failure).answer(&context, words(request))
        }
    }
}

fn typed(form: &Parameters) -> Result<Credentials, NotSubmitted> {
    let text = |name| form.get(name).map(|text| text.map(str::to_owned));
    Ok(Credentials {
        username: text("username")?,
        // One that was left empty is not the same as none: the person is told what is missing.
        password: match form.get("password")? {
            None if form.is_sent("password") => Some(Secret::default()),
            password => password.map(|text| Secret::new(text.to_owned())),
        },
        remember_me: form.get("remember_me")?.is_some(),
    })
}

async fn show(provider: &Provider, request: &Request, id: SignInId, typed: Typed) -> Response {
    let context = provider.context(request);
    let browser = provider.cookie_names().read(request);
    match provider.flows.show(&context, &browser, (id, Page::Login)).await {
        Ok(Shown::Login(asked)) => draw(request, provider, id, (asked, typed)),
        Ok(Shown::NewPassword(asked)) => new_password::draw(request, id, asked, None),
        Ok(Shown::Consent(_)) => see_other(&address(id, Page::Consent)),
        Ok(Shown::Elsewhere(next)) => go(provider, request, next.into()),
        Err(Error::Refused(why)) => sign_in::refused(provider, request, (id, why)).await,
        Err(Error::Failed(failure)) => {
            Fault::failed(&context, &failure).answer(&context, words(request))
        }
    }
}

fn draw(
    request: &Request,
    provider: &Provider,
    id: SignInId,
    (asked, typed): (LoginAsked, Typed),
) -> Response {
    let text = sign_in::words(&asked.ui_locales, request.header(header::ACCEPT_LANGUAGE));
    let username = typed.username.clone().or(asked.username).unwrap_or_default();
    let person = match asked.why_again {
        None => Person::Anyone { username: username.into() },
        Some(why) => Person::Known {
            username: username.into(),
            why: match why {
                WhyAgain::Asked => view::WhyAgain::Asked,
                WhyAgain::TooOld => view::WhyAgain::TooOld,
            },
        },
    };
    let problem = typed.problem.map(|problem| problem_of(problem, &typed, provider));
    // RFC 9110 has no status for "try again"; 200 keeps browsers from offering to resend the form.
    let status = match problem {
        Some(SignInProblem::Locked { .. }) => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::OK,
    };
    let sign_in = SignInPage {
        text,
        sign_in: id.to_string(),
        client: sign_in::client(&asked.client),
        person,
        remember_me: typed.remember_me.unwrap_or(asked.is_remembered),
        problem,
    };
    page(status, text, &sign_in, &FormAction::To(asked.redirect_uri))
}

fn problem_of(problem: NotSignedIn, typed: &Typed, provider: &Provider) -> SignInProblem {
    match problem {
        NotSignedIn::Incomplete => SignInProblem::Empty {
            username: typed.username.as_ref().is_none_or(|username| username.trim().is_empty()),
            password: !typed.has_password,
        },
        NotSignedIn::WrongCredentials => SignInProblem::WrongCredentials,
        NotSignedIn::Locked { until } => {
            SignInProblem::Locked { wait: until.since(provider.flows.now()) }
        }
    }
}
