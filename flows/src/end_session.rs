//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0), and the end of a session wherever it comes from.

use std::time::Duration;

use actors::{Origin, logouts::Noted};
use protocol::{
    AccountId, ClientId, Realm, Sealed, Secret, SessionId, Timestamp,
    client::ACCESS_TOKEN_LIFETIME_MAX,
    end_session::{Destination, Facts, Hint, Refusal, Requested, Verdict},
    event::{Act, EndReason},
    jose::{LEEWAY, SharedHint},
    master_key::Place,
    parameters::Parameters,
};
use serde::{Deserialize, Serialize};
use storage::{Batch, StorageError, Stored, ended_sessions::EndedSession, sessions::Session};

use crate::{
    Browser, Context, Cookies, Error, Failure, Flows, LogoutFrame,
    browser::{SessionChange, SignedIn},
    finish::finish,
    id_tokens::Hinted,
    remembered::record,
};

/// What follows a logout request.
#[derive(Debug)]
pub enum LoggedOut {
    /// The end-user is asked first.
    Confirm(Confirmation),
    /// The session is over.
    Done {
        /// An address of the client's; nothing for a page of ours.
        destination: Option<Destination>,
        /// What the browser is given.
        cookies: Cookies,
        /// What it loads before it goes on, one frame each.
        frames: Vec<LogoutFrame>,
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
    destination: Option<Destination>,
    until: Timestamp,
}

/// Whom our page asks.
#[derive(Debug)]
pub enum Asked {
    /// Who is signed in.
    Somebody(LogoutAsked),
    /// Nothing is left to ask: nobody is signed in here.
    Nobody {
        /// The application that asks, where one does.
        client_name: Option<String>,
        /// Where the end-user may go on, by themselves.
        location: Option<Secret<String>>,
    },
}

/// What our page says before the end-user decides.
#[derive(Debug)]
pub struct LogoutAsked {
    /// Who is signed in.
    pub account_name: String,
    /// The application that asks, where one does.
    pub client_name: Option<String>,
    /// Where the browser goes afterwards.
    pub destination: Option<Destination>,
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

/// The longest that a session may last by the configuration, and with it what was given in it.
const SESSION_MAX: Duration = Duration::from_secs(366 * 24 * 3600);

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
    #[tracing::instrument(level = "debug", name = "flows.end_session", skip_all)]
    pub async fn end_session(
        &self,
        context: Context,
        browser: Browser,
        parameters: &Parameters,
    ) -> Result<LoggedOut, Error<Refusal>> {
        let requested = Requested::read(parameters).map_err(Error::Refused)?;
        let signed_in = self.signed_in(&context, &browser).await?;
        let hint = self.read_logout_hint(&context, &requested, signed_in.as_ref()).await?;
        let client_id = requested.client_id(&hint);
        let client = match client_id {
            Some(client_id) => self.known_client(&context, client_id).await?,
            None => None,
        };
        let session = signed_in.as_ref().map(|signed_in| &signed_in.facts);
        match requested.judge(&Facts { hint: &hint, client: record(&client), session }) {
            Verdict::Refused(refusal) => Err(Error::Refused(refusal)),
            Verdict::Confirm { session_id, destination } => {
                let client_id = client.map(|client| client.client_id);
                let until = self.store.now() + CONFIRMATION_LIFETIME;
                let pending = Pending { session_id, client_id, destination, until };
                Ok(LoggedOut::Confirm(self.confirmation(&pending)?))
            }
            Verdict::LogOut { destination, .. } => {
                let frames = self.end_hinted(&context, &hint, signed_in.as_ref()).await?;
                Ok(self.done(context, signed_in, (destination, frames)).await?)
            }
        }
    }

