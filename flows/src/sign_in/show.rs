//! What a page of a sign-in shows.

use protocol::{
    AccountId, SignInId,
    authorize::{AuthorizationRequest, Prompt},
    claims::ClaimNames,
    client::Client,
    identifier::Identifier,
    language_tag::LanguageTag,
    redirect_uri::RedirectUri,
    scope::ScopeSet,
    sign_in::{Consent, Step},
};

use storage::StorageError;

use super::{Found, Page, StepRefused, lost_race};
use crate::{
    Browser, Context, Error, Flows, admin::accounts::IDENTIFIERS_MAX, authorize::Next,
    browser::SignedIn, finish::finish,
};

/// What is shown.
#[derive(Debug)]
pub enum Shown {
    /// Who are you, and your password.
    Login(LoginAsked),
    /// Choose another password.
    NewPassword(NewPasswordAsked),
    /// Do you allow this?
    Consent(ConsentAsked),
    /// Nothing: the browser belongs elsewhere.
    Elsewhere(Next),
}

/// What the login page says.
#[derive(Debug)]
pub struct LoginAsked {
    /// The client that asks.
    pub client: Client,
    /// The address to which the answer will go.
    pub redirect_uri: RedirectUri,
    /// The name that is filled in.
    pub username: Option<String>,
    /// Why somebody who is signed in is asked again; nothing where anybody may answer.
    pub why_again: Option<WhyAgain>,
    /// Whether who is asked again is remembered on this browser.
    pub is_remembered: bool,
    /// The languages that the client asks for.
    pub ui_locales: Vec<LanguageTag>,
}

/// Why somebody who is signed in is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyAgain {
    /// The client asked for it (`prompt=login`).
    Asked,
    /// They proved who they are too long ago (`max_age`).
    TooOld,
}

/// What the page says on which another password is chosen.
#[derive(Debug)]
pub struct NewPasswordAsked {
    /// The client that asks.
    pub client: Client,
    /// The address to which the answer will go.
    pub redirect_uri: RedirectUri,
    /// The name under which a browser keeps the new password.
    pub username: String,
    /// The languages that the client asks for.
    pub ui_locales: Vec<LanguageTag>,
}

/// What the consent page says.
#[derive(Debug)]
pub struct ConsentAsked {
    /// The client that asks.
    pub client: Client,
    /// The address to which the answer will go.
    pub redirect_uri: RedirectUri,
    /// Who is asked, as they know themselves.
    pub account_name: String,
    /// All that the client wants.
    pub scope: ScopeSet,
    /// The claims that it wants beyond those of the scopes.
    pub claims: ClaimNames,
    /// Whether their yes holds for the next time too.
    pub is_remembered: bool,
    /// The languages that the client asks for.
    pub ui_locales: Vec<LanguageTag>,
}

impl Flows {
    /// What to show of a sign-in on `page`.
    #[tracing::instrument(level = "debug", name = "flows.sign_in.show", skip_all)]
    pub async fn show(
        &self,
        context: &Context,
        browser: &Browser,
        (sign_in_id, page): (SignInId, Page),
    ) -> Result<Shown, Error<StepRefused>> {
        let found = self.find_sign_in(context, browser, sign_in_id).await?;
        let asked = Page::of(&found.step);
        match &found.step {
            Step::Over => Err(Error::Refused(StepRefused::Finished)),
            // Somebody signed in on another page of this browser meanwhile: nothing is left to ask.
            Step::Issue(_) | Step::Refuse(_) => self.conclude(context.clone(), found).await,
            // Both are at one address, and the sign-in says which of them it is on.
            Step::NewPassword(step) if page != Page::Consent => {
                let username = self.known_name(context, step.old().account_id).await?;
                let asked = NewPasswordAsked::new(&found, username.unwrap_or_default());
                Ok(Shown::NewPassword(asked))
            }
            _ if asked != page => Ok(Shown::Elsewhere(Next::Page { sign_in_id, page: asked })),
            Step::Consent(consent) => {
                let account = self.store.account(&context.realm, consent.account_id()).await?;
                let name = account.map(|account| account.display_name()).unwrap_or_default();
                let asked = ConsentAsked::new(&found, consent, name);
                Ok(Shown::Consent(asked))
            }
            Step::Identify(_) | Step::Password(_) | Step::NewPassword(_) => {
                Ok(Shown::Login(self.login_asked(context, browser, found).await?))
            }
        }
    }

