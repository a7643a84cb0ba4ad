//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0), and the end of a session wherever it comes from.

use std::time::Duration;

use actors::Origin;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::{
    ClientId, Sealed, Secret, SessionId, Timestamp,
    end_session::{Facts, Hint, Refusal, Requested, Verdict},
    event::EndReason,
    jose::Expectations,
    master_key::Place,
    parameters::Parameters,
    tokens::IdTokenClaims,
};
use serde::{Deserialize, Serialize};
use storage::{Batch, CommitError, Stored, grants::RevocationReason, sessions::Session};

use crate::{
    Browser, Context, Cookies, Error, Failure, Flows,
    browser::{SessionChange, SignedIn},
    finish::finish,
};

/// What follows a logout request.
#[derive(Debug)]
pub enum LoggedOut {
    /// The end-user is asked first.
    Confirm(Confirmation),
    /// The session is over.
    Done {
        /// The address of the client; nothing for a page of ours.
        location: Option<Secret<String>>,
        /// What the browser is given.
        cookies: Cookies,
    },
}

/// A logout that waits for the end-user's word: all that our page carries, sealed.
#[derive(Debug, Clone)]
pub struct Confirmation(Secret<String>);

/// What a [`Confirmation`] holds.
#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    session_id: Option<SessionId>,
    client_id: Option<ClientId>,
    location: Option<String>,
    until: Timestamp,
}

/// What our page says before the end-user decides.
#[derive(Debug)]
pub struct LogoutAsked {
    /// Who is signed in.
    pub account_name: String,
    /// The application that asks, where one does.
    pub client_name: Option<String>,
    /// The address to which the browser goes afterwards.
    pub location: Option<Secret<String>>,
}

/// Why the end-user's word is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotConfirmed {
    /// It is not one of ours, or too old.
    #[error("the logout is unknown or over")]
    Unknown,
    /// Another session is there now.
    #[error("the logout was asked for in another session")]
    OtherSession,
}

const PLACE: Place<'static> = Place { table: "logouts", record: "confirmation", field: "pending" };

/// How long the end-user may take to decide.
const CONFIRMATION_LIFETIME: Duration = Duration::from_secs(30 * 60);

/// Grants of a session that are read at a time.
const GRANTS_PAGE: usize = 200;

/// How often a logout may lose a race against another write of the session or its grants.
const ATTEMPTS_MAX: usize = 10;

impl Confirmation {
    /// One that a browser presents.
    pub fn presented(text: impl Into<String>) -> Self {
        Self(Secret::new(text.into()))
    }

    /// Its text, for our page.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl Flows {
    /// Judges the logout request of an application, and signs out where nothing must be asked.
    pub async fn end_session(
        &self,
        context: Context,
        browser: Browser,
        parameters: &Parameters,
    ) -> Result<LoggedOut, Error<Refusal>> {
        let requested = Requested::read(parameters).map_err(Error::Refused)?;
        let hint = self.read_logout_hint(&context, &requested);
        let client_id = requested.client_id(&hint);
        let client = match client_id {
            Some(client_id) => self.store.client(&context.realm, client_id).await?,
            None => None,
        };
        let signed_in = self.signed_in(&context, &browser).await?;
        let session = signed_in.as_ref().map(|signed_in| &signed_in.facts);
        match requested.judge(&Facts { hint: &hint, client: client.as_deref(), session }) {
            Verdict::Refused(refusal) => Err(Error::Refused(refusal)),
            Verdict::Confirm { session_id, location } => {
                let client_id = client.map(|client| client.client_id);
                let location = location.map(|location| location.expose().clone());
                let until = self.store.now() + CONFIRMATION_LIFETIME;
                let confirmation =
                    self.confirmation(&Pending { session_id, client_id, location, until })?;
                Ok(LoggedOut::Confirm(confirmation))
            }
            Verdict::LogOut { location, .. } => Ok(self.done(context, signed_in, location).await?),
        }
    }

    /// What our page says before the end-user decides; nothing is left to ask once nobody is signed in.
    pub async fn logout_asked(
        &self,
        context: &Context,
        browser: &Browser,
        confirmation: Option<&Confirmation>,
    ) -> Result<Option<LogoutAsked>, Error<NotConfirmed>> {
        let pending = confirmation.map(|confirmation| self.pending(confirmation)).transpose()?;
        let Some(SignedIn { session, .. }) = self.signed_in(context, browser).await? else {
            return Ok(None);
        };
        let account = self.store.account(&context.realm, session.account_id).await?;
        let client_id = pending.as_ref().and_then(|pending| pending.client_id);
        let client = match client_id {
            Some(client_id) => self.store.client(&context.realm, client_id).await?,
            None => None,
        };
        Ok(Some(LogoutAsked {
            account_name: account.map(|account| account.display_name()).unwrap_or_default(),
            client_name: client.map(|client| client.name.clone()),
            location: pending.and_then(|pending| pending.location).map(Secret::new),
        }))
    }