    /// What our page says before the end-user decides.
    pub async fn logout_asked(
        &self,
        context: &Context,
        browser: &Browser,
        confirmation: Option<&Confirmation>,
    ) -> Result<Asked, Error<NotConfirmed>> {
        let pending = confirmation.map(|confirmation| self.pending(confirmation)).transpose()?;
        let client_id = pending.as_ref().and_then(|pending| pending.client_id);
        let client = match client_id {
            Some(client_id) => self.known_client(context, client_id).await?,
            None => None,
        };
        let client_name = client.map(|client| client.name.clone());
        let destination = pending.and_then(|pending| pending.destination);
        let Some(SignedIn { session, .. }) = self.signed_in(context, browser).await? else {
            let location = destination.map(|destination| destination.location());
            return Ok(Asked::Nobody { client_name, location });
        };
        let account = self.store.account(&context.realm, session.account_id).await?;
        let account_name = account.map(|account| account.display_name()).unwrap_or_default();
        Ok(Asked::Somebody(LogoutAsked { account_name, client_name, destination }))
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
        let session_id = Some(session.session_id);
        let pending = Pending { session_id, client_id: None, destination: None, until };
        Ok(Some(self.confirmation(&pending)?))
    }

    /// The end-user said yes.
    #[tracing::instrument(level = "debug", name = "flows.end_session.confirm", skip_all)]
    pub async fn confirm_logout(
        &self,
        context: Context,
        browser: Browser,
        confirmation: &Confirmation,
    ) -> Result<LoggedOut, Error<NotConfirmed>> {
        let pending = self.pending(confirmation)?;
        let Some(signed_in) = self.signed_in(&context, &browser).await? else {
            // A form from another site comes without the session, and must not seem to end it (`SameSite=Lax`).
            return Ok(LoggedOut::Confirm(confirmation.clone()));
        };
        if pending.session_id != Some(signed_in.facts.session_id) {
            return Err(Error::Refused(NotConfirmed::OtherSession));
        }
        let onward = (pending.destination, Vec::new());
        Ok(self.done(context, Some(signed_in), onward).await?)
    }

    fn confirmation(&self, pending: &Pending) -> Result<Confirmation, Failure> {
        let sealed = self.ring.seal(pending, PLACE, self.store.randomness())?;
        Ok(Confirmation(Secret::new(sealed.to_text())))
    }

    fn pending(&self, confirmation: &Confirmation) -> Result<Pending, Error<NotConfirmed>> {
        let sealed: Option<Sealed<Pending>> = Sealed::from_text(confirmation.expose());
        let pending = sealed.and_then(|sealed| self.ring.open(&sealed, PLACE).ok());
        let is_current = |pending: &Pending| self.store.now() < pending.until;
        pending.filter(is_current).ok_or(Error::Refused(NotConfirmed::Unknown))
    }

    async fn read_logout_hint(
        &self,
        context: &Context,
        requested: &Requested,
        signed_in: Option<&SignedIn>,
    ) -> Result<Hint, StorageError> {
        let Some(hint) = &requested.id_token_hint else { return Ok(Hint::Absent) };
        // One that is under a secret is read with that of the client which it names itself.
        let shared = SharedHint::read(hint.expose()).and_then(|shared| shared.client_id());
        let client = match shared {
            Some(client_id) => self.known_client(context, client_id).await?,
            None => None,
        };
        match self.read_id_token(context, record(&client), hint.expose()) {
            Some(hinted) => self.hinted(context, hinted, signed_in).await,
            None => Ok(Hint::Invalid),
        }
    }

    /// Whom a hint names. One that its client could have written ends no session but that of this browser: it would name any.
    async fn hinted(
        &self,
        context: &Context,
        Hinted { claims, is_shared }: Hinted,
        signed_in: Option<&SignedIn>,
    ) -> Result<Hint, StorageError> {
        let client_id = claims.aud.iter().next().and_then(|audience| audience.parse().ok());
        let Some(client_id) = client_id else { return Ok(Hint::Invalid) };
        let session_id = claims.sid.filter(|_| !is_shared);
        if let Ok(account_id) = claims.sub.parse() {
            return Ok(Hint::Verified { account_id: Some(account_id), client_id, session_id });
        }
        let client = self.known_client(context, client_id).await?;
        let subjects = client.and_then(|client| self.subjects(&client).ok());
        let Some(subjects) = subjects else {
            return Ok(Hint::Verified { account_id: None, client_id, session_id: None });
        };
        let session_id = session_id.and_then(|told| subjects.read_session_id(told));
        let whose = (&subjects, claims.sub.as_str());
        let account_id = self.account_called(context, whose, (signed_in, session_id)).await?;
        Ok(Hint::Verified { account_id, client_id, session_id })
    }

