//! `GET` and `POST /consent`: do you allow what the application asks?

use flows::{
    Error,
    sign_in::{ConsentAsked, Decision, Page, Shown, StepRefused},
};
use poem::{
    Request, RequestBody, Response,
    http::{StatusCode, header},
};
use protocol::{
    SignInId,
    parameters::Parameters,
    refusal::RefusedAt,
    scope::{ADDRESS, EMAIL, OFFLINE_ACCESS, OPENID, PHONE, PROFILE, Scope, ScopeSet},
    sign_in::Allowed,
};

use super::{
    answer::{FormAction, page, see_other},
    error::{Fault, words},
    sign_in::{self, address, go, not_submitted},
    submission::{query, sign_in_id, submitted},
    view::ConsentPage,
};
use crate::Provider;

/// Shows the page.
pub(crate) async fn get(provider: &Provider, request: &Request) -> Response {
    match query(request).and_then(|query| sign_in_id(&query)) {
        Ok(id) => show(provider, request, id).await,
        Err(why) => not_submitted(provider, request, (RefusedAt::SignIn, &why)),
    }
}

/// Takes the decision. What is neither yes nor no shows the page again.
pub(crate) async fn post(provider: &Provider, request: &Request, body: RequestBody) -> Response {
    let context = provider.context(request);
    let read =
        submitted(request, body).await.and_then(|form| Ok((sign_in_id(&form)?, decision(&form))));
    let (id, decision) = match read {
        Ok((id, Some(decision))) => (id, decision),
        Ok((id, None)) => return show(provider, request, id).await,
        Err(why) => return not_submitted(provider, request, (RefusedAt::SignIn, &why)),
    };
    let browser = provider.cookie_names().read(request);
    match provider.flows.consent(context.clone(), browser, (id, decision)).await {
        Ok(onward) => go(provider, request, onward),
        Err(Error::Refused(StepRefused::OutOfOrder { page })) => see_other(&address(id, page)),
        Err(Error::Refused(why)) => sign_in::refused(provider, request, (id, why)).await,
        Err(Error::Failed(failure)) => {
            Fault::failed(&context, &failure).answer(&context, words(request))
        }
    }
}

fn decision(form: &Parameters) -> Option<Decision> {
    match form.get("decision").ok().flatten()? {
        "allow" => Some(Decision::Allow { shown: shown(form) }),
        "deny" => Some(Decision::Deny),
        _ => None,
    }
}

/// What the page showed that the form stood on. Whoever sends anything else allows no more than is asked for.
fn shown(form: &Parameters) -> Allowed {
    let text = |name| form.get(name).ok().flatten().unwrap_or_default();
    Allowed {
        scope: text("shown").parse().unwrap_or_default(),
        claims: text("shown_claims").split(' ').collect(),
    }
}

async fn show(provider: &Provider, request: &Request, id: SignInId) -> Response {
    let context = provider.context(request);
    let browser = provider.cookie_names().read(request);
    match provider.flows.show(&context, &browser, (id, Page::Consent)).await {
        Ok(Shown::Consent(asked)) => draw(request, id, asked),
        Ok(Shown::Login(_) | Shown::NewPassword(_)) => see_other(&address(id, Page::Login)),
        Ok(Shown::Elsewhere(next)) => go(provider, request, next.into()),
        Err(Error::Refused(why)) => sign_in::refused(provider, request, (id, why)).await,
        Err(Error::Failed(failure)) => {
            Fault::failed(&context, &failure).answer(&context, words(request))
        }
    }
}

fn draw(request: &Request, id: SignInId, asked: ConsentAsked) -> Response {
    let text = sign_in::words(&asked.ui_locales, request.header(header::ACCEPT_LANGUAGE));
    let consent = ConsentPage {
        text,
        sign_in: id.to_string(),
        shown: asked.scope.to_string(),
        client: sign_in::client(&asked.client),
        destination: asked.redirect_uri.origin_or_scheme().into(),
        username: asked.account_name.into(),
        shown_claims: asked.claims.to_string(),
        claims: asked.claims.iter().collect(),
        scopes: in_order(&asked.scope).into_iter().map(|scope| scope.as_str().into()).collect(),
        remembered: asked.is_remembered,
    };
    page(StatusCode::OK, text, &consent, &FormAction::To(asked.redirect_uri))
}

/// From what everybody asks for to what few do; then the client's own, by name.
const ORDER: [&str; 6] = [OPENID, PROFILE, EMAIL, PHONE, ADDRESS, OFFLINE_ACCESS];

fn in_order(scopes: &ScopeSet) -> Vec<&Scope> {
    let rank = |scope: &&Scope| ORDER.iter().position(|known| *known == scope.as_str());
    let mut scopes: Vec<&Scope> = scopes.iter().collect();
    scopes.sort_by_key(|scope| rank(scope).unwrap_or(ORDER.len()));
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scopes_stand_in_an_order_that_a_person_expects() {
        let asked = "address a:write email offline_access openid phone profile z:read";
        let asked: ScopeSet = asked.parse().unwrap();
        let shown: Vec<&str> = in_order(&asked).into_iter().map(Scope::as_str).collect();
        let known = ["openid", "profile", "email", "phone", "address", "offline_access"];
        assert_eq!(shown, [&known[..], &["a:write", "z:read"]].concat());
    }
}