    /// A confirmation for who comes to our page by themselves.
    pub async fn begin_logout(
        &self,
        context: &Context,
        browser: &Browser,
    ) -> Result<Option<Confirmation>, Failure> {
        let Some(SignedIn { session, .. }) = self.signed_in(context, browser).await? else {
            return Ok(None);
        };
        let until = self.store.now() + CONFIRMATION_LIFETIME;
        let pending = Pending {
            session_id: Some(session.session_id),
            client_id: None,
            location: None,
            until,
        };
        Ok(Some(self.confirmation(&pending)?))
    }

    /// The end-user said yes.
    pub async fn confirm_logout(
        &self,
        context: Context,
        browser: Browser,
        confirmation: &Confirmation,
    ) -> Result<LoggedOut, Error<NotConfirmed>> {
        let pending = self.pending(confirmation)?;
        let signed_in = self.signed_in(&context, &browser).await?;
        let session_id = signed_in.as_ref().map(|signed_in| signed_in.facts.session_id);
        let is_other = session_id.is_some() && session_id != pending.session_id;
        if is_other {
            return Err(Error::Refused(NotConfirmed::OtherSession));
        }
        Ok(self.done(context, signed_in, pending.location.map(Secret::new)).await?)
    }

    fn confirmation(&self, pending: &Pending) -> Result<Confirmation, Failure> {
        let sealed = self.ring.seal(pending, PLACE, self.store.randomness())?;
        let text = serde_json::to_vec(&sealed).map_err(Failure::fault)?;
        Ok(Confirmation(Secret::new(URL_SAFE_NO_PAD.encode(text))))
    }

    fn pending(&self, confirmation: &Confirmation) -> Result<Pending, Error<NotConfirmed>> {
        let decoded = URL_SAFE_NO_PAD.decode(confirmation.expose()).ok();
        let sealed: Option<Sealed<Pending>> =
            decoded.and_then(|text| serde_json::from_slice(&text).ok());
        let pending = sealed.and_then(|sealed| self.ring.open(&sealed, PLACE).ok());
        let is_current = |pending: &Pending| self.store.now() < pending.until;
        pending.filter(is_current).ok_or(Error::Refused(NotConfirmed::Unknown))
    }

    fn read_logout_hint(&self, context: &Context, requested: &Requested) -> Hint {
        let Some(hint) = &requested.id_token_hint else { return Hint::Absent };
        let expected =
            Expectations { issuer: &context.issuer, audience: None, now: self.store.now() };
        let keys = self.keys.snapshot();
        let claims = keys.verifying().verify_hint::<IdTokenClaims>(hint.expose(), &expected);
        let verified = claims.ok().and_then(|claims| {
            let account_id = claims.sub.parse().ok()?;
            let client_id = claims.aud.iter().next()?.parse().ok()?;
            Some(Hint::Verified { account_id, client_id })
        });
        verified.unwrap_or(Hint::Invalid)
    }

    async fn done(
        &self,
        context: Context,
        signed_in: Option<SignedIn>,
        location: Option<Secret<String>>,
    ) -> Result<LoggedOut, Failure> {
        if let Some(SignedIn { session, .. }) = signed_in {
            let flows = self.clone();
            finish(async move { flows.log_out(&context, session).await }).await??;
        }
        let cookies = Cookies { session: Some(SessionChange::Removed), ..Cookies::default() };
        Ok(LoggedOut::Done { location, cookies })
    }

    /// Ends a session and takes back what was given in it, until it holds.
    async fn log_out(&self, context: &Context, session: Stored<Session>) -> Result<(), Failure> {
        let mut session = session;
        let mut lost = None;
        for _ in 0..ATTEMPTS_MAX {
            let mut batch = self.store.batch();
            self.end_session_in(context, &mut batch, &session, EndReason::Logout).await?;
            match self.store.commit(batch).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Refused(refusal)) => lost = Some(refusal),
                Err(error) => return Err(error.into()),
            }
            match self.store.session(&context.realm, session.session_id).await? {
                Some(again) => session = again,
                None => return Ok(()),
            }
        }
        Err(Failure::unavailable(format_args!("a logout lost too many races: {lost:?}")))
    }

    /// Puts the end of a session into `batch`, and the revocation of every grant that does not outlive it. The batch of
    /// a code that is redeemed meanwhile checks that the session is still there.
    pub(crate) async fn end_session_in(
        &self,
        context: &Context,
        batch: &mut Batch,
        session: &Stored<Session>,
        reason: EndReason,
    ) -> Result<(), Failure> {
        let mut after = None;
        loop {
            let (realm, session_id) = (&context.realm, session.session_id);
            let page = self
                .store
                .grants_of_session(realm, session_id, after.as_ref(), GRANTS_PAGE)
                .await?;
            for grant in page.items.iter().filter(|grant| grant.is_live() && !grant.offline) {
                batch.replace(grant, &grant.revoked(batch.now(), RevocationReason::Logout));
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let origin = Origin {
            address: context.address,
            user_agent: context.user_agent.clone(),
            client_id: None,
            request_id: Some(context.request_id.clone()),
        };
        self.sessions.end(batch, session, reason, &origin).await?;
        Ok(())
    }
}