    async fn done(
        &self,
        context: Context,
        signed_in: Option<SignedIn>,
        (destination, mut frames): (Option<Destination>, Vec<LogoutFrame>),
    ) -> Result<LoggedOut, Failure> {
        let mut cookies = Cookies::default();
        if let Some(SignedIn { session, .. }) = signed_in {
            let flows = self.clone();
            let rest = async move {
                let (mut batch, id) = (flows.store.batch(), session.session_id);
                let reason = EndReason::Logout;
                let noted = flows.end_session_in(&context, &mut batch, &session, reason).await?;
                let frames = flows.logout_frames(&context, id, noted.as_ref()).await?;
                flows.store.commit(batch).await?;
                flows.logouts.tell(noted).await;
                Ok::<_, Failure>(frames)
            };
            frames.extend(finish(rest).await??);
            cookies.session = Some(SessionChange::Removed);
        }
        Ok(LoggedOut::Done { destination, cookies, frames })
    }

    /// Ends the session that a hint names, where it is not the one of this browser: it may have timed out here, while
    /// what was given in it still holds. What the browser loads for that.
    async fn end_hinted(
        &self,
        context: &Context,
        hint: &Hint,
        signed_in: Option<&SignedIn>,
    ) -> Result<Vec<LogoutFrame>, Failure> {
        let &Hint::Verified { account_id: Some(account_id), session_id: Some(session_id), .. } =
            hint
        else {
            return Ok(Vec::new());
        };
        let is_here = signed_in.is_some_and(|signed_in| signed_in.facts.session_id == session_id);
        let realm = &context.realm;
        if is_here || self.store.ended_session(realm, session_id).await?.is_some() {
            return Ok(Vec::new());
        }
        let session = self.store.session(realm, session_id).await?;
        let (flows, context) = (self.clone(), context.clone());
        let rest = async move {
            let mut batch = flows.store.batch();
            let noted = match session.filter(|session| session.account_id == account_id) {
                Some(session) => {
                    let reason = EndReason::Logout;
                    flows.end_session_in(&context, &mut batch, &session, reason).await?
                }
                None => {
                    let whose = (session_id, account_id);
                    batch.overwrite(&ended(&context.realm, &batch, whose));
                    let act = Act::SessionEnded { session_id, reason: EndReason::Logout };
                    let event = origin(&context).event(Some(account_id), act);
                    flows.events.record(&context.realm, &mut batch, event).await?;
                    flows.logouts.note_session(&mut batch, &context.realm, session_id).await?
                }
            };
            let frames = flows.logout_frames(&context, session_id, noted.as_ref()).await?;
            flows.store.commit(batch).await?;
            flows.logouts.tell(noted).await;
            Ok::<_, Failure>(frames)
        };
        finish(rest).await?
    }

    /// Puts the end of a session into `batch`. Once that is committed, everything that was given in it and does not
    /// outlive it is refused: a grant is judged by its session at each use, so that none can be missed. Clients that took
    /// part in it are told of it then, by whoever has the note or by the actor.
    pub(crate) async fn end_session_in(
        &self,
        context: &Context,
        batch: &mut Batch,
        session: &Stored<Session>,
        reason: EndReason,
    ) -> Result<Option<Noted>, Failure> {
        let whose = (session.session_id, session.account_id);
        batch.overwrite(&ended(&context.realm, batch, whose));
        self.sessions.end(batch, session, reason, &origin(context)).await?;
        Ok(self.logouts.note_session(batch, &context.realm, session.session_id).await?)
    }
}

/// That a session is over, for as long as anything that was given in it could hold. Not for as long as the session would
/// have lasted: what was given before it became shorter, or by other settings, holds longer than that.
pub(crate) fn ended(
    realm: &Realm,
    batch: &Batch,
    (session_id, account_id): (SessionId, AccountId),
) -> EndedSession {
    EndedSession {
        session_id,
        realm: realm.clone(),
        account_id,
        ended_at: batch.now(),
        expires_at: batch.now() + SESSION_MAX + ACCESS_TOKEN_LIFETIME_MAX + LEEWAY,
    }
}

fn origin(context: &Context) -> Origin {
    Origin {
        address: context.address,
        user_agent: context.user_agent.clone(),
        client_id: None,
        request_id: Some(context.request_id.clone()),
    }
}