    async fn conclude(&self, context: Context, found: Found) -> Result<Shown, Error<StepRefused>> {
        let flows = self.clone();
        let rest = async move {
            let mut batch = flows.store.batch();
            let Found { sign_in, client, step, .. } = found;
            let (asked, state) = ((&sign_in, &client.record), sign_in.state.clone());
            let next = flows.advance(&context, &mut batch, asked, (state, step)).await?;
            flows.store.commit(batch).await.map_err(lost_race)?;
            Ok(Shown::Elsewhere(next))
        };
        finish(rest).await?
    }

    async fn login_asked(
        &self,
        context: &Context,
        browser: &Browser,
        found: Found,
    ) -> Result<LoginAsked, StorageError> {
        let request = &found.sign_in.request;
        let expected = request.expected_account_id;
        let subjects = self.subjects(&found.client).ok();
        let is_expected = |one: &&SignedIn| {
            subjects.as_ref().is_some_and(|known| request.expects(one.facts.account_id, known))
        };
        let signed_in = found.signed_in.as_ref().filter(is_expected);
        let why_again = signed_in.and_then(|_| why_again(request));
        // Whom the client expects is asked by name only where this browser has known them already: who has an ID token of
        // somebody else does not learn from it under which name they sign in.
        let known = expected.filter(|account_id| self.was_here(browser, *account_id));
        let known = signed_in
            .filter(|_| why_again.is_some())
            .map_or(known, |one| Some(one.facts.account_id));
        let username = match (&found.step, known) {
            (Step::Password(password), _) => Some(password.identifier().to_string()),
            (_, Some(account_id)) => self.known_name(context, account_id).await?,
            _ => request.login_hint.clone(),
        };
        Ok(LoginAsked {
            redirect_uri: request.redirect_uri.clone(),
            username,
            why_again,
            is_remembered: why_again.is_some()
                && signed_in.is_some_and(|one| one.session.remembered),
            ui_locales: request.ui_locales.clone(),
            client: found.client.record.clone(),
        })
    }

    /// Whether this person signed in on this browser before, and was not forgotten by it.
    fn was_here(&self, browser: &Browser, account_id: AccountId) -> bool {
        let device = browser.device.as_ref();
        device.is_some_and(|device| {
            let devices = self.lockout.devices();
            devices.verify(device.expose(), account_id, self.store.now()).is_some()
        })
    }

    /// The name under which somebody knows their account, and which tells the least to who else sits at the browser.
    async fn known_name(
        &self,
        context: &Context,
        account_id: AccountId,
    ) -> Result<Option<String>, StorageError> {
        let realm = &context.realm;
        let account = self.store.account(realm, account_id).await?;
        let preferred =
            account.as_ref().and_then(|account| account.claims.preferred_username.as_ref());
        let preferred = preferred.and_then(|name| Identifier::canonical(name.as_str()).ok());
        let names = self.store.identifiers_of(realm, account_id, IDENTIFIERS_MAX).await?;
        let best = names
            .items
            .iter()
            .map(|named| &named.identifier)
            .min_by_key(|name| (Some(*name) != preferred.as_ref(), rank(name)));
        Ok(best.map(ToString::to_string))
    }
}

/// After the name that they prefer an e-mail address, and a phone number last.
fn rank(name: &Identifier) -> u8 {
    let name = name.as_str();
    if name.starts_with('+') { 2 } else { u8::from(!name.contains('@')) }
}

/// Why the request is not content with the session that is there; nothing where it asks for a choice of account.
fn why_again(request: &AuthorizationRequest) -> Option<WhyAgain> {
    if request.prompt.contains(Prompt::SelectAccount) {
        None
    } else if request.prompt.contains(Prompt::Login) {
        Some(WhyAgain::Asked)
    } else {
        request.max_age_seconds.map(|_| WhyAgain::TooOld)
    }
}

impl NewPasswordAsked {
    fn new(found: &Found, username: String) -> Self {
        Self {
            client: found.client.record.clone(),
            redirect_uri: found.sign_in.request.redirect_uri.clone(),
            username,
            ui_locales: found.sign_in.request.ui_locales.clone(),
        }
    }
}

impl ConsentAsked {
    fn new(found: &Found, consent: &Consent, account_name: String) -> Self {
        Self {
            client: found.client.record.clone(),
            redirect_uri: found.sign_in.request.redirect_uri.clone(),
            account_name,
            scope: consent.scope().clone(),
            claims: consent.claims().clone(),
            is_remembered: consent.is_remembered(),
            ui_locales: found.sign_in.request.ui_locales.clone(),
        }
    }
}
