//! The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core 1.0 §3.1.2).

use std::sync::Arc;

use protocol::{
    SignInId, Token,
    authorize::{self, Answer, AuthorizationRequest, Delivery, NotAnswerable, Refused},
    client::Client,
    parameters::Parameters,
    refusal::RefusedAt,
    sign_in::{Facts, SessionFacts, SignInState, Step, next_step},
};
use storage::{Stored, sign_ins::SignIn};

use crate::{
    Browser, Context, Cookies, Error, Failure, Flows,
    finish::finish,
    remembered::record,
    sign_in::{Page, issue},
};

/// What the browser is sent to.
#[derive(Debug)]
pub enum Next {
    /// The client, with its answer.
    Client(Delivery),
    /// A page of ours.
    Page {
        /// The sign-in.
        sign_in_id: SignInId,
        /// Which page.
        page: Page,
    },
}

/// Where the browser goes, and what it is given.
#[derive(Debug)]
pub struct Onward {
    /// Where it goes.
    pub next: Next,
    /// What it is given.
    pub cookies: Cookies,
}

impl From<Next> for Onward {
    fn from(next: Next) -> Self {
        Self { next, cookies: Cookies::default() }
    }
}

impl Flows {
    /// Judges an authorization request and answers it, or begins a sign-in.
    #[tracing::instrument(level = "debug", name = "flows.authorize", skip_all)]
    pub async fn authorize(
        &self,
        context: Context,
        browser: Browser,
        parameters: Parameters,
    ) -> Result<Onward, Error<NotAnswerable>> {
        let client_id = authorize::client_id(&parameters).map_err(Error::refused)?;
        let client = self.present_client(&context, client_id).await?;
        let read_hint = |hint: &str| self.read_hint(&context, record(&client), hint);
        let judged = tracing::debug_span!("protocol.judge").in_scope(|| {
            authorize::judge(&parameters, record(&client), &context.issuer, &read_hint)
        });
        let request = match judged {
            Ok(request) => request,
            Err(Refused::OnPage(why)) => return Err(Error::Refused(why)),
            Err(Refused::AtClient { answer_to, why }) => {
                return Ok(self.refuse_at(&context, &answer_to, (&why, &parameters)).into());
            }
        };
        let client = client.ok_or(Error::Refused(NotAnswerable::ClientUnknown))?;
        self.begin(context, browser, client, request).await.map_err(Error::Failed)
    }

    async fn begin(
        &self,
        context: Context,
        browser: Browser,
        client: Arc<Stored<Client>>,
        request: AuthorizationRequest,
    ) -> Result<Onward, Failure> {
        let signed_in = self.signed_in(&context, &browser).await?;
        let session = signed_in.as_ref().map(|signed_in| &signed_in.facts);
        match self.next_step(&context, (&SignInState::Begun, &request), &client, session).await? {
            Step::Issue(granted) => {
                let flows = self.clone();
                let state = self.lost_state(&browser, signed_in.as_ref());
                let cookies = Cookies { state, ..Cookies::default() };
                let delivery = finish(async move {
                    let mut batch = flows.store.batch();
                    let asked = (&client.record, &request);
                    let granted = issue(&flows, &context, &mut batch, asked, granted).await?;
                    flows.store.commit(batch).await?;
                    let answer = Answer::Granted(&granted);
                    Ok::<_, Failure>(request.answer_to().deliver(answer, &context.issuer))
                });
                Ok(Onward { next: Next::Client(delivery.await??), cookies })
            }
            Step::Refuse(why) => {
                let account_id = session.map(|session| session.account_id);
                let why = (RefusedAt::Authorize, &why, account_id);
                Ok(self.refuse_request(&context, &request, why).into())
            }
            step => self.put_sign_in(&context, browser, request, Page::of(&step)).await,
        }
    }

    async fn put_sign_in(
        &self,
        context: &Context,
        browser: Browser,
        request: AuthorizationRequest,
        page: Page,
    ) -> Result<Onward, Failure> {
        let (binding, is_new) = match browser.binding {
            Some(binding) => (binding, false),
            None => (Token::new(self.store.randomness()), true),
        };
        self.admit_sign_in(context)?;
        let sign_in_id = SignInId::new(self.store.randomness());
        let mut batch = self.store.batch();
        batch.create(&SignIn {
            sign_in_id,
            realm: context.realm.clone(),
            browser: binding.hash(),
            request,
            state: SignInState::Begun,
            began_at: batch.now(),
            expires_at: batch.now() + self.lifetimes.sign_in,
        });
        self.store.commit(batch).await?;
        let cookies = Cookies { binding: is_new.then_some(binding), ..Cookies::default() };
        Ok(Onward { next: Next::Page { sign_in_id, page }, cookies })
    }

    /// What must happen next, by what holds now.
    #[tracing::instrument(level = "debug", name = "protocol.next_step", skip_all)]
    pub(crate) async fn next_step(
        &self,
        context: &Context,
        (state, request): (&SignInState, &AuthorizationRequest),
        client: &Client,
        session: Option<&SessionFacts>,
    ) -> Result<Step, Failure> {
        let remembered = match session {
            Some(session) => {
                self.store.consent(&context.realm, session.account_id, client.client_id).await?
            }
            None => None,
        };
        let remembered_claims = remembered.as_ref().map(|consent| &consent.claims);
        let remembered = remembered.as_ref().map(|consent| &consent.scope);
        let permitted = match session {
            Some(session) => self.permissions(context, session.account_id, &request.scope).await?,
            None => None,
        };
        let old_password_holds = match state {
            SignInState::PasswordOutdated { old } => self.known_by(context, old).await?.is_some(),
            _ => false,
        };
        let (permitted, now) = (permitted.as_ref(), self.store.now());
        let subjects = &self.subjects(client)?;
        let facts = Facts {
            request,
            client,
            subjects,
            session,
            remembered,
            remembered_claims,
            permitted,
            old_password_holds,
            now,
        };
        Ok(next_step(state, &facts))
    }

    /// For whom a hint was issued to this client, as it calls them. It may have expired (OpenID Connect Core 1.0 §3.1.2.1).
    fn read_hint(&self, context: &Context, client: Option<&Client>, hint: &str) -> Option<String> {
        Some(self.read_id_token(context, Some(client?), hint)?.claims.sub)
    }
}
